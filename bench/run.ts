/**
 * Measures the service: `npm run bench [-- --seconds 5 --rounds 5]`.
 *
 * Machines differ and are noisy: what is compared is measured in turns in one run, and the ratio of the medians is what
 * to quote. The load comes from this process and shares the machine with the service.
 */
import { parseArgs } from 'node:util';
import { seedProfile as profile } from '../test/support/seed-profile.ts';
import { bareStatements } from './bare-statements.ts';
import { load, type Measured, profileCount } from './load.ts';
import { median, print } from './print.ts';
import { Service } from './service.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, rounds: { type: 'string', default: '5' } },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

function printLoad(what: string, measured: readonly Measured[]): void {
  print(what, median(measured.map(({ perSecond }) => perSecond)), 'requests/s');
  print(`${what}, p99`, median(measured.map(({ p99 }) => p99)), 'ms');
}

/** Reads by four connections while sixteen others write. */
async function readsDuringWrites(service: Service): Promise<{ reads: Measured; writes: Measured }> {
  const [writes, reads] = await Promise.all([
    load(service, 'PATCH', { connections: 16, seconds }),
    load(service, 'GET', { connections: 4, seconds }),
  ]);
  return { reads, writes };
}

const service = await Service.start(3801);
await service.fill(profileCount, profile);
const variant = await Service.start(3802, {
  preload: new URL('commits-on-http-thread.ts', import.meta.url).pathname,
});
await variant.fill(profileCount, profile);
await load(service, 'GET', { connections: 16, seconds });
await load(variant, 'GET', { connections: 16, seconds });

const gets: Measured[] = [];
const patches: Measured[] = [];
const together: { reads: Measured; writes: Measured }[] = [];
const onHttpThread: { reads: Measured; writes: Measured }[] = [];
const starts: number[] = [];
for (let round = 0; round < rounds; round++) {
  gets.push(await load(service, 'GET', { connections: 16, seconds }));
  patches.push(await load(service, 'PATCH', { connections: 16, seconds }));
  together.push(await readsDuringWrites(service));
  onHttpThread.push(await readsDuringWrites(variant));
  const fresh = await Service.start(3803);
  starts.push(fresh.msToFirstAnswer);
  await fresh.stop();
}
const memory = service.residentMemory;
await Promise.all([service.stop(), variant.stop()]);
const floor = bareStatements(profile, profileCount, seconds);

console.log(`\nMedians of ${rounds} rounds of ${seconds} s, ${profileCount} profiles\n`);
printLoad('GET by id, 16 connections', gets);
printLoad('PATCH by id, 16 connections', patches);
printLoad(
  'GET, 4 connections, during PATCH, 16 connections',
  together.map(({ reads }) => reads),
);
printLoad(
  'PATCH, 16 connections, during GET, 4 connections',
  together.map(({ writes }) => writes),
);
printLoad(
  'the same GET with SQLite on the HTTP thread',
  onHttpThread.map(({ reads }) => reads),
);
printLoad(
  'the same PATCH with SQLite on the HTTP thread',
  onHttpThread.map(({ writes }) => writes),
);
print('process start to the first 200', median(starts), 'ms');
print('resident memory after the load', memory, 'MiB');
print('floor: bare reads in a loop', floor.reads, 'statements/s');
print('floor: bare writes in a loop, a sync each', floor.commits, 'statements/s');
print('floor: bare writes in a loop, sixteen a sync', floor.groupedWrites, 'statements/s');
