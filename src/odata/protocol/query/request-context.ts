import type { Model } from '../edm/model.js';
import type { Expression, Query } from '../uri/syntax-tree.js';
import { Budget } from './budget.js';

/** What binding a request depends on beside its texts. */
export interface RequestContext {
  readonly model: Model;
  /** Parameter aliases of the query, for keys and expressions. */
  readonly aliases: ReadonlyMap<string, Expression>;
  /** Names of query options that OData does not define: parameters of a function may be said by them. */
  readonly custom?: ReadonlyMap<string, string> | undefined;
  /** The moment that `now()` means, the same in the whole request. */
  readonly now: Date;
  readonly budget: Budget;
}

/**
 * The context of one request: what it may cost is counted from here on.
 * @param now the moment of the request; a page belongs to the one of the first page
 */
export function requestContext(
  model: Model,
  { aliases = new Map(), custom }: Pick<Query, 'aliases' | 'custom'> = {},
  now = new Date(),
): RequestContext {
  return { model, aliases, custom, now, budget: new Budget() };
}
