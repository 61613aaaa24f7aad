import type { ItemType } from '../edm/model.js';
import { everything, type Expansion, type Selection } from '../payload/selection.js';
import type { CollectionQuery, Shape, Shaped } from './bound.js';
import { addedBy, navigableAs, madeItems } from './result-types.js';

/** What `$apply` has made of items of a declared type, and how they are written. */
export function madeOf(
  output: ItemType,
  declared: ItemType,
  selection: Selection,
): { readonly type: ItemType; readonly selection: Selection } {
  if (output?.kind !== 'entity' || declared?.kind !== 'entity') return { type: output, selection };
  // What it added to entities is written as computed, whatever type each of them has.
  return { type: navigableAs(output, declared), selection: addedBy(output, declared, selection) };
}

/** The same of a collection inside of something. */
function ofItems(selection: Selection, query: CollectionQuery | undefined, declared: ItemType): Selection {
  if (query?.applied === undefined) return selection;
  const made = madeOf(query.item.type, declared, selection);
  const { type } = made;
  if (type === declared) return made.selection;
  const none = { type, list: [], plainList: [], sometimes: [] };
  return { ...made.selection, made: type?.kind === 'complex' ? madeItems(type) : none };
}

/** What an answer carries of a shape that a query asked for. */
export function selectionOf({
  select,
  expand,
  inside,
  computed,
  dynamic,
  operations,
  selected: terms,
}: Shape): Selection {
  const shaped = ([name, { shape, property, query }]: readonly [string, Shaped]): readonly [string, Selection] => [
    name,
    ofItems(shape === undefined ? everything : selectionOf(shape), query, property.type),
  ];
  const selected = [...(select ?? [])].map(shaped);
  const expanded = [...expand].map(([name, { shape, only, query, navigation }]): readonly [string, Expansion] => [
    name,
    { ...ofItems(selectionOf(shape), query, navigation.type), ...(only === undefined ? {} : { only }) },
  ]);
  return {
    ...(select === undefined ? {} : { select: new Map(selected) }),
    ...(expanded.length === 0 ? {} : { expand: new Map(expanded) }),
    ...(inside === undefined ? {} : { inside: new Map([...inside].map(shaped)) }),
    ...(computed.length === 0 ? {} : { computed: new Map(computed.map((c) => [c.name, c.expression.type.item])) }),
    ...(dynamic.length === 0 ? {} : { dynamic }),
    ...(operations === undefined ? {} : { operations }),
    ...(terms === undefined ? {} : { annotations: terms }),
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
