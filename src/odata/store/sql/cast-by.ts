import type { PrimitiveType } from '../../protocol/edm/primitive-types.js';
import { kindOf, type NumberKind } from './number-kind.js';

/** What databases write differently of a cast; every function gives an expression. */
interface CastLeaves {
  readonly ofNumber: (value: string, from: NumberKind, to: PrimitiveType) => string;
  readonly ofText: (value: string, to: PrimitiveType) => string;
  readonly asText: (value: string, from: PrimitiveType) => string;
}

/** The rules of `cast` (OData 4.01 URL Conventions 5.1.1.10.1) with the leaves of a dialect; see `Dialect.cast`. */
export function castBy({ ofNumber, ofText, asText }: CastLeaves) {
  return (value: string, from: PrimitiveType, to: PrimitiveType): string => {
    const kind = from.family === 'duration' ? undefined : kindOf(from);
    if (kind !== undefined) return ofNumber(value, kind, to);
    if (from.family === 'string') return ofText(value, to);
    if (to.family === 'string') return asText(value, from);
    if (from.family === to.family) return value;
    if (to.family === 'dateTimeOffset') return `(${value} || 'T00:00:00')`;
    return to.family === 'date' ? `substr(${value}, 1, 10)` : `substr(${value}, 12)`;
  };
}
