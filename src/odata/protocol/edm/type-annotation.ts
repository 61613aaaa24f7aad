import type { JsonValue } from '../json/json-value.js';

/**
 * Whether a `type` control information names a type (OData JSON Format 4.01, 4.5.3): as a fragment with or without its
 * `#`, or as the fragment of a metadata URL; built-in types also without their `Edm.`, in a collection too.
 */
export function namesType(annotation: JsonValue, qualifiedName: string): boolean {
  if (typeof annotation !== 'string') return false;
  const name = annotation.slice(annotation.indexOf('#') + 1);
  return name === qualifiedName || name === qualifiedName.replace('Edm.', '');
}
