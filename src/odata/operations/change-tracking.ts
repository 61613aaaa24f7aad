import { ODataError } from '../protocol/odata-error.js';
import type { LogPosition } from '../protocol/query/changes.js';
import { parseQuery } from '../protocol/uri/parse-query.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import { type Continuation, encodeSkipToken } from './server-paging.js';

/** Marks the tokens of this form; those of pages that nobody tracks have another one. */
const tokenForm = 'c1';

/** Longest query that links carry, in characters: they must stay URLs that the service itself reads. */
const longestQuery = 5000;

/** How long tokens outlive the retention, so that whoever follows links from page to page is not cut off, in milliseconds. */
const tokenGrace = 12 * 3_600_000;

/** What a token of a tracked query says. */
export interface Tracking {
  /** The defining query, as it was sent. */
  readonly rawQuery: string;
  /** The same, parsed, with the place of the page in the first round. */
  readonly query: Query;
  readonly position: LogPosition;
  /** Whether it is of the first round, which gives all. */
  readonly isFirst: boolean;
}

/** The options of a query that its links carry, as they were sent. */
function kept(rawQuery: string, dropped: readonly string[]): string {
  return rawQuery
    .split('&')
    .filter((part) => {
      const [name = ''] = part.split('=', 1);
      return part !== '' && !dropped.includes(name.toLowerCase().replace(/^(?:\$|%24)/, ''));
    })
    .join('&');
}

/** What is of one request, not of what is tracked; it may stand beside a token. */
const ofRequest = ['format', 'schemaversion'];
const tokens = ['skiptoken', 'deltatoken'];

function decode(token: string): (Omit<Tracking, 'query'> & { readonly page: string | undefined }) | undefined {
  try {
    const parts = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown[];
    const [form, rawQuery, epoch, transaction, sequence, at, page] = parts;
    if (form !== tokenForm || !Number.isSafeInteger(at)) return undefined;
    if (![rawQuery, epoch, transaction, sequence].every((part) => typeof part === 'string')) return undefined;
    if (![transaction, sequence].every((part) => /^\d{1,18}$/.test(part as string))) return undefined;
    if (page !== null && typeof page !== 'string') return undefined;
    const position = {
      epoch: epoch as string,
      transaction: BigInt(transaction as string),
      sequence: BigInt(sequence as string),
      at: at as number,
    };
    return { rawQuery: rawQuery as string, position, isFirst: page !== null, page: page ?? undefined };
  } catch {
    return undefined;
  }
}

function parsed(rawQuery: string): Query | undefined {
  try {
    return parseQuery(rawQuery);
  } catch {
    return undefined;
  }
}

/**
 * What the token of a request says, where it has one of a tracked query. It carries the query: nothing can stand beside it
 * (OData 4.01 Protocol 11.3.2).
 * @throws ODataError 400 for a token that this service did not make, and for options beside it
 */
export function trackingOf({ skiptoken, deltatoken, ...others }: Query): Tracking | undefined {
  if (isLatest({ deltatoken })) return undefined;
  const found = decode(deltatoken ?? skiptoken ?? '');
  const query = found && parsed(found.rawQuery);
  // Changes have no first round; a token for a page that nobody tracks is read elsewhere.
  if (
    found === undefined ||
    query === undefined ||
    (deltatoken !== undefined && (found.isFirst || skiptoken !== undefined))
  ) {
    if (deltatoken === undefined) return undefined;
    throw notOurs();
  }
  const [beside] = Object.keys(others).filter((name) => !ofRequest.includes(name));
  if (beside !== undefined) {
    const target = `$${beside}`;
    throw new ODataError('invalidQueryOption', `The token has the whole query: '${target}' cannot stand beside it.`, {
      target,
    });
  }
  const { page, ...tracking } = found;
  return { ...tracking, query: page === undefined ? query : { ...query, skiptoken: page } };
}

/** The error of a token that this service did not make, or not for the resource at which it is used. */
export function notOurs(): ODataError {
  return new ODataError('invalidDeltaToken', 'The token was not made by this service for this resource.', {
    target: '$deltatoken',
  });
}

/** Whether only the link for what changes from now on is asked for, as Microsoft Graph has it. */
export function isLatest({ deltatoken }: { readonly deltatoken?: string | undefined }): boolean {
  return deltatoken?.toLowerCase() === 'latest';
}

/** The links of a tracked query; all are relative to the service root. */
export class TrackingLinks {
  readonly #ofRequest: string;

  /**
   * @param path of the resource, as it was sent
   * @param rawQuery the defining query, as it was sent, with the options of this request
   * @throws ODataError 414 where it is too long for a link
   */
  constructor(
    private readonly path: string,
    private readonly rawQuery: string,
    sent: string,
  ) {
    if (rawQuery.length > longestQuery) {
      throw new ODataError('urlTooLong', `A query whose changes are tracked has ${longestQuery} characters at most.`);
    }
    this.#ofRequest = sent
      .split('&')
      .filter((part) => kept(part, ofRequest) === '' && part !== '')
      .join('&');
  }

  #link(option: string, rawQuery: string, position: LogPosition, page: string | null): string {
    const { epoch, transaction, sequence, at } = position;
    const parts = [tokenForm, rawQuery, epoch, String(transaction), String(sequence), at, page];
    const token = Buffer.from(JSON.stringify(parts)).toString('base64url');
    const beside = this.#ofRequest === '' ? '' : `${this.#ofRequest}&`;
    return `${this.path}?${beside}${option}=${token}`;
  }

  /** The next page of the first round. */
  page(position: LogPosition, continuation: Continuation): string {
    const query = kept(this.rawQuery, [...ofRequest, ...tokens]);
    return this.#link('$skiptoken', query, position, encodeSkipToken(continuation));
  }

  /** Changes have an order of their own, and are not counted (11.3.1). */
  get #tracked(): string {
    return kept(this.rawQuery, [...ofRequest, ...tokens, 'orderby', 'count']);
  }

  /** The next page of changes. */
  changes(position: LogPosition): string {
    return this.#link('$skiptoken', this.#tracked, position, null);
  }

  /** What changes behind the position. */
  delta(position: LogPosition): string {
    return this.#link('$deltatoken', this.#tracked, position, null);
  }

  /** Where everything is to be had again. */
  get start(): string {
    const query = [this.#ofRequest, this.#tracked].filter((part) => part !== '').join('&');
    return query === '' ? this.path : `${this.path}?${query}`;
  }
}

/** Whether the changes behind a position may be forgotten already. @param retention in days */
export function isExpired({ at }: LogPosition, retention: number, now: number): boolean {
  return now - at > retention * 86_400_000 + tokenGrace;
}

/**
 * The answer to a token that is of no use any more (OData 4.01 Protocol 11.3.2), under the codes of Microsoft Graph.
 * @param location absolute URL
 */
export function tokenIsGone(reason: 'expired' | 'lost', location: string): ODataError {
  const options = { headers: { location } };
  return reason === 'expired'
    ? new ODataError('syncStateNotFound', 'The token is too old. Read everything again, from Location.', options)
    : new ODataError(
        'resyncRequired',
        'The changes since the token are lost. Read everything again, from Location.',
        options,
      );
}
