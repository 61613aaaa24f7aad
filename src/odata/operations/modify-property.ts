import type { EntityType, Model } from '../protocol/edm/model.js';
import { type Change, valueAt } from '../protocol/payload/change.js';
import { readInsertion, readPropertyChange, readRawValue, removal } from '../protocol/payload/read-body.js';
import { tiedChange } from '../protocol/payload/referential.js';
import { everything, type Selection } from '../protocol/payload/selection.js';
import { etagOf } from '../protocol/payload/stored-entity.js';
import { bindOptions } from '../protocol/query/bind-options.js';
import { bindPath } from '../protocol/query/bind-path.js';
import { selectionOf } from '../protocol/query/bind-selection.js';
import { type BoundPath, type BoundRead, endOf } from '../protocol/query/bound.js';
import { canonicalPath } from '../protocol/query/canonical-path.js';
import { requestContext } from '../protocol/query/request-context.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import { annotationsIn } from './annotated-property.js';
import { refuse } from './entity-updates.js';
import type { Entities } from './entities.js';
import { addressedType, type AddressedProperty, declaredType, methodsOf } from './entity-address.js';
import type { EntityRequest } from './entity-request.js';
import { checkQueryOptions, propertyChange, type QuerySupport, structuredChange } from './query-support.js';
import { empty, type ODataResult } from './results.js';

/** The methods of a property; of one that nobody but the service sets, or nobody changes, those that read. */
export function methodsOfProperty(addressed: AddressedProperty, path: BoundPath): readonly string[] {
  return isFixed(addressed, declaredType(path)) ? ['GET', 'HEAD'] : methodsOf(addressed);
}

export function isFixed({ place: { property, names } }: AddressedProperty, owner: EntityType): boolean {
  return property.computed || property.immutable || (names.length === 1 && owner.key.includes(property.name));
}

export function changeOf(request: EntityRequest, { place, isRaw }: AddressedProperty): Change {
  switch (request.method) {
    case 'DELETE':
      return removal(place);
    case 'POST':
      return readInsertion(place, request.body, request.bodyFormat, request.protocol.query.index ?? -1);
    default: {
      if (isRaw) return readRawValue(place, request.text);
      const mode = request.method === 'PUT' ? 'replace' : 'merge';
      return readPropertyChange(place, request.body, request.bodyFormat, mode);
    }
  }
}

/** What decides how a property is changed, beside its place. */
export interface ChangeContext {
  readonly request: EntityRequest;
  readonly entities: Entities;
  readonly model: Model;
}

/** Which query options a change can have: those of its answer, and where an item goes (11.4.1.5 and 11.4.11). */
export function supportOf({ place: { property }, isRaw }: AddressedProperty, method: string): QuerySupport {
  const isRepresented = property.type.kind === 'complex' && method !== 'DELETE' && !isRaw;
  const { serves, defined } = isRepresented ? structuredChange : propertyChange;
  return { serves: method === 'POST' ? [...serves, 'index'] : serves, defined };
}

/**
 * How the answer is read where the request asks for more than is written.
 * @throws ODataError 400 for what the model does not have
 */
function answerOf(url: string, model: Model, query: Query): ReadAnswer | undefined {
  const { select, expand, compute } = query;
  if ((select ?? expand ?? compute) === undefined) return undefined;
  const context = requestContext(model, query);
  const path = bindPath(parsePath(url), context);
  const instance = endOf(path);
  const { collection, shape } = bindOptions({ ...context, it: instance }, instance, query);
  return { read: { path, collection, shape, page: undefined }, selection: selectionOf(shape) };
}

interface ReadAnswer {
  readonly read: BoundRead;
  readonly selection: Selection;
}

/**
 * Changes one property by its own URL (OData 4.01 Protocol 11.4.9 and 11.4.10): whatever the method, it is a change of its
 * entity.
 * @throws ODataError 400, 404, 412
 */
export async function modifyProperty(
  addressed: AddressedProperty,
  path: BoundPath,
  { request, entities, model }: ChangeContext,
): Promise<ODataResult> {
  const { method, protocol, caller } = request;
  checkQueryOptions(protocol.query, supportOf(addressed, method));
  const said = tiedChange(addressedType(path), changeOf(request, addressed), 'value');
  const change = { ...said, precondition: protocol.precondition };
  const { place, isRaw } = addressed;
  const at = canonicalPath(path);
  const answer = answerOf(at.url, model, protocol.query);
  const work = async (): Promise<ODataResult> => {
    await entities.holdLinked(change.links ?? [], caller);
    const entity = await entities.change(addressed.entity, change, caller);
    if (typeof entity === 'string') return refuse(entity, request.path, protocol.precondition);
    const etag = etagOf(entity);
    // 11.4.9.2: what was removed has no representation; raw text is not sent back.
    if (method === 'DELETE' || isRaw) return { ...empty, etag };
    const stored = valueAt(entity, place.names) ?? null;
    if (stored === null && !place.property.collection) return { ...empty, etag };
    const found = answer && (await entities.readBack(answer.read, caller));
    const value = found?.kind === 'one' ? found.value : stored;
    const type = { item: place.property.type, collection: place.property.collection };
    const selection = answer?.selection ?? everything;
    const { carries, names } = place;
    const annotations = carries && annotationsIn(carries, valueAt(entity, names.slice(0, -1)));
    return {
      kind: 'property',
      type,
      property: place.property,
      value,
      context: at.text,
      selection,
      count: undefined,
      etag,
      annotations,
    };
  };
  return answer === undefined && change.links === undefined ? work() : entities.atomically(work);
}
