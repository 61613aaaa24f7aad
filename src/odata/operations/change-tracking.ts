import { ODataError } from '../protocol/odata-error.js';
import type { LogPosition } from '../protocol/query/changes.js';
import { parseQuery } from '../protocol/uri/parse-query.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { Seal } from './sealed-text.js';
import {
  type Continuation,
  queryOf,
  readContinuation,
  withoutOptions as kept,
  writeContinuation,
} from './server-paging.js';

/** Marks the tokens of this form; those of pages that nobody tracks have another one. */
const tokenForm = 'c2';

/** Longest query that links carry, in characters: they must stay URLs that the service itself reads. */
const longestQuery = 5000;

/** How long tokens outlive the retention, so that whoever follows links from page to page is not cut off, in milliseconds. */
const tokenGrace = 12 * 3_600_000;

/** What a token of a tracked query says. */
export interface Tracking {
  /** The defining query, as it was sent. */
  readonly rawQuery: string;
  /** The same, parsed. */
  readonly query: Query;
  /** Undefined where it cannot be read: it is of another database, or the query was changed. */
  readonly position: LogPosition | undefined;
  /** Where the page begins, in the first round, which gives all. */
  readonly page: Continuation | undefined;
}

/** What is of one request, not of what is tracked; it may stand beside a token. */
const ofRequest = ['format', 'schemaversion'];
const tokens = ['skiptoken', 'deltatoken'];

function decode(token: string): readonly [rawQuery: string, sealed: string] | undefined {
  try {
    const [form, rawQuery, sealed] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown[];
    const isOurs = form === tokenForm && typeof rawQuery === 'string' && typeof sealed === 'string';
    return isOurs ? [rawQuery, sealed] : undefined;
  } catch {
    return undefined;
  }
}

/** What nobody but this service can have written. */
function unsealed(text: string | undefined): Pick<Tracking, 'position' | 'page'> {
  if (text === undefined) return { position: undefined, page: undefined };
  const [epoch, transaction, sequence, at, page] = JSON.parse(text) as [string, string, string, number, string | null];
  const position = { epoch, transaction: BigInt(transaction), sequence: BigInt(sequence), at };
  return { position, page: page === null ? undefined : readContinuation(page) };
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
export function trackingOf(
  { skiptoken, deltatoken, ...others }: Query,
  path: string,
  seal: Seal,
): Tracking | undefined {
  if (isLatest({ deltatoken })) return undefined;
  const [rawQuery, sealed = ''] = decode(deltatoken ?? skiptoken ?? '') ?? [];
  const query = rawQuery === undefined ? undefined : parsed(rawQuery);
  if (rawQuery === undefined || query === undefined) {
    // A token for a page that nobody tracks is read elsewhere.
    if (deltatoken === undefined) return undefined;
    throw notOurs();
  }
  // 11.3.2: `/$count` may be appended to the path of a link.
  const linked = path.replace(/\/\$count\/?$/i, '');
  const tracking = { rawQuery, query, ...unsealed(seal.open(sealed, queryOf(linked, rawQuery))) };
  // Changes have no first round.
  if (deltatoken !== undefined && (tracking.page !== undefined || skiptoken !== undefined)) throw notOurs();
  const [beside] = Object.keys(others).filter((name) => !ofRequest.includes(name));
  if (beside === undefined) return tracking;
  const target = `$${beside}`;
  throw new ODataError('invalidQueryOption', `The token has the whole query: '${target}' cannot stand beside it.`, {
    target,
  });
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
  readonly #seal: Seal;

  /**
   * @param path of the resource, as it was sent
   * @param rawQuery the defining query, as it was sent
   * @param request its query, as it was sent, and what seals the tokens
   * @throws ODataError 414 where it is too long for a link
   */
  constructor(
    private readonly path: string,
    private readonly rawQuery: string,
    { sent, seal }: { readonly sent: string; readonly seal: Seal },
  ) {
    if (rawQuery.length > longestQuery) {
      throw new ODataError('urlTooLong', `A query whose changes are tracked has ${longestQuery} characters at most.`);
    }
    this.#seal = seal;
    this.#ofRequest = sent
      .split('&')
      .filter((part) => kept(part, ofRequest) === '' && part !== '')
      .join('&');
  }

  #link(option: string, rawQuery: string, position: LogPosition, page: string | null): string {
    const { epoch, transaction, sequence, at } = position;
    const parts = [epoch, String(transaction), String(sequence), at, page];
    // What the query asks is told by the URL that it came with; where the log stands is nobody else's business.
    const sealed = this.#seal.close(JSON.stringify(parts), queryOf(this.path, rawQuery));
    const token = Buffer.from(JSON.stringify([tokenForm, rawQuery, sealed])).toString('base64url');
    const beside = this.#ofRequest === '' ? '' : `${this.#ofRequest}&`;
    return `${this.path}?${beside}${option}=${token}`;
  }

  /** The next page of the first round. */
  page(position: LogPosition, continuation: Continuation): string {
    const query = kept(this.rawQuery, [...ofRequest, ...tokens]);
    return this.#link('$skiptoken', query, position, writeContinuation(continuation));
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
