import type { ODataVersion } from '../versions.js';

/** How much control information a payload carries (OData JSON Format 4.01, 3.1). */
export type MetadataLevel = (typeof metadataLevels)[number];

export const metadataLevels = ['none', 'minimal', 'full'] as const;

/** What of a format decides how values are written. */
export interface ValueFormat {
  readonly version: ODataVersion;
  readonly metadata: MetadataLevel;
  /** Edm.Int64 and Edm.Decimal are written as strings (OData JSON Format 4.01, 3.2). */
  readonly ieee754Compatible: boolean;
  /** Properties that are null are left out (preference `omit-values=nulls`). */
  readonly omitNulls: boolean;
  /** Values are written as they are stored: no `@Transform` is applied to them. */
  readonly asStored?: boolean;
}

/** The format of an answer, as it was negotiated. */
export interface PayloadFormat extends ValueFormat {
  /** Absolute URL of the service root, with its final slash. */
  readonly serviceRoot: string;
  /** Whether an annotation that entities carry is asked for, by the name of its term; without it none is. */
  readonly includesAnnotation?: ((term: string) => boolean) | undefined;
}

/** Prefix of control information: `@odata.` in 4.0, `@` in 4.01 (OData JSON Format 4.01, 4.5). */
export function controlPrefix({ version }: Pick<ValueFormat, 'version'>): '@odata.' | '@' {
  return version === '4.0' ? '@odata.' : '@';
}
