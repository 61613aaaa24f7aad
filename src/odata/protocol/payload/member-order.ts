import type { StructuredType } from '../edm/model.js';
import type { JsonObject } from '../json/json-value.js';

/** The order in which the members of an object are stored, and those inside them: by name, that of the model. */
export type MemberOrder = ReadonlyMap<string, { readonly at: number; readonly inside: MemberOrder | undefined }>;

const orders = new WeakMap<StructuredType, MemberOrder>();

/** The order of the members of a type: its properties, then what its entities contain one of. */
export function memberOrder(type: StructuredType, way: readonly StructuredType[] = []): MemberOrder {
  const known = orders.get(type);
  if (known !== undefined) return known;
  const inner = [...way, type];
  const members = [...type.properties.values()].map(
    ({ name, type: item }) => [name, item.kind === 'complex' ? memberOrder(item, inner) : undefined] as const,
  );
  const contained = type.kind === 'entity' ? [...type.navigation.values()] : [];
  const single = contained
    .filter(({ collection, containsTarget }) => containsTarget && !collection)
    .map(({ name, type: item }) => [name, inner.includes(item) ? undefined : memberOrder(item, inner)] as const);
  const order = new Map([...members, ...single].map(([name, inside], at) => [name, { at, inside }]));
  if (way.length === 0) orders.set(type, order);
  return order;
}

/** The properties of a value in the order of its type: as they are where they are in it. What it does not declare comes last. */
export function inModelOrder(type: StructuredType, value: JsonObject): JsonObject {
  const order = memberOrder(type);
  let last = -1;
  for (const name in value) {
    const at = order.get(name)?.at ?? order.size;
    if (at < last) return sorted(order, value);
    last = at;
  }
  return value;
}

function sorted(order: MemberOrder, value: JsonObject): JsonObject {
  const at = (name: string): number => order.get(name)?.at ?? order.size;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => at(a) - at(b)));
}
