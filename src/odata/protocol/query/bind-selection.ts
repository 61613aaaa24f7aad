import type { EntityType, Model } from '../edm/model.js';
import { ODataError } from '../odata-error.js';
import { everything, type Expansion, type Selection } from '../payload/selection.js';
import type { Query } from '../uri/syntax-tree.js';
import { bindOptions } from './bind-options.js';
import type { Instance, Shape } from './bound.js';
import { requestContext } from './request-context.js';

/** What an answer carries of a shape that a query asked for. */
export function selectionOf({ select, expand, computed, dynamic }: Shape): Selection {
  const selected = [...(select ?? [])].map(
    ([name, { shape }]) => [name, shape === undefined ? everything : selectionOf(shape)] as const,
  );
  const expanded = [...expand].map(([name, { shape, only }]): readonly [string, Expansion] => [
    name,
    { ...selectionOf(shape), ...(only === undefined ? {} : { only }) },
  ]);
  return {
    ...(select === undefined ? {} : { select: new Map(selected) }),
    ...(expanded.length === 0 ? {} : { expand: new Map(expanded) }),
    ...(computed.length === 0 ? {} : { computed: new Map(computed.map((c) => [c.name, c.expression.type.item])) }),
    ...(dynamic.length === 0 ? {} : { dynamic }),
  };
}

/** What only a query can do: an answer to a modification comes without one. */
export function needsQuery({ select, expand, computed }: Shape): boolean {
  if (computed.length > 0) return true;
  const selected = [...(select?.values() ?? [])];
  if (selected.some(({ query, shape }) => query !== undefined || (shape !== undefined && needsQuery(shape))))
    return true;
  return [...expand.values()].some(
    ({ query, shape, only }) => query !== undefined || only !== undefined || needsQuery(shape),
  );
}

/**
 * Binds `$select` and `$expand` of a modification (OData 4.01 Protocol 11.4.1.5).
 * @throws ODataError 400 for what the model does not have, 501 for nested options that would need a query
 */
export function bindSelection(model: Model, type: EntityType, query: Query): Selection {
  const instance: Instance = { kind: 'entity', type };
  const { shape } = bindOptions({ ...requestContext(model, query), it: instance }, instance, query);
  if (!needsQuery(shape)) return selectionOf(shape);
  const target = query.expand === undefined ? '$select' : '$expand';
  throw new ODataError('queryOptionNotImplemented', `Nested options of ${target} are implemented for GET only.`, {
    target,
  });
}
