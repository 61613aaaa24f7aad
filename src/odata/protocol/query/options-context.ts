import type { Instance } from './bound.js';
import type { RequestContext } from './request-context.js';

/** What options are bound in. */
export interface OptionsContext extends RequestContext {
  readonly it: Instance;
  /** What `$it` is in transformations of a collection that is inside of something; each item where it is not. */
  readonly outer?: Instance;
  /** Whether the options are those of a collection, which `$these` is. */
  readonly hasThese?: boolean;
}
