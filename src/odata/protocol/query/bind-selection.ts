import { everything, type Expansion, type Selection } from '../payload/selection.js';
import type { Shape, Shaped } from './bound.js';

/** What an answer carries of a shape that a query asked for. */
export function selectionOf({ select, expand, inside, computed, dynamic, operations }: Shape): Selection {
  const shaped = ([name, { shape }]: readonly [string, Shaped]): readonly [string, Selection] => [
    name,
    shape === undefined ? everything : selectionOf(shape),
  ];
  const selected = [...(select ?? [])].map(shaped);
  const expanded = [...expand].map(([name, { shape, only }]): readonly [string, Expansion] => [
    name,
    { ...selectionOf(shape), ...(only === undefined ? {} : { only }) },
  ]);
  return {
    ...(select === undefined ? {} : { select: new Map(selected) }),
    ...(expanded.length === 0 ? {} : { expand: new Map(expanded) }),
    ...(inside === undefined ? {} : { inside: new Map([...inside].map(shaped)) }),
    ...(computed.length === 0 ? {} : { computed: new Map(computed.map((c) => [c.name, c.expression.type.item])) }),
    ...(dynamic.length === 0 ? {} : { dynamic }),
    ...(operations === undefined ? {} : { operations }),
  };
}

/** What only a query can do: an answer to a modification comes without one. */
export function needsQuery({ select, expand, inside, computed }: Shape): boolean {
  // What complex values lead to is elsewhere.
  if (computed.length > 0 || inside !== undefined) return true;
  const selected = [...(select?.values() ?? [])];
  if (selected.some(({ query, shape }) => query !== undefined || (shape !== undefined && needsQuery(shape))))
    return true;
  return [...expand.values()].some(
    ({ navigation, query, shape, only }) =>
      query !== undefined || only !== undefined || needsQuery(shape) || navigation.target !== undefined,
  );
}
