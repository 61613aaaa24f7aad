import type { EntitySet } from '../edm/model.js';
import type { BoundRead } from './bound.js';

/** Members of bound queries that lead into the model, which has cycles. */
const ofModel: ReadonlySet<string> = new Set(['type', 'property', 'navigation', 'root', 'target', 'entity']);

function collect(value: unknown, sets: Set<EntitySet>): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Map) {
    for (const inner of (value as ReadonlyMap<string, unknown>).values()) collect(inner, sets);
    return;
  }
  if (Array.isArray(value)) {
    for (const inner of value) collect(inner, sets);
    return;
  }
  const { reference, target, navigation } = value as {
    readonly reference?: { readonly target: EntitySet };
    readonly target?: EntitySet;
    readonly navigation?: { readonly target?: EntitySet };
  };
  const found = reference?.target ?? target ?? navigation?.target;
  if (found !== undefined) sets.add(found);
  for (const [name, inner] of Object.entries(value)) if (!ofModel.has(name)) collect(inner, sets);
}

/** The entity sets whose members a query looks at because others refer to them, on its path or in its options. */
export function referredSets({ path, apply, collection, shape }: BoundRead): ReadonlySet<EntitySet> {
  const sets = new Set<EntitySet>();
  for (const { property } of path.steps)
    if (property.kind === 'navigation' && property.target !== undefined) sets.add(property.target);
  collect([path.filters, path.steps.map(({ item, filters }) => [item, filters]), apply, collection, shape], sets);
  return sets;
}

/** Whether a query looks at entities that others refer to: what it gives changes with them, too. */
export function usesReferences({ path, collection, shape }: BoundRead): boolean {
  const sets = new Set<EntitySet>();
  collect([path.filters, collection, shape], sets);
  return sets.size > 0;
}
