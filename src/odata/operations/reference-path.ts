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

/** The last step of a path that leads to one entity by a reference, and where it stands. */
function lastReference({ steps }: BoundPath) {
  const isOne = ({ property, key }: BoundPath['steps'][number]): boolean => !property.collection || key !== undefined;
  const at = steps.findLastIndex((step) => targetOf(step) !== undefined && isOne(step));
  const step = steps[at];
  const target = step && targetOf(step);
  return step === undefined || target === undefined ? undefined : { at, step, target };
}

/** The path from the member of a set that it leads to by a reference, whose key is not looked up. */
function fromTarget(path: BoundPath, { at, step, target }: NonNullable<ReturnType<typeof lastReference>>, key: string) {
  const entity = step.item as BoundPath['entity'];
  const { filters } = step;
  return { ...path, root: target, isSingleton: false, key, filters, entity, steps: path.steps.slice(at + 1) };
}

/** Of what kind the resource is that is modified at a path which reaches it by references: what methods are asked of. */
export function modifiedKind(path: BoundPath): BoundPath {
  const reference = lastReference(path);
  return reference === undefined ? path : fromTarget(path, reference, '');
}

/**
 * A path that begins at the entity itself, where a path reaches it by references (OData 4.01 URL Conventions 4.3.1): that
 * is what is modified. A collection of references at the end is left: it is its owner's.
 * @throws ODataError 404 where one on the way is not there (Protocol 11.4.4)
 */
export async function withoutReferences(path: BoundPath, entities: Entities, caller: Caller): Promise<BoundPath> {
  const reference = lastReference(path);
  if (reference === undefined) return path;
  const { at, step, target } = reference;
  const { item } = step;
  const way: BoundPath = { ...path, steps: path.steps.slice(0, at + 1), type: single(item.type), suffix: undefined };
  const collection = { item, filters: [], search: undefined, order: [], skip: undefined, top: undefined, count: false };
  const found = await entities.readBack({ path: way, collection, shape: keyOnly(item), page: undefined }, caller);
  const value = found.kind === 'one' ? found.value : null;
  if (!isJsonObject(value)) {
    throw new ODataError('resourceNotFound', `There is no entity behind '${step.property.name}'.`);
  }
  return fromTarget(path, reference, keyTextIn(target.type, value));
}
