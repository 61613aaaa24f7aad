/**
 * Measures requests of many kinds: `npm run bench:requests [-- --seconds 2 --rounds 5 --connections 16 --url postgres://… --only list]`.
 *
 * Each kind is sent in turns with all others. What is printed is the processor time of the process for one answer, which says
 * more on a shared machine than answers a second do, and its ratio to that of GET by id in the same rounds.
 */
import { parseArgs } from 'node:util';
import { seedProfile as profile } from '../test/support/seed-profile.ts';
import { load, type MakeRequest, type Measured, profileCount, profilePath } from './load.ts';
import { median } from './print.ts';
import { headersOf, Service } from './service.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '16' },
    url: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const [seconds, rounds, connections] = [values.seconds, values.rounds, values.connections].map(Number) as [
  number,
  number,
  number,
];

let count = 0;
const next = (): number => (count = (count + 7919) % profileCount);
const get = (query = '', headers = {}): MakeRequest => {
  return () => ({ method: 'GET', path: `${profilePath(next())}${query}`, headers });
};
const change = (method: 'PATCH' | 'PUT', body: () => object, headers = {}): MakeRequest => {
  return () => ({ method, path: profilePath(next()), body: JSON.stringify(body()), headers });
};
const list = (query: string): MakeRequest => {
  return () => ({ method: 'GET', path: `/v1.0/decoratedProfileConnections?${query.replaceAll(' ', '%20')}` });
};
const accept = (parameters: string) => ({ accept: `application/json;${parameters}` });
/** Tokens of as many callers; connections are the first one's. */
const tokens = Array.from({ length: 500 }, (_, number) => headersOf(number === 0 ? 'owner' : `other${number}`));
let token = 0;
let part = 0;

const kinds: Readonly<Record<string, MakeRequest | { readonly make: MakeRequest; readonly status: number }>> = {
  'GET by id': get(),
  'GET, a token of 500 in turns': {
    make: () => ({ method: 'GET', path: '/v1.0/$metadata?$format=json', headers: tokens[token++ % tokens.length]! }),
    status: 200,
  },
  'GET, $select of three': get('?$select=headline,skills,location'),
  'GET, If-None-Match, 304': { make: get('', { 'if-none-match': '*' }), status: 304 },
  'GET, metadata=none': get('', accept('odata.metadata=none')),
  'GET, metadata=full': get('', accept('odata.metadata=full')),
  'GET, omit-values=nulls': get('', { prefer: 'omit-values=nulls' }),
  'GET, at most 4.0': get('', { 'odata-maxversion': '4.0' }),
  'GET of one property': () => ({ method: 'GET', path: `${profilePath(next())}/headline` }),
  'list of 20, profiles expanded': list('$top=20&$expand=profile'),
  'list of 20, filtered and ordered': list(
    "$filter=relevanceScore gt 0.5 and profile/headline ne 'x'&$orderby=profile/lastName desc&$top=20&$select=id",
  ),
  'list, page of 5, counted': list('$count=true&$top=5&$skip=100'),
  'PATCH of one property': change('PATCH', () => ({ headline: `${++count}.${Math.random()}` })),
  'PATCH of one property, If-Match': change('PATCH', () => ({ headline: `${Math.random()}` }), { 'if-match': '*' }),
  'PATCH of nested values': change('PATCH', () => ({ locale: { language: `${Math.random()}`.slice(2, 8) } })),
  'PATCH of everything': change('PATCH', () => ({ ...profile, headline: `${Math.random()}` })),
  'PUT of everything': change('PUT', () => ({ ...profile, headline: `${Math.random()}` })),
  '$batch of ten GET': () => ({
    method: 'POST',
    path: '/v1.0/$batch',
    body: JSON.stringify({
      requests: Array.from({ length: 10 }, (_, at) => ({
        id: `${at}`,
        method: 'GET',
        url: `/decoratedProfileConnections/c${++part % profileCount}/profile`,
      })),
    }),
  }),
};

/** GET by id, and those whose names have what is asked for. */
const asked = Object.entries(kinds).filter(([name], at) => at === 0 || name.includes(values.only));

const service = await Service.start(3821, values.url === undefined ? {} : { url: values.url });
await service.fill(profileCount, profile);
const measured = new Map<string, Measured[]>(asked.map(([name]) => [name, []]));
// The first round is for what is compiled while it runs.
for (let round = 0; round <= rounds; round++) {
  for (const [name, kind] of asked) {
    const { make, status } = typeof kind === 'function' ? { make: kind, status: 200 } : kind;
    const result = await load(service, make, { connections, seconds, status });
    if (round > 0) measured.get(name)!.push(result);
  }
}
const memory = service.residentMemory;
await service.stop();

console.log(`\nMedians of ${rounds} rounds of ${seconds} s, ${connections} connections, ${profileCount} profiles\n`);
console.log(
  `${''.padEnd(36)} ${'µs of cpu'.padStart(10)} ${'to GET'.padStart(8)} ${'per second'.padStart(11)} p99, ms`,
);
const base = measured.get('GET by id')!;
for (const [name, results] of measured) {
  const cpu = median(results.map((result) => result.cpu));
  const ratio = median(results.map((result, round) => result.cpu / base[round]!.cpu));
  const perSecond = median(results.map((result) => result.perSecond));
  const p99 = median(results.map((result) => result.p99));
  console.log(
    `${name.padEnd(36)} ${cpu.toFixed(0).padStart(10)} ${ratio.toFixed(2).padStart(8)} ${perSecond.toFixed(0).padStart(11)} ${p99.toFixed(0).padStart(7)}`,
  );
}
console.log(`\nresident memory after the load: ${memory.toFixed(0)} MiB`);
