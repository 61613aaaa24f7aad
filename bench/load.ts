/** Load on one service: requests of one kind over keep-alive connections, each as soon as the last is answered. */
import autocannon, { type Request } from 'autocannon';
import { headers, type Service } from './service.ts';

/** What a load measured. */
export interface Measured {
  readonly perSecond: number;
  /** Milliseconds that 99 of 100 answers stay under. */
  readonly p99: number;
  /** Microseconds of processor time that the process spends on one, all of its threads together. */
  readonly cpu: number;
}

/** Makes the next request. */
export type MakeRequest = (service: Service) => Pick<Request, 'method' | 'path' | 'body' | 'headers'>;

/** How many profiles the requests spread over. */
export const profileCount = 1000;

let written = 0;

/** The path of the profile of a connection. */
export const profilePath = (number: number): string => `/v1.0/decoratedProfileConnections/c${number}/profile`;

const randomProfile = (): string => profilePath(Math.floor(Math.random() * profileCount));

const kinds = {
  GET: () => ({ method: 'GET', path: randomProfile() }),
  // Never the same value twice: a change that changes nothing writes nothing.
  PATCH: () => ({
    method: 'PATCH',
    path: randomProfile(),
    body: `{"@odata.type":"#microsoft.graph.DecoratedProfile","headline":"${++written}"}`,
  }),
} satisfies Readonly<Record<string, MakeRequest>>;

/**
 * Sends requests for that many seconds.
 * @param status that every answer must have: another one is an error
 */
export async function load(
  service: Service,
  kind: keyof typeof kinds | MakeRequest,
  { connections, seconds, status = 200 }: { connections: number; seconds: number; status?: number },
): Promise<Measured> {
  const make: MakeRequest = typeof kind === 'string' ? kinds[kind] : kind;
  const before = service.processorTime;
  const result = await autocannon({
    url: service.set,
    connections,
    duration: seconds,
    requests: [
      {
        setupRequest: (request) => {
          const made = make(service);
          return { ...request, ...made, headers: { ...headers, ...made.headers } };
        },
      },
    ],
  });
  const answers = result.requests.total;
  const others = Object.entries(result.statusCodeStats ?? {}).filter(([code]) => Number(code) !== status);
  if (others.length > 0 || result.errors > 0)
    throw new Error(`${JSON.stringify(Object.fromEntries(others))} answered, ${result.errors} broken`);
  return {
    perSecond: answers / result.duration,
    p99: result.latency.p99,
    cpu: (service.processorTime - before) / answers,
  };
}
