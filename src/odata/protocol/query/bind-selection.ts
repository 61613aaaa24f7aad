import { everything, type Expansion, type Selection } from '../payload/selection.js';
import type { Shape } from './bound.js';

/** What an answer carries of a shape that a query asked for. */
export function selectionOf({ select, expand, computed, dynamic, operations }: Shape): Selection {
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
    ...(operations === undefined ? {} : { operations }),
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
