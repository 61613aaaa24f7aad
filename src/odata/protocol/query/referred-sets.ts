import type { EntitySet } from '../edm/model.js';
import type { BoundExpression, BoundRead } from './bound.js';

/** Members of bound queries that lead into the model, which has cycles. */
const ofModel: ReadonlySet<string> = new Set(['type', 'property', 'navigation', 'root', 'target', 'entity']);

/** @param these what stands for the set itself, where that is looked for too */
function collect(value: unknown, sets: Set<EntitySet>, these?: EntitySet): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Map) {
    for (const inner of (value as ReadonlyMap<string, unknown>).values()) collect(inner, sets, these);
    return;
  }
  if (Array.isArray(value)) {
    for (const inner of value) collect(inner, sets, these);
    return;
  }
  const { reference, target, navigation } = value as {
    readonly reference?: { readonly target: EntitySet };
    readonly target?: EntitySet;
    readonly navigation?: { readonly target?: EntitySet };
  };
  if (these !== undefined && (value as { readonly kind?: unknown }).kind === 'these') sets.add(these);
  const found = reference?.target ?? target ?? navigation?.target;
  if (found !== undefined) sets.add(found);
  for (const [name, inner] of Object.entries(value)) if (!ofModel.has(name)) collect(inner, sets, these);
}

/** The entity sets whose members a query looks at because others refer to them, on its path or in its options. */
export function referredSets({ path, apply, collection, shape, union = [] }: BoundRead): ReadonlySet<EntitySet> {
  const sets = new Set<EntitySet>(union.flatMap((part) => [...referredSets({ ...part, page: undefined })]));
  for (const { property } of path.steps)
    if (property.kind === 'navigation' && property.target !== undefined) sets.add(property.target);
  collect([path.filters, path.steps.map(({ item, filters }) => [item, filters]), apply, collection, shape], sets);
  return sets;
}

/** The same of conditions. */
export function setsOf(conditions: readonly BoundExpression[]): ReadonlySet<EntitySet> {
  const sets = new Set<EntitySet>();
  collect(conditions, sets);
  return sets;
}

/** Whether a query looks at other entities than those that it is about: what it gives changes with them, too. */
export function looksElsewhere({ path, collection, shape }: BoundRead): boolean {
  const sets = new Set<EntitySet>();
  // What is said of the whole set changes with each of its members.
  collect([path.filters, collection, shape], sets, path.root as EntitySet);
  return sets.size > 0;
}
