import type { Caller } from './caller.js';
import { keyTextIn } from '../protocol/edm/key-text.js';
import { isJsonObject } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { type BoundPath, type Instance, type Shape, single } from '../protocol/query/bound.js';
import type { Entities } from './entities.js';

/** The shape of an entity of which only the key is needed. */
function keyOnly(instance: Instance): Shape {
  return { select: new Map(), expand: new Map(), computed: [], dynamic: [], instance };
}

function targetOf({ property }: BoundPath['steps'][number]) {
  return property.kind === 'navigation' ? property.target : undefined;
}

/**
 * A path that begins at the entity itself, where a path reaches it by references (OData 4.01 URL Conventions 4.3.1): that
 * is what is modified. A collection of references at the end is left: it is its owner's.
 * @throws ODataError 404 where one on the way is not there (Protocol 11.4.4)
 */
export async function withoutReferences(path: BoundPath, entities: Entities, caller: Caller): Promise<BoundPath> {
  const { steps } = path;
  const isOne = ({ property, key }: BoundPath['steps'][number]): boolean => !property.collection || key !== undefined;
  const at = steps.findLastIndex((step) => targetOf(step) !== undefined && isOne(step));
  const step = steps[at];
  const target = step && targetOf(step);
  if (step === undefined || target === undefined) return path;
  const { item, filters } = step;
  const way: BoundPath = { ...path, steps: steps.slice(0, at + 1), type: single(item.type), suffix: undefined };
  const collection = { item, filters: [], search: undefined, order: [], skip: undefined, top: undefined, count: false };
  const found = await entities.readBack({ path: way, collection, shape: keyOnly(item), page: undefined }, caller);
  const value = found.kind === 'one' ? found.value : null;
  if (!isJsonObject(value)) {
    throw new ODataError('resourceNotFound', `There is no entity behind '${step.property.name}'.`);
  }
  const key = keyTextIn(target.type, value);
  const entity = item as BoundPath['entity'];
  return { ...path, root: target, isSingleton: false, key, filters, entity, steps: steps.slice(at + 1) };
}
