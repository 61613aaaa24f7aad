import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { JwtStrategy } from '../auth/jwt.strategy.js';
import { RateLimits } from '../auth/rate-limits.js';
import { type AggregateStore, JobRunner, type Model, type ODataServer } from '../odata/index.js';
import type { Metrics, Sources } from './metrics.js';

/** How old what was found of the logs of changes may be, in milliseconds: it costs a statement for each. */
const freshLogs = 30_000;

/** Looks at the logs of changes, now and then; what cannot be read now is left out. */
function changeLogs(store: AggregateStore, { entitySets, singletons }: Model): Sources['changeLogs'] {
  const sets = [...entitySets.keys(), ...singletons.keys()];
  let looked = -Infinity;
  let found: ReturnType<Sources['changeLogs']> = Promise.resolve([]);
  const look: Sources['changeLogs'] = async () => {
    const sizes = await Promise.allSettled(sets.map(async (set) => ({ set, ...(await store.sizeOfLog(set)) })));
    return sizes.flatMap((size) => (size.status === 'fulfilled' ? [size.value] : []));
  };
  return () => {
    if (performance.now() - looked < freshLogs) return found;
    looked = performance.now();
    found = look();
    return found;
  };
}

/** Has the metrics look at what an application has under way. */
export function watchApp(
  metrics: Metrics,
  {
    nest,
    store,
    server,
    model,
  }: { nest: NestFastifyApplication; store: AggregateStore; server: ODataServer; model: Model },
): void {
  const found = { strict: false };
  const strategy = nest.get(JwtStrategy, found);
  const limits = nest.get(RateLimits, found);
  const jobs = nest.get(JobRunner, found);
  metrics.watch({
    server: () => server.load,
    store: () => store.load,
    jobs: () => jobs.load,
    rateLimits: () => limits.refused,
    verifiedTokens: () => strategy.verified.size,
    keySet: () => strategy.keys.state,
    changeLogs: changeLogs(store, model),
  });
}
