import type { ComplexType, Model, Property } from '../protocol/edm/model.js';
import { typeName } from '../protocol/edm/type-name.js';
import { isJsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { everything } from '../protocol/payload/selection.js';
import { actualType } from '../protocol/payload/stored-entity.js';
import { bindOptions } from '../protocol/query/bind-options.js';
import { selectionOf } from '../protocol/query/bind-selection.js';
import type { BoundCall } from '../protocol/query/bound.js';
import { requestContext } from '../protocol/query/request-context.js';
import type { Query, ResourceSegment } from '../protocol/uri/syntax-tree.js';
import type { GivenValue } from './operation-results.js';
import { checkQueryOptions, type QuerySupport, valueRead } from './query-support.js';
import { countResult, empty, type ODataResult } from './results.js';

/** Reading a value that no store has: the store is not asked. */
const complexRead: QuerySupport = { serves: ['format', 'select'], defined: ['expand', 'compute'] };
const valuesRead: QuerySupport = {
  serves: ['format', 'select', 'skip', 'top', 'count'],
  defined: ['filter', 'search', 'orderby', 'compute', 'expand', 'apply', 'index'],
};
const countRead: QuerySupport = { serves: [], defined: ['filter', 'search', 'apply'] };

/** What stands behind a function that gives values: paths into complex ones, `/$value`, `/$count`. */
interface Found {
  readonly property: Property;
  readonly value: JsonValue;
  readonly suffix: 'value' | 'count' | undefined;
}

function refuse(text: string, segment: ResourceSegment): never {
  const what = text.slice(segment.start, segment.end).slice(0, 80);
  throw new ODataError('resourceNotFound', `There is no '${what}' behind the function.`);
}

function walk(
  { property, value }: GivenValue,
  { call, text }: { readonly call: BoundCall; readonly text: string },
): Found {
  let found: Found = { property, value, suffix: undefined };
  for (const segment of call.rest) {
    const { type, collection } = found.property;
    if (found.suffix !== undefined) return refuse(text, segment);
    if (segment.kind === 'count' && collection) found = { ...found, suffix: 'count' };
    else if (segment.kind === 'value' && !collection && type.kind !== 'complex') found = { ...found, suffix: 'value' };
    else {
      const declared = type.kind === 'complex' && !collection ? type : undefined;
      const inner = isJsonObject(found.value) && declared !== undefined ? found.value : undefined;
      const own = declared && inner && actualType<ComplexType>(declared, inner);
      const next = segment.kind === 'name' ? (own ?? declared)?.properties.get(segment.name) : undefined;
      if (next === undefined) return refuse(text, segment);
      found = { property: next, value: inner?.[next.name] ?? (next.collection ? [] : null), suffix: undefined };
    }
  }
  return found;
}

/**
 * Answers with values that an operation has given (OData 4.01 Protocol 11.5.4.1). A collection is cut and counted; what
 * only a store can do with it is not implemented.
 * @throws ODataError 404 for what stands behind it and is not there, 400 and 501 for query options
 */
export function valueResult(
  given: GivenValue,
  behind: { readonly call: BoundCall; readonly text: string },
  { query, model }: { readonly query: Query; readonly model: Model },
): ODataResult {
  const { property, value, suffix } = walk(given, behind);
  const { type, collection } = property;
  const all = Array.isArray(value) ? value : [];
  if (suffix === 'count') {
    checkQueryOptions(query, countRead);
    return countResult(all.length);
  }
  checkQueryOptions(query, collection ? valuesRead : type.kind === 'complex' ? complexRead : valueRead);
  if (value === null && !collection) return empty;
  if (suffix === 'value') return { kind: 'raw', type: { item: type, collection }, property, value };
  const { skip = 0, top = all.length, count = false, select } = query;
  const instance = { kind: 'item' as const, type };
  const selection =
    select === undefined
      ? everything
      : selectionOf(bindOptions({ ...requestContext(model), it: instance }, instance, { select }).shape);
  return {
    kind: 'property',
    type: { item: type, collection },
    property,
    value: collection ? all.slice(skip, skip + top) : value,
    context: typeName(type, collection),
    selection,
    count: count ? all.length : undefined,
  };
}
