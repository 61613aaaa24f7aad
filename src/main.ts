/**
 * The start of the process. What V8 made of the code at an earlier start is read from beside it, which halves the time to
 * the first answer; so everything else is loaded after that was said, and not before.
 */
import inspector from 'node:inspector';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

/**
 * How large the young generation becomes, in MB, unless somebody has said it: by its own measure V8 lets it become 134 MB,
 * and it can be told before it starts only. With less than 4 it would be collected all the time while everything is loaded.
 */
const youngGeneration = ['--max-semi-space-size=16', '--min-semi-space-size=4'];
const isSaid = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((word) => word.includes('semi-space-size'));
// A debugger, or the channel of whoever watches over the process, would be lost by it; Windows cannot do it.
const isHeld = inspector.url() !== undefined || process.send !== undefined || process.platform === 'win32';
if (!isSaid && !isHeld) {
  // It starts itself anew, and stays the same process. The C library keeps what threads leave to it in two places then, not
  // in one for each thread: 25 MB under load.
  const words = [process.execPath, ...process.execArgv, ...youngGeneration, ...process.argv.slice(1)];
  process.execve?.(process.execPath, words, { MALLOC_ARENA_MAX: '2', ...process.env });
}

// The second of V8's three compilers takes 40 MB for the code of this process, which is no faster by it once it is warm.
setFlagsFromString('--no-maglev');
// Without it nothing is gained by the wait for it: the third compiles what was called so often, by default 3,000 times. A
// process is warm after three seconds of load then, not after fifteen.
setFlagsFromString('--invocation-count-for-turbofan=500');
// The old generation may grow by so much over what is left after a collection, by default fourfold: under load, hostile load
// above all, that is hundreds of megabytes. Little comes to it that does not stay, so that it is seldom collected all the same.
setFlagsFromString('--heap-growing-percent=75');
// V8 would come to make objects of requests in the old generation, because those of some survive: whatever such an object
// refers to is then kept, and copied, until that is collected. It was a third of what a page costs.
setFlagsFromString('--no-allocation-site-pretenuring');
// Of the threads that come, whose statements leave nothing behind; this one has its young generation by now. What fits into
// the caches of the processor is faster too.
setFlagsFromString('--max-semi-space-size=2');

// A folder that nobody may write to, as in a container, is read only.
enableCompileCache(fileURLToPath(new URL('./.compile-cache', import.meta.url)));
await import('./serve.js');
