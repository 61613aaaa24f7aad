/**
 * The start of the process. What V8 made of the code at an earlier start is read from beside it, which halves the time to
 * the first answer; so everything else is loaded after that was said, and not before.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// The old generation may grow by so much over what is left after a collection, by default fourfold: under load, hostile load
// above all, that is hundreds of megabytes, for a thirtieth of its time.
setFlagsFromString('--heap-growing-percent=60');
// V8 would come to make objects of requests in the old generation, because those of some survive: whatever such an object
// refers to is then kept, and copied, until that is collected. It was a third of what a page costs.
setFlagsFromString('--no-allocation-site-pretenuring');
// Of the threads that come, whose statements leave nothing behind; this one has its young generation by now. What fits into
// the caches of the processor is faster too.
setFlagsFromString('--max-semi-space-size=2');

// A folder that nobody may write to, as in a container, is read only.
enableCompileCache(fileURLToPath(new URL('./.compile-cache', import.meta.url)));
await import('./serve.js');
