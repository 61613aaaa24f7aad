/**
 * A mixed load with hostile clients in it, for as long as is wanted: `npm run soak [-- --minutes 10 --url postgres://…]`.
 *
 * Prints every ten seconds how long good clients waited, and the memory of the service; ends with a verdict, and with 1
 * where a good client saw an error, waited too long, or the memory grew beyond what docs/deploy.md says.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { headersOf, Service } from './service.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, url: { type: 'string' } },
});
let end = Infinity;
const isOver = (): boolean => performance.now() >= end;

/** As docs/deploy.md computes it: connections, bodies and answers are bounded to what a container of 1 GiB has. */
const bounds = {
  ...{ CONNECTIONS: '400', CONNECTIONS_PER_ADDRESS: '400', BODY_MEMORY: '201326592', ANSWER_MEMORY: '67108864' },
  ...{ STALL_TIMEOUT: '5', DATABASE_STATEMENT_TIMEOUT: '10' },
};
const statements = values.url === undefined ? 9 : 10;
const bytes = Number(bounds.BODY_MEMORY) + Number(bounds.ANSWER_MEMORY) + statements * 2 * (2_097_152 + 2 * 4_194_304);
const mostMemory = 512 + Number(bounds.CONNECTIONS) / 4 + bytes / 2 ** 20;
/** How long a good client may wait, in milliseconds: for its median, and for all but one of a hundred. */
const longest = { p50: 1000, p99: 5000 };

const service = await Service.start(3811, { ...(values.url === undefined ? {} : { url: values.url }), bounds });
const url = new URL(service.set);

async function send(target: string, caller: string, init: RequestInit = {}): Promise<number> {
  const answer = await fetch(target, { ...init, headers: headersOf(caller) });
  await answer.arrayBuffer();
  return answer.status;
}

const post = (target: string, caller: string, body: unknown): Promise<number> =>
  send(target, caller, { method: 'POST', body: JSON.stringify(body) });

// ------------------------------------------------------------------------------------------- Good clients

interface Seen {
  latencies: number[];
  readonly failures: Map<number | string, number>;
}

const seen: Seen = { latencies: [], failures: new Map() };

/** Reads, lists and changes what is its own, with a pause between, and expects to be served. */
async function goodClient(name: string): Promise<void> {
  await post(service.set, name, { id: name, relevanceScore: 0.5, profile: { headline: name } });
  const requests = [
    () => send(`${service.set}/${name}`, name),
    () => send(`${service.set}?$filter=relevanceScore gt 0.1&$expand=profile`, name),
    () => send(`${service.set}/${name}/profile`, name, { method: 'PATCH', body: '{"firstName":"x"}' }),
    () => send(`${url.origin}/health/ready`, name),
  ];
  for (let at = 0; !isOver(); at++) {
    const started = performance.now();
    const request = requests[at % requests.length] ?? (() => Promise.resolve(0));
    const status = await request().catch((error: unknown) => String((error as Error).cause ?? error));
    seen.latencies.push(performance.now() - started);
    if (status !== 200) seen.failures.set(status, (seen.failures.get(status) ?? 0) + 1);
    await sleep(20);
  }
}

// ---------------------------------------------------------------------------------------------- The report

function latencies(all: readonly number[]): { readonly p50: number; readonly p99: number; readonly max: number } {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: Math.round(sorted.at(-1) ?? 0) };
}

const all: number[] = [];
let peak = 0;

async function report(): Promise<void> {
  while (!isOver()) {
    await sleep(Math.max(0, Math.min(10_000, end - performance.now())));
    const { p50, p99, max } = latencies(seen.latencies);
    const memory = Math.round(service.residentMemory);
    peak = Math.max(peak, memory);
    const failures = [...seen.failures].map(([status, times]) => `${times} × ${status}`).join(', ');
    const waited = `p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`;
    console.log(
      `${seen.latencies.length} requests of good clients, ${waited}; ${memory} MiB; failed: ${failures || 'none'}`,
    );
    all.push(...seen.latencies);
    seen.latencies = [];
  }
}

const hostile = spawn(process.execPath, [new URL('soak-attacks.ts', import.meta.url).pathname, service.set]);
hostile.stderr.pipe(process.stderr);
await once(hostile.stdout, 'data');
end = performance.now() + Number(values.minutes) * 60_000;
const good = Array.from({ length: 8 }, (_, index) => goodClient(`good${index}`));
await report();
await Promise.all(good);
const total = latencies(all);
const faults = [
  ...[...seen.failures].map(([status, times]) => `${times} requests of good clients ended with ${status}`),
  ...(['p50', 'p99'] as const).flatMap((name) =>
    total[name] > longest[name] ? [`${name} of good clients is ${total[name]} ms, more than ${longest[name]}`] : [],
  ),
  ...(peak > mostMemory ? [`the service had ${peak} MiB, more than ${Math.round(mostMemory)}`] : []),
];
console.log(`\n${all.length} requests of good clients, p50 ${total.p50} ms, p99 ${total.p99} ms, peak ${peak} MiB`);
console.log(
  faults.length === 0 ? 'passed: hostile clients took nothing from the good ones' : `FAILED: ${faults.join('; ')}`,
);
hostile.kill();
await service.stop();
process.exit(faults.length === 0 ? 0 : 1);
