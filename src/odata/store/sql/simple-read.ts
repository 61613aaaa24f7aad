import type { BoundExpression, BoundRead, Expanded, Shape, Shaped } from '../../protocol/query/bound.js';

/** More properties than this are not read one by one where others wait for it. */
const mostSelected = 50;

function areTypes(filters: readonly BoundExpression[]): boolean {
  return filters.every(({ kind }) => kind === 'isOf');
}

function isSelected({ query, shape }: Shaped): boolean {
  return query === undefined && (shape === undefined || isSimple(shape));
}

/** One contained entity, as it is. */
function isInPlace({ navigation: { collection, target }, query, only, shape }: Expanded): boolean {
  const isAsked = query !== undefined && (query.filters.length > 0 || query.search !== undefined);
  return !collection && target === undefined && !isAsked && only === undefined && isSimple(shape);
}

/** Whether a shape only takes values out of a document. */
function isSimple({ select, expand, inside, computed, dynamic }: Shape): boolean {
  const selected = [...(select?.values() ?? [])];
  return (
    computed.length === 0 &&
    inside === undefined &&
    selected.length + dynamic.length <= mostSelected &&
    selected.every(isSelected) &&
    [...expand.values()].every(isInPlace)
  );
}

/**
 * Whether a read finds one aggregate by its key and only takes values out of it: nothing is computed, no collection is
 * looked through and nothing is looked up in another row. It takes time as the document has bytes.
 */
export function isSimpleRead({ path, apply, shape }: BoundRead): boolean {
  return (
    apply === undefined &&
    (path.key !== undefined || path.isSingleton) &&
    !path.type.collection &&
    areTypes(path.filters) &&
    path.steps.every(
      ({ property, filters }) =>
        areTypes(filters) && !(property.kind === 'navigation' && property.target !== undefined),
    ) &&
    isSimple(shape)
  );
}
