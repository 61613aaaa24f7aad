import type { BodyFormat } from '../payload/read-values.js';
import type { Query } from '../uri/syntax-tree.js';
import type { ODataVersion } from '../versions.js';
import { type HeaderElement } from './header-lists.js';
import type { AnswerFormat } from './negotiate-format.js';
import type { Precondition } from './precondition.js';
import type { Preferences } from './preferences.js';

/** What was negotiated for one request, and what it asks for beside its path and body. */
export interface Negotiated {
  /** Of the answer. */
  readonly version: ODataVersion;
  readonly format: AnswerFormat;
  readonly preferences: Preferences;
  readonly precondition: Precondition;
  readonly query: Query;
  /** Absolute URL of the service root, with its final slash. */
  readonly serviceRoot: string;
}

/**
 * What the media type of a request body says of its JSON (OData JSON Format 4.01, 4.1). Parameters that are not understood
 * are ignored (RFC 2045, 5); the character set is for who decodes the bytes.
 */
export function readMediaType(mediaType: HeaderElement | undefined): Pick<BodyFormat, 'ieee754Compatible'> {
  const { parameters } = mediaType ?? {};
  const said = parameters?.get('ieee754compatible') ?? parameters?.get('odata.ieee754compatible');
  return { ieee754Compatible: said?.toLowerCase() === 'true' };
}
