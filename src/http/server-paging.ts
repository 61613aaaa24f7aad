import type { Environment } from '../config/environment.js';
import { ODataError } from '../odata/odata-error.js';
import type { QueryOptions } from '../odata/uri/query-options.js';
import type { Preferences } from './preferences.js';

/** Marks the tokens of this form, so that a later form can tell them apart. */
const tokenForm = '1';

function encodeSkipToken(after: string): string {
  return Buffer.from(`${tokenForm}${after}`, 'utf8').toString('base64url');
}

function decodeSkipToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  const after = text.slice(tokenForm.length);
  if (text.startsWith(tokenForm) && after !== '' && encodeSkipToken(after) === token) return after;
  throw new ODataError('invalidSkipToken', 'The $skiptoken was not made by this service.', { target: '$skiptoken' });
}

/**
 * Which page a request asks for (OData 4.01 Protocol 11.2.6.7): behind which key, and how many items; the client may ask
 * for fewer or more than the default with `maxpagesize`, up to a bound.
 * @throws ODataError 400 for a token that this service did not make
 */
export function pageOf(
  options: QueryOptions,
  { maxPageSize }: Preferences,
  { PAGE_SIZE, MAX_PAGE_SIZE }: Environment,
): { readonly after?: string; readonly size: number } {
  const size = Math.min(maxPageSize?.size ?? PAGE_SIZE, MAX_PAGE_SIZE);
  const token = options.get('$skiptoken');
  return token === undefined ? { size } : { after: decodeSkipToken(token), size };
}

/** The query of the next page: an opaque token, and the options of this page that the next one must keep. */
export function skipTokenQuery(after: string, options: QueryOptions): string {
  const kept = [...options].filter(([name]) => name !== '$skiptoken');
  const all: readonly (readonly [string, string])[] = [...kept, ['$skiptoken', encodeSkipToken(after)]];
  return all.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}
