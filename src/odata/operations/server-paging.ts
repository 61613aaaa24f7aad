import type { Settings } from '../options.js';
import { ODataError } from '../protocol/odata-error.js';
import type { OrderValue } from '../protocol/query/bound.js';
import type { Preferences } from '../protocol/headers/preferences.js';

/** Marks the tokens of this form, so that a later form can tell them apart. */
const tokenForm = 2;

/** Where the next page begins, and how many items the client still wants. */
export interface Continuation {
  /** Values of the order, the id last, of the last item of the page before. */
  readonly after: readonly OrderValue[];
  /** What is left of `$top`. */
  readonly remaining: number | undefined;
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

/** The opaque token of a continuation. */
export function encodeSkipToken({ after, remaining }: Continuation): string {
  return Buffer.from(JSON.stringify([tokenForm, remaining ?? null, ...after.map(encodeValue)])).toString('base64url');
}

/**
 * Reads a token.
 * @param keys how many values the order of the query has
 * @throws ODataError 400 for a token that this service did not make, or made for another query
 */
export function decodeSkipToken(token: string, keys: number): Continuation {
  try {
    const [form, remaining, ...texts] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown[];
    const after = texts.map(decodeValue);
    const known = after.every((value) => value !== undefined);
    const counted = remaining === null || (Number.isSafeInteger(remaining) && (remaining as number) >= 0);
    if (form === tokenForm && counted && known && after.length === keys && after.at(-1) !== null) {
      return { after, remaining: (remaining ?? undefined) as number | undefined };
    }
  } catch {
    // Not even JSON: the same fault.
  }
  throw new ODataError('invalidSkipToken', 'The $skiptoken was not made by this service for this query.', {
    target: '$skiptoken',
  });
}

/**
 * The size of a page (OData 4.01 Protocol 11.2.6.7): the client may ask for fewer or more items than the default with
 * `maxpagesize`, up to a bound.
 */
export function pageSize({ maxPageSize: asked }: Preferences, { pageSize, maxPageSize }: Settings): number {
  return Math.min(asked?.size ?? pageSize, maxPageSize);
}

/** The query of the next page: the token, and the options of this page that the next one must keep, as they were sent. */
export function nextQuery(query: string, continuation: Continuation): string {
  const kept = query.split('&').filter((part) => {
    const [name = ''] = part.split('=', 1);
    return part !== '' && !/^(?:\$|%24)?skip(?:token)?$/i.test(name);
  });
  return [...kept, `$skiptoken=${encodeSkipToken(continuation)}`].join('&');
}
