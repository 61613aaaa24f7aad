import { Worker } from 'node:worker_threads';

/**
 * Ends this process at once, whatever its threads do. `process.exit` would wait for those that are in native code, a
 * statement of SQLite for one; what was answered is on the disk, and no more is promised.
 */
export function endNow(): void {
  process.kill(process.pid, 'SIGKILL');
}

/**
 * Has a thread of its own end the process in a while, should the one that called be kept from doing anything.
 * @param ms milliseconds
 */
export function endIn(ms: number): void {
  const worker = new Worker(`setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${ms})`, { eval: true });
  // A process that ends earlier is not kept.
  worker.unref();
}
