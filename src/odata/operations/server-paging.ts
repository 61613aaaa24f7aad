import type { Settings } from '../options.js';
import { ODataError } from '../protocol/odata-error.js';
import type { OrderValue } from '../protocol/query/bound.js';
import type { Preferences } from '../protocol/headers/preferences.js';
import type { Seal } from './sealed-text.js';

/** Marks the tokens of this form, so that a later form can tell them apart. */
const tokenForm = 3;

/** Where the next page begins, and how many items the client still wants. */
export interface Continuation {
  /** Values of the order, the key last, of the last item of the page before. */
  readonly after: readonly OrderValue[];
  /** What is left of `$top`. */
  readonly remaining: number | undefined;
  /** The moment of the first page, which `now()` means on all of them: an order by it stands still. */
  readonly now: Date;
}

/** An order value as text: `s` text, `i` an integer of 64 bits, `n` a number. */
function encodeValue(value: OrderValue): string | null {
  if (value === null) return null;
  return `${typeof value === 'string' ? 's' : typeof value === 'bigint' ? 'i' : 'n'}${value}`;
}

function decodeValue(text: unknown): OrderValue | undefined {
  if (text === null) return null;
  if (typeof text !== 'string') return undefined;
  const body = text.slice(1);
  switch (text[0]) {
    case 's':
      return body;
    case 'i':
      return /^-?\d{1,19}$/.test(body) ? BigInt(body) : undefined;
    case 'n':
      return Number.isNaN(Number(body)) ? undefined : Number(body);
    default:
      return undefined;
  }
}

/** A continuation as text; a token has it sealed. */
export function writeContinuation({ after, remaining, now }: Continuation): string {
  return JSON.stringify([tokenForm, remaining ?? null, now.getTime(), ...after.map(encodeValue)]);
}

/** Reads a continuation; undefined for what is none. */
export function readContinuation(text: string): Continuation | undefined {
  const [form, remaining, now, ...texts] = JSON.parse(text) as unknown[];
  const after = texts.map(decodeValue);
  const counted = remaining === null || (Number.isSafeInteger(remaining) && (remaining as number) >= 0);
  if (form !== tokenForm || !counted || !Number.isSafeInteger(now)) return undefined;
  if (!after.every((value) => value !== undefined)) return undefined;
  return { after, remaining: (remaining ?? undefined) as number | undefined, now: new Date(now as number) };
}

/** The error of a token that does not belong where it is used. */
export function invalidSkipToken(): ODataError {
  return new ODataError('invalidSkipToken', 'The $skiptoken was not made by this service for this query.', {
    target: '$skiptoken',
  });
}

/**
 * Reads the token of a page.
 * @param about the query beside it, as `queryOf` gives it
 * @throws ODataError 400 for a token that this service did not make, or made for another query
 */
export function openSkipToken(token: string, seal: Seal, about: string): Continuation {
  const text = seal.open(token, about);
  const continuation = text === undefined ? undefined : readContinuation(text);
  if (continuation === undefined) throw invalidSkipToken();
  return continuation;
}

/**
 * The size of a page (OData 4.01 Protocol 11.2.6.7): the client may ask for fewer or more items than the default with
 * `maxpagesize`, up to a bound.
 */
export function pageSize({ maxPageSize: asked }: Preferences, { pageSize, maxPageSize }: Settings): number {
  return Math.min(asked?.size ?? pageSize, maxPageSize);
}

/** The rows of a page, of which one more was found where another one follows, and where that begins. */
export function pageOf<Row extends { readonly order: readonly OrderValue[] }>(
  { rows, isCut }: { readonly rows: readonly Row[]; readonly isCut: boolean },
  { size, top, now }: { readonly size: number; readonly top: number | undefined; readonly now: Date },
): { readonly kept: readonly Row[]; readonly next: Continuation | undefined } {
  const kept = rows.slice(0, size);
  const last = kept.at(-1);
  if (last === undefined || !(isCut || rows.length > size)) return { kept, next: undefined };
  return { kept, next: { after: last.order, remaining: top === undefined ? undefined : top - kept.length, now } };
}

/** The name of a query option without what may stand in front of it. */
function nameOf(part: string): string {
  const [name = ''] = part.split('=', 1);
  return name.toLowerCase().replace(/^(?:\$|%24)/, '');
}

/** The options of a query but some, as they were sent. */
export function withoutOptions(query: string, names: readonly string[]): string {
  return query
    .split('&')
    .filter((part) => part !== '' && !names.includes(nameOf(part)))
    .join('&');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // Whoever parses it says what is wrong with it.
    return text;
  }
}

/** What may differ from page to page: the token itself, and what does not choose rows. */
const ofPage = ['skiptoken', 'format', 'schemaversion'];

/**
 * What a query asks, whatever the order and the percent-encoding of its options: the pages of one query have it in common,
 * and a client that changes the query of a link (OData 4.01 Protocol 11.2.6.7: it MUST NOT) no longer has it.
 * @param path behind the service root, as it was sent
 */
export function queryOf(path: string, query: string): string {
  const options = withoutOptions(query, ofPage)
    .split('&')
    .map((part) => decoded(part.replace(/^[^=]*/, (name) => (name.startsWith('@') ? name : nameOf(part)))));
  return JSON.stringify([decoded(path), ...options.sort()]);
}

/** The query of the next page: the token, and the options of this page that the next one must keep, as they were sent. */
export function nextQuery(
  { path, query }: { path: string; query: string },
  continuation: Continuation,
  seal: Seal,
): string {
  const kept = withoutOptions(query, ['skip', 'skiptoken']);
  const token = seal.close(writeContinuation(continuation), queryOf(path, kept));
  return `${kept}${kept === '' ? '' : '&'}$skiptoken=${token}`;
}

/** In characters; a request has about twice as many for its header fields at most. */
const longestLink = 8000;

/**
 * A link to be followed by GET.
 * @throws ODataError 414 where it would be longer than servers and proxies take, as what is asked by a body may be
 */
export function linkOf(path: string, query: string): string {
  const link = `${path}?${query}`;
  if (link.length <= longestLink) return link;
  throw new ODataError('urlTooLong', 'The query does not fit into a link to its next page: ask for one page by $top.');
}
