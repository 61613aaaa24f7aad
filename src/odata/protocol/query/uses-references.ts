import type { BoundRead } from './bound.js';

/** Members of bound queries that lead into the model, which has cycles. */
const ofModel: ReadonlySet<string> = new Set(['type', 'property', 'navigation', 'root', 'target', 'entity']);

function leads(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Map) return [...(value as ReadonlyMap<string, unknown>).values()].some(leads);
  if (Array.isArray(value)) return value.some(leads);
  const { reference, target, navigation } = value as {
    readonly reference?: unknown;
    readonly target?: unknown;
    readonly navigation?: { readonly target?: unknown };
  };
  if ((reference ?? target ?? navigation?.target) !== undefined) return true;
  return Object.entries(value).some(([name, inner]) => !ofModel.has(name) && leads(inner));
}

/** Whether a query looks at entities that others refer to: what it gives changes with them, too. */
export function usesReferences({ path, collection, shape }: BoundRead): boolean {
  return leads([path.filters, collection, shape]);
}
