/**
 * Measures the service on PostgreSQL: `npm run bench:postgres [-- --seconds 3 --rounds 3]`.
 *
 * GET and PATCH of a profile by id, at 1, 16 and 64 connections, by one process and by two, beside the same statements
 * sent by a bare loop over the driver with as many at a time. Everything shares the machine: the load, the processes and
 * the database, so that more processes than cores gain nothing. What to quote is the ratio.
 */
import { parseArgs } from 'node:util';
import { seedProfile as profile } from '../test/support/seed-profile.ts';
import { PostgresServer } from '../test/support/postgres-server.ts';
import { bareDriver } from './bare-driver.ts';
import { load, profileCount } from './load.ts';
import { median, print } from './print.ts';
import { Service } from './service.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, rounds: { type: 'string', default: '3' } },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const server = await PostgresServer.start();
const services = [await Service.start(3811, { url: server.url }), await Service.start(3812, { url: server.url })];
await services[0]!.fill(profileCount, profile);
const driver = await bareDriver(server.url, profileCount);

/** Requests a second of so many connections, spread over so many processes, and the p99 of the slowest. */
async function measure(kind: 'GET' | 'PATCH', connections: number, processes: number): Promise<[number, number]> {
  const used = services.slice(0, processes);
  const measured = await Promise.all(
    used.map((service) => load(service, kind, { connections: Math.ceil(connections / processes), seconds })),
  );
  return [measured.reduce((sum, { perSecond }) => sum + perSecond, 0), Math.max(...measured.map(({ p99 }) => p99))];
}

for (const service of services) await load(service, 'GET', { connections: 16, seconds });
for (const kind of ['GET', 'PATCH'] as const) {
  for (const connections of [1, 16, 64]) {
    const results: { one: [number, number]; two: [number, number]; bare: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      results.push({
        one: await measure(kind, connections, 1),
        two: await measure(kind, connections, 2),
        bare: await driver.measure(kind, connections, seconds),
      });
    }
    const bare = median(results.map((result) => result.bare));
    const of = (name: 'one' | 'two', index: 0 | 1): number => median(results.map((result) => result[name][index]));
    const what = `${kind}, ${connections} connection${connections === 1 ? '' : 's'}`;
    print(`${what}, one process`, of('one', 0), 'requests/s');
    print(`${what}, one process, p99`, of('one', 1), 'ms');
    print(`${what}, two processes`, of('two', 0), 'requests/s');
    print(`${what}, two processes, p99`, of('two', 1), 'ms');
    print(`${what}, the statement in a bare loop`, bare, 'statements/s');
    print(`${what}, one process to the bare loop`, of('one', 0) / bare, '');
  }
}
await driver.close();
await Promise.all(services.map((service) => service.stop()));
await server.discard();
