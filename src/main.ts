/**
 * The start of the process. What V8 made of the code at an earlier start is read from beside it, which halves the time to
 * the first answer; so everything else is loaded after that was said, and not before.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// The old generation may grow by so much before it is collected, by default up to four times: under load that was half of
// the memory of the process, for a hundredth of its time.
setFlagsFromString('--heap-growing-percent=40');

// A folder that nobody may write to, as in a container, is read only.
enableCompileCache(fileURLToPath(new URL('./.compile-cache', import.meta.url)));
await import('./serve.js');
