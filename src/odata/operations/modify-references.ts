import { keyTextIn } from '../protocol/edm/key-text.js';
import type { EntitySet, NavigationProperty } from '../protocol/edm/model.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { type Fault, ODataError } from '../protocol/odata-error.js';
import type { Body } from '../protocol/payload/read-body.js';
import { type Change, valueAt } from '../protocol/payload/change.js';
import { control } from '../protocol/payload/control-information.js';
import { etagOf, memberName } from '../protocol/payload/stored-entity.js';
import type { BoundPath } from '../protocol/query/bound.js';
import { tiedChange } from '../protocol/payload/referential.js';
import { addressedType, type EntityAddress, entityAddress } from './entity-address.js';
import type { EntityIds } from '../protocol/payload/read-values.js';
import { requireCondition } from '../protocol/headers/precondition.js';
import { refuse } from './entity-updates.js';
import { type Asking, insideValue, requireValue, valueNames } from './complex-values.js';
import type { Entities } from './entities.js';
import type { EntityRequest } from './entity-request.js';
import { checkQueryOptions, noQuery, referenceRemoval } from './query-support.js';
import { empty, type ODataResult } from './results.js';

/** A navigation property whose references change, and the entity that has it. */
interface Referring {
  readonly owner: EntityAddress;
  /** Names of the complex values on the way from it. */
  readonly names: readonly string[];
  readonly property: NavigationProperty;
  readonly target: EntitySet;
  /** Key text of the member that the URL names. */
  readonly key: string | undefined;
}

function referring(path: BoundPath): Referring | undefined {
  const last = path.steps.at(-1);
  const target = last?.property.kind === 'navigation' ? last.property.target : undefined;
  if (last?.property.kind !== 'navigation' || target === undefined || last.property.isOwner === true) return undefined;
  const { property, key } = last;
  const names = valueNames(path);
  if (names === undefined) return undefined;
  return { owner: entityAddress(withoutLast(path)), names, property, target, key };
}

function withoutLast(path: BoundPath): BoundPath {
  return { ...path, steps: path.steps.slice(0, -1) };
}

/** The methods of the references at the end of a path (OData 4.01 Protocol 11.4.6). */
export function methodsOfReferences(path: BoundPath): readonly string[] {
  const found = referring(path);
  return found === undefined ? [] : methodsOf(found);
}

function methodsOf({ property, key }: Referring): readonly string[] {
  if (key !== undefined) return ['DELETE', 'GET', 'HEAD'];
  return property.collection ? ['DELETE', 'GET', 'HEAD', 'POST', 'PUT'] : ['DELETE', 'GET', 'HEAD', 'PUT'];
}

/** The entities that the bodies of a request refer to. */
class References {
  readonly #faults: Fault[] = [];

  constructor(
    private readonly target: EntitySet,
    private readonly ids: EntityIds | undefined,
  ) {}

  /** Key text of the member that an entity reference names (JSON Format 14); undefined, and a fault, where it names none. */
  of(reference: JsonValue, at: string): string | undefined {
    const id = isJsonObject(reference) ? control(reference, 'id') : undefined;
    const key = typeof id === 'string' ? this.ids?.memberOf(this.target, id) : undefined;
    if (key !== undefined) return keyTextIn(this.target.type, key);
    this.fault(at, `An entity reference to a member of ${this.target.name} is expected.`);
    return undefined;
  }

  fault(target: string, message: string): void {
    this.#faults.push({ code: 'referenceNotFound', target, message });
  }

  finish(): void {
    const [first, ...others] = this.#faults;
    if (first !== undefined) throw ODataError.ofFaults([first, ...others]);
  }
}

function objectOf({ value, duplicates }: Body): JsonObject {
  if (!isJsonObject(value)) throw new ODataError('bodyNotObject', 'The body must be one JSON object.');
  const [first, ...others] = duplicates.map((target): Fault => {
    return { code: 'duplicateMember', target, message: `'${target}' stands twice in its object.` };
  });
  if (first !== undefined) throw ODataError.ofFaults([first, ...others]);
  return value;
}

/**
 * Changes relationships by their references (OData 4.01 Protocol 11.4.6).
 * @throws ODataError 400 for references to nothing, 404, 412
 */
export async function modifyReferences(
  path: BoundPath,
  request: EntityRequest,
  { entities, requiresEntityTag }: { readonly entities: Entities; readonly requiresEntityTag: boolean },
): Promise<ODataResult> {
  const found = referring(path);
  if (found === undefined) throw new Error('The path leads to no references');
  const { owner, names, property, target, key } = found;
  const { method, protocol, caller, entityIds } = request;
  const { name, collection } = property;
  if (method === 'POST' && requiresEntityTag) requireCondition(protocol.precondition);
  const isRemovalOfOne = method === 'DELETE' && collection && key === undefined;
  checkQueryOptions(protocol.query, isRemovalOfOne ? referenceRemoval : noQuery);
  const references = new References(target, entityIds);
  const named =
    isRemovalOfOne && protocol.query.id !== undefined ? references.of({ '@id': protocol.query.id }, '$id') : key;
  const linked =
    method === 'DELETE'
      ? []
      : readReferences(objectOf(request.body), { isWhole: method === 'PUT' && collection }, references);
  references.finish();
  const members = Object.fromEntries(linked.map(({ id }) => [memberName(id), id]));
  const single = linked[0]?.id;
  if (!collection && single === undefined && !property.nullable)
    throw new ODataError('nullNotAllowed', `'${name}' cannot be null.`, { target: name });
  const said = changeOf(name, { collection, members, single, isAdded: method === 'POST', named });
  const tied =
    names.length === 0 ? tiedChange(addressedType(withoutLast(path)), { ...said, etag: undefined }, '@odata.id') : said;
  const change = { ...insideValue(names, tied), etag: undefined };
  const mustBeLinked = named === undefined ? undefined : memberName(named);
  return entities.atomically(async () => {
    for (const { id, at } of linked) {
      if (await entities.hold(target, id, caller)) continue;
      const message = `There is no member of ${target.name} with the key that '${at}' names.`;
      throw new ODataError('referenceNotFound', message, { target: at });
    }
    await requireValue(owner, names, { entities, caller });
    if (mustBeLinked !== undefined) await requireLink(owner, [...names, name, mustBeLinked], { entities, caller });
    const outcome = await entities.change(owner, { ...change, precondition: protocol.precondition }, caller);
    if (typeof outcome === 'string') return refuse(outcome, request.path, protocol.precondition);
    return { ...empty, etag: etagOf(outcome) };
  });
}

/** What becomes of references: one is added, one is removed, or they are set. */
function changeOf(
  name: string,
  {
    collection,
    members,
    single,
    isAdded,
    named,
  }: {
    readonly collection: boolean;
    readonly members: JsonObject;
    readonly single: string | undefined;
    readonly isAdded: boolean;
    readonly named: string | undefined;
  },
): Pick<Change, 'patch' | 'clear' | 'retain'> {
  if (named !== undefined) return { clear: [[name, memberName(named)]], patch: {} };
  if (!collection) return { patch: { [name]: single ?? null } };
  const patch = Object.keys(members).length === 0 ? {} : { [name]: members };
  return isAdded ? { patch } : { retain: [{ path: [name], names: Object.keys(members) }], patch };
}

/** @throws ODataError 404 where an entity does not refer to what is to be removed */
async function requireLink(owner: EntityAddress, path: readonly string[], { entities, caller }: Asking): Promise<void> {
  if (valueAt((await entities.find(owner, caller)) ?? {}, path) !== undefined) return;
  throw new ODataError('resourceNotFound', `'${path.slice(0, -1).join('/')}' does not lead to this entity.`);
}

/** The one reference of a body, or all of them under `value` (11.4.6.3). */
function readReferences(
  body: JsonObject,
  { isWhole }: { readonly isWhole: boolean },
  references: References,
): readonly { readonly id: string; readonly at: string }[] {
  const given: readonly (readonly [JsonValue, string])[] = !isWhole
    ? [[body, '@odata.id']]
    : Array.isArray(body.value)
      ? body.value.map((one, index) => [one, `value/${index}`] as const)
      : [];
  if (isWhole && !Array.isArray(body.value))
    references.fault('value', "'value' must be an array of entity references.");
  return given.flatMap(([reference, at]) => {
    const id = references.of(reference, at);
    return id === undefined ? [] : [{ id, at }];
  });
}
