/** An entity or a complex value: what it refers to stands in it as the same object, whoever refers to it. */
export type Node = Readonly<Record<string, unknown>>;

/** A value on the way of a path, and how often it counts: each occurrence by itself. */
export type Occurrences = readonly unknown[];

/** Steps of a path: names of properties, and types for casts, which have a dot in their name. */
export type Path = readonly string[];

/** The types that a value is of, the name of its own one first; for casts. */
export type TypesOf = (value: Node) => readonly string[];

/** What a path leads to from a collection: Γ(A, p) of Data Aggregation 3.1.3, which never has null. */
export function gamma(items: Occurrences, path: Path, typesOf: TypesOf): Occurrences {
  const [step, ...rest] = path;
  const there = items.filter((one): one is Node => one !== null && one !== undefined);
  if (step === undefined) return there;
  if (step.includes('.')) {
    const ofType = there.filter((one) => typesOf(one).includes(step));
    return gamma(ofType, rest, typesOf);
  }
  return there.flatMap((one) => {
    const value = one[step];
    return gamma(Array.isArray(value) ? value : [value], rest, typesOf);
  });
}

/**
 * The values that an aggregate expression is of (Data Aggregation 3.2.1.1, determination of A).
 * @param isNavigation whether a name is that of a navigation property
 */
export function reached(
  items: Occurrences,
  path: Path,
  about: { readonly isNavigation: (name: string) => boolean; readonly typesOf: TypesOf },
): Occurrences {
  const last = path.findLastIndex(about.isNavigation);
  if (last < 0) return gamma(items, path, about.typesOf);
  const end = path[last + 1]?.includes('.') === true ? last + 2 : last + 1;
  const entities = gamma(items, path.slice(0, end), about.typesOf);
  return gamma([...new Set(entities)], path.slice(end), about.typesOf);
}

/** A value as text: an entity by its key, a complex value by its members, of which null is none. */
export function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if ('ID' in value) return `#${String(value.ID)}`;
  const members = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  return `{${members
    .map(([name, one]) => `${name}:${textOf(one)}`)
    .sort()
    .join()}}`;
}

/** Aggregated numbers (3.2.1.3): of none there is no sum. */
export function aggregateOf(method: string, values: readonly unknown[]): number | null {
  const numbers = values as readonly number[];
  switch (method) {
    case '$count':
      return values.length;
    case 'countdistinct':
      return new Set(values.map(textOf)).size;
    default:
      if (numbers.length === 0) return null;
  }
  const sum = numbers.reduce((all, one) => all + one, 0);
  if (method === 'sum') return sum;
  if (method === 'average') return sum / numbers.length;
  return method === 'min' ? Math.min(...numbers) : Math.max(...numbers);
}
