import { didYouMean } from '../odata/tools.js';

/** Beginnings that nobody else's variables have. */
const ours = /^(?:DATABASE|JWT|JWKS|BATCH|ASYNC|RATE_LIMIT|CHANGE|METRICS|PAGE)_/;
/** What Kubernetes sets for a service that is called `database`. */
const serviceLink = /_SERVICE_(?:HOST|PORT(?:_.*)?)$|_PORT(?:_\d+_(?:TCP|UDP).*)?$/;

/**
 * Variables that are not known and seem to be meant for this service, because they are nearly one of its own or begin as
 * those do: a sentence each.
 * @param known every variable there is
 */
export function unknownVariables(variables: NodeJS.ProcessEnv, known: ReadonlySet<string>): readonly string[] {
  const faults: string[] = [];
  for (const name of Object.keys(variables)) {
    if (known.has(name) || name.length < 4 || serviceLink.test(name)) continue;
    const meant = didYouMean(name, known);
    if (meant !== '' || ours.test(name)) faults.push(`${name} is no variable of this service${meant}`);
  }
  return faults;
}
