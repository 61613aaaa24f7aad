import { type AnnotationRecord, record } from '../edm/annotation.js';

/** Name of the one authorization scheme. */
export const schemeName = 'bearer';

/** Each of the scopes suffices: they are alternatives. */
export function permissions(scopes: readonly string[]): readonly AnnotationRecord[] {
  return scopes.map((scope) => record({ SchemeName: schemeName, Scopes: [record({ Scope: scope })] }));
}
