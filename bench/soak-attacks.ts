/** The hostile clients of soak.ts, in a process of their own: its argument is the URL of the entity set. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { headersOf } from './service.ts';

const url = new URL(process.argv[2] ?? '');
const batchUrl = `${url.origin}/v1.0/$batch`;

async function send(target: string, caller: string, init: RequestInit = {}): Promise<void> {
  const answer = await fetch(target, { ...init, headers: headersOf(caller) });
  await answer.arrayBuffer();
}

const post = (target: string, caller: string, body: unknown): Promise<void> =>
  send(target, caller, { method: 'POST', body: JSON.stringify(body) });

const endless = encodeURIComponent(
  'profile/skills/any(s:profile/skills/any(t:profile/skills/any(u:u eq concat(s,t))))',
);

/** Each is done again and again by clients of its own; what they get does not matter. */
const attacks: Readonly<Record<string, (caller: string) => Promise<unknown>>> = {
  'a statement that does not end': (caller) => send(`${url.href}?$filter=${endless}`, caller),
  'a change that does not end': (caller) =>
    send(`${url.href}/$filter(${endless})/$each`, caller, { method: 'PATCH', body: '{"relevanceScore":1}' }),
  'large lists': (caller) => send(`${url.href}?$expand=profile`, caller),
  'large bodies': (caller) =>
    post(url.href, caller, { profile: { recentPositions: Array.from({ length: 20_000 }, () => ({})) } }),
  'batches of large bodies': (caller) => {
    const body = { profile: { skills: Array.from({ length: 3000 }, () => 'x'.repeat(200)) } };
    const request = { method: 'POST', url: '/decoratedProfileConnections', body };
    return post(batchUrl, caller, { requests: Array.from({ length: 6 }, (_, id) => ({ id: `${id}`, ...request })) });
  },
  'a batch of faults': (caller) =>
    send(batchUrl, caller, { method: 'POST', body: `{"requests":[${'1,'.repeat(300_000)}1]}` }),
  'answers that are not read': async (caller) => {
    const socket = connect(Number(url.port), url.hostname).on('error', () => undefined);
    const { authorization } = headersOf(caller);
    const request = `GET ${url.pathname}?$expand=profile HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`;
    socket.pause().write(request.repeat(50));
    await Promise.race([once(socket, 'close'), sleep(8000)]);
    socket.destroy();
  },
  'bodies that do not end': async (caller) => {
    const socket = connect(Number(url.port), url.hostname).on('error', () => undefined);
    const { authorization } = headersOf(caller);
    const head = `POST ${url.pathname} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/json`;
    socket.write(`${head}\r\nContent-Length: 1000000\r\n\r\n${' '.repeat(900_000)}`);
    await Promise.race([once(socket, 'close'), sleep(8000)]);
    socket.destroy();
  },
  'tokens that are none': () => fetch(url.href, { headers: { authorization: 'Bearer x' } }).then((r) => r.text()),
};

async function attacker(attack: (caller: string) => Promise<unknown>, caller: string): Promise<void> {
  for (;;) {
    const leaving = sleep(12_000);
    await Promise.race([attack(caller).catch(() => sleep(50)), leaving]);
  }
}

const callers = ['hostile 0', 'hostile 1', 'hostile 2'];
for (const caller of callers) {
  await post(url.href, caller, { profile: { skills: Array.from({ length: 2000 }, (_, at) => `skill ${at}`) } });
  const large = { skills: Array.from({ length: 3000 }, (_, at) => `${at}`.padEnd(246, 'x')) };
  for (let made = 0; made < 8; made++) await post(url.href, caller, { profile: large });
}
console.log('ready');
for (const attack of Object.values(attacks)) {
  for (const caller of [...callers, ...callers]) void attacker(attack, caller);
}
