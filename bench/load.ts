/** Load on one service: requests of one kind over keep-alive connections, each as soon as the last is answered. */
import autocannon from 'autocannon';
import { headers, type Service } from './service.ts';

/** What a load measured. */
export interface Measured {
  readonly perSecond: number;
  /** Milliseconds that 99 of 100 answers stay under. */
  readonly p99: number;
}

/** How many profiles the requests spread over. */
export const profileCount = 1000;

let written = 0;
const randomProfile = (service: Service): string =>
  `${service.set}/c${Math.floor(Math.random() * profileCount)}/profile`;

const kinds = {
  GET: (service: Service) => ({ method: 'GET' as const, path: new URL(randomProfile(service)).pathname }),
  // Never the same value twice: a change that changes nothing writes nothing.
  PATCH: (service: Service) => ({
    method: 'PATCH' as const,
    path: new URL(randomProfile(service)).pathname,
    body: `{"@odata.type":"#microsoft.graph.DecoratedProfile","headline":"${++written}"}`,
  }),
};

/** Sends requests for that many seconds; any answer other than 200 is an error. */
export async function load(
  service: Service,
  kind: keyof typeof kinds,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<Measured> {
  const result = await autocannon({
    url: service.set,
    connections,
    duration: seconds,
    headers,
    requests: [{ setupRequest: (request) => ({ ...request, ...kinds[kind](service) }) }],
  });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} broken`);
  return { perSecond: result.requests.total / result.duration, p99: result.latency.p99 };
}
