/**
 * Measures a batch of 20 PATCHes against 20 single requests on one connection, in turns in one run:
 * `npm run bench:batch [-- --rounds 50]`. With TEST_POSTGRES, the URL of a database, on PostgreSQL; else on SQLite.
 */
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import { seedProfile as profile } from '../test/support/seed-profile.ts';
import { median, print } from './print.ts';
import { headers, Service } from './service.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '50' } } });
const rounds = Number(values.rounds);
const size = 20;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const url = process.env.TEST_POSTGRES;
const service = await Service.start(3804, url === undefined ? {} : { url });
const root = service.set.slice(0, service.set.lastIndexOf('/'));

function send(method: string, target: string, body: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const sending = request(target, { method, agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(text));
      });
    });
    sending.on('error', reject).end(JSON.stringify(body));
  });
}

let written = 0;
const change = () => ({ headline: String(++written) });
const kinds: Readonly<Record<string, () => Promise<void>>> = {
  'single requests': async () => {
    for (let i = 0; i < size; i++) await send('PATCH', `${service.set}/c${i}/profile`, change());
  },
  'a batch': () => batch({}),
  'a batch of one group': () => batch({ atomicityGroup: 'g' }),
};

async function batch(group: object): Promise<void> {
  const requests = Array.from({ length: size }, (_, i) => ({
    ...{ id: String(i), method: 'PATCH', url: `/decoratedProfileConnections/c${i}/profile` },
    ...group,
    body: change(),
  }));
  const text = await send('POST', `${root}/$batch`, { requests });
  if (text.split('"status":200').length !== size + 1) throw new Error(text.slice(0, 500));
}

await service.fill(size, profile);
const times = new Map(Object.keys(kinds).map((kind): [string, number[]] => [kind, []]));
for (let round = -5; round < rounds; round++) {
  for (const [kind, run] of Object.entries(kinds)) {
    const started = performance.now();
    await run();
    if (round >= 0) times.get(kind)!.push(performance.now() - started);
  }
}
agent.destroy();
await service.stop();
console.log(`\nMedians of ${rounds} rounds, ${size} PATCHes each, on ${url === undefined ? 'SQLite' : 'PostgreSQL'}\n`);
const single = median(times.get('single requests')!);
for (const [kind, measured] of times) {
  print(kind, median(measured), 'ms');
  print(`${kind}, to single requests`, median(measured) / single, '');
}
