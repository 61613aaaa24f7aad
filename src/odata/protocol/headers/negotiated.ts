import { ODataError } from '../odata-error.js';
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

const bodyParameters: ReadonlySet<string> = new Set(['metadata', 'streaming', 'exponentialdecimals']);

/**
 * What the media type of a request body says of its JSON (OData JSON Format 4.01, 4.1).
 * @throws ODataError 415 for a character set or parameter that the service does not read
 */
export function readMediaType(mediaType: HeaderElement | undefined): Pick<BodyFormat, 'ieee754Compatible'> {
  let ieee754Compatible = false;
  for (const [parameter, value] of mediaType?.parameters ?? []) {
    const name = parameter.replace(/^odata\./, '');
    if (name === 'ieee754compatible') ieee754Compatible = value.toLowerCase() === 'true';
    else if (name === 'charset' ? value.toLowerCase() !== 'utf-8' : !bodyParameters.has(name)) {
      throw new ODataError('mediaTypeNotSupported', `The service does not read bodies with ${parameter}=${value}.`, {
        target: 'Content-Type',
      });
    }
  }
  return { ieee754Compatible };
}
