import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { anonymousCaller, type Caller } from '../operations/caller.js';
import { isCrossJoin, joinedNames } from '../operations/cross-join-path.js';
import type { EntityRequest, MediaBody } from '../operations/entity-request.js';
import type { Settings } from '../options.js';
import { type HeaderElement, parseHeaderList } from '../protocol/headers/header-lists.js';
import { type Negotiated, readMediaType } from '../protocol/headers/negotiated.js';
import { type AnswerFormat, defaultFormat, negotiateFormat } from '../protocol/headers/negotiate-format.js';
import { answerVersion, bodyVersion, lenientVersion } from '../protocol/headers/negotiate-version.js';
import { parseEntityTags, parsePrecondition, type Precondition, restrict } from '../protocol/headers/precondition.js';
import { noPreferences, parsePreferences, type Preferences } from '../protocol/headers/preferences.js';
import { ODataError } from '../protocol/odata-error.js';
import type { ParsedJson } from '../protocol/json/parse-json.js';
import type { Body } from '../protocol/payload/read-body.js';
import type { BodyFormat, EntityIds } from '../protocol/payload/read-values.js';
import { ModelEntityIds } from '../protocol/query/entity-ids.js';
import { parseQuery } from '../protocol/uri/parse-query.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { ODataVersion } from '../protocol/versions.js';
import type { Consistency, Work } from '../work.js';
import { type Inheritance, inheritanceOf } from './inherited-caller.js';
import { type BodyMemory, HeldMemory } from './body-memory.js';
import { isChunked, jsonInTurns, jsonOf, textOf } from './request-body.js';
import { type Streaming, streamingOf } from './streaming.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request is, for the engine; made when it arrives. */
    exchange?: Exchange;
    /** Left there by the guard of the service. */
    user?: unknown;
  }
}

const printable = /^[\x21-\x7e]{1,128}$/;
const rawSuffix = /\/\$(?:count|value)\/?$/i;

const plainJson: HeaderElement = { value: 'application/json', parameters: new Map() };

/** The answer to a request, and the memory that answers have. */
interface AnswerUnderWay {
  readonly memory: BodyMemory;
  readonly response: ServerResponse;
}

/** Marks what has not been read yet: undefined is a value of some headers. */
const unread = Symbol('not read yet');
type Unread = typeof unread;

/**
 * A request, read once: each header is parsed, and each part of the URL cut, when it is needed first, and kept. Whoever
 * handles the request is handed this and asks nobody else.
 */
export class Exchange implements EntityRequest, Work {
  #answerVersion: ODataVersion | undefined;
  #preferences: Preferences | undefined;
  #query: Query | undefined;
  #protocol: Negotiated | undefined;
  #mediaType: HeaderElement | undefined | Unread = unread;
  #streaming: Streaming | undefined | Unread = unread;
  #bodyFormat: BodyFormat | undefined;
  #body: Body | undefined;
  #ahead: { readonly parsed: ParsedJson } | { readonly fault: unknown } | undefined;
  #isLong = false;
  #entityIds: EntityIds | undefined;
  #caller: Caller | undefined;
  /** What of the memory for answers this one has. */
  #held: HeldMemory | undefined;
  #heldBytes = 0;
  readonly #inheritance: Inheritance | undefined;
  readonly #writtenBefore: number;
  /** What it was refused for, or failed of. */
  failure: unknown;
  /** Of the trace that it belongs to, where there are traces. */
  traceId: string | undefined;
  /** Whether its beginning, and its end, were told. */
  hasBegun = false;
  isTold = false;
  /** The path of the URL as it was sent. */
  readonly sentPath: string;
  /** What it has behind the service root, without `/$query`; empty where it is not below that. */
  readonly path: string;
  /** The path with keys as segments, by which routes were looked up. */
  readonly routed: string;
  readonly #urlQuery: string;
  /** Whether a part of the query is in the body (OData 4.01 URL Conventions 4.17). */
  readonly asksByBody: boolean;
  /** Whether the URL is below the service root, or is that. */
  readonly isOfService: boolean;

  constructor(
    readonly request: FastifyRequest,
    readonly settings: Settings,
    private readonly answer?: AnswerUnderWay,
  ) {
    const { url } = request;
    const given = request.raw.odataTarget ?? { sent: url, path: url, query: '', routed: url };
    const { sent, path, query, routed, asksByBody = false } = given;
    const root = settings.path;
    this.isOfService = path === root || path.startsWith(`${root}/`);
    this.sentPath = sent;
    this.path = this.isOfService ? path.slice(root.length + 1) : '';
    this.routed = routed;
    this.#urlQuery = query;
    this.asksByBody = asksByBody;
    this.#inheritance = inheritanceOf(request);
    // What the service sends to itself has no connection.
    this.#writtenBefore = (request.raw.socket as Partial<Socket>).bytesWritten ?? 0;
  }

  /** The name that the path begins with, decoded; empty where it is not well-formed. */
  get rootName(): string {
    const [segment = ''] = this.path.split('/', 1);
    try {
      return decodeURIComponent(segment).split('(', 1)[0] ?? '';
    } catch {
      return '';
    }
  }

  /** The names of what the path is about first: one, or every set of a cross join. */
  get rootNames(): readonly string[] {
    return isCrossJoin(this.path) ? joinedNames(this.path) : [this.rootName];
  }

  /** Whether the path leads to an entity set or singleton of the model, to an import of an operation, or from there. */
  get isOfModel(): boolean {
    const { entitySets, singletons, operations } = this.settings.model;
    const { rootName } = this;
    return entitySets.has(rootName) || singletons.has(rootName) || operations.imports.has(rootName);
  }

  /** Whether it is about the bytes of a stream, and what with them; undefined where it is not, as in most models. */
  get streaming(): Streaming | undefined {
    if (this.settings.model.streams === undefined) return undefined;
    if (this.#streaming === unread) this.#streaming = this.isOfService ? streamingOf(this) : undefined;
    return this.#streaming;
  }

  /** Whether the service sent it to itself: for a batch, or for what is answered later. */
  get isInside(): boolean {
    return this.#inheritance !== undefined;
  }

  /** Bytes of its body, as far as it says; and those of its answer, with the header fields, that were written until now. */
  get bytesReceived(): number {
    const length = this.request.headers['content-length'];
    return this.isInside || length === undefined ? 0 : Number(length) || 0;
  }

  get bytesSent(): number {
    return this.isInside ? 0 : this.request.raw.socket.bytesWritten - this.#writtenBefore;
  }

  get method(): string {
    return this.request.method;
  }

  /** One header of the request, where it stands once or its fields can be joined. */
  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** The id that the client gave its request, where it is one that can be echoed. */
  get clientRequestId(): string | undefined {
    const id = this.header('client-request-id');
    return id !== undefined && printable.test(id) ? id : undefined;
  }

  /** The caller that the guard found; where it found none, one that may do what everyone may. */
  get identity(): Caller {
    return (this.request.user as Caller | undefined) ?? anonymousCaller(this.settings.anonymous?.tenant ?? '');
  }

  /** In whose name the store works: who is not known is an address. */
  get callerName(): string {
    const { identity, request } = this;
    return identity.isAnonymous === true ? request.ip : `${identity.tenant} ${identity.kind} ${identity.id}`;
  }

  /** Whether nobody waits for the answer: the client has closed its connection, or canceled what this is a part of. */
  get isAbandoned(): boolean {
    return this.#inheritance?.isAbandoned() ?? this.request.raw.socket.destroyed;
  }

  /**
   * What only reads may be told what was true a moment ago where the client says so, as clients of Microsoft Graph do; and
   * what is true now where it says that (RFC 9111, 5.2.1.4).
   */
  get consistency(): Consistency {
    if (this.method !== 'GET' && this.method !== 'HEAD' && !this.asksByBody) return 'strong';
    if (/(?:^|[\s,])no-cache(?:$|[\s,])/i.test(this.header('cache-control') ?? '')) return 'strong';
    return this.header('consistencylevel')?.toLowerCase() === 'eventual' ? 'eventual' : 'unsaid';
  }

  get isLong(): boolean {
    return this.#isLong;
  }

  /** Parts of batches, and jobs, are bounded where their answers are gathered. */
  hold(bytes: number): void {
    if (this.answer === undefined || this.#inheritance !== undefined) return;
    const { memory, response } = this.answer;
    if (this.#held === undefined) {
      this.#held = new HeldMemory(memory, this.callerName);
      response.once('close', () => this.#held?.release());
    }
    this.#heldBytes += bytes;
    this.#held.release();
    if (!response.destroyed) this.#held.hold(this.#heldBytes);
  }

  /** Of the memory for answers, for one that is gathered for the same caller. */
  heldApart(): HeldMemory | undefined {
    return this.answer && new HeldMemory(this.answer.memory, this.callerName);
  }

  /** The same, and for whom the request makes entities. */
  get caller(): Caller {
    if (this.#caller === undefined) {
      const { ownerHeader } = this.settings;
      const makesFor = ownerHeader === undefined ? undefined : this.header(ownerHeader.name.toLowerCase());
      this.#caller = makesFor === undefined ? this.identity : { ...this.identity, makesFor };
    }
    return this.#caller;
  }

  /**
   * The version of the answer.
   * @throws ODataError 400
   */
  get version(): ODataVersion {
    if (this.#answerVersion === undefined) {
      const most = this.header('odata-maxversion');
      this.#answerVersion = most === undefined ? '4.0' : answerVersion(most);
    }
    return this.#answerVersion;
  }

  /** The version of an answer to a request whose version headers may be wrong. */
  get errorVersion(): ODataVersion {
    if (this.#answerVersion !== undefined) return this.#answerVersion;
    const most = this.header('odata-maxversion');
    return most === undefined ? '4.0' : lenientVersion(most);
  }

  get preferences(): Preferences {
    if (this.#preferences === undefined) {
      const prefer = this.header('prefer');
      this.#preferences = prefer === undefined ? noPreferences : parsePreferences(prefer);
    }
    return this.#preferences;
  }

  /**
   * Options of the URL and of the body are processed together.
   * @throws ODataError 400, 415 where a body that is to have some is no text
   */
  get rawQuery(): string {
    if (!this.asksByBody) return this.#urlQuery;
    return [this.#urlQuery, this.text].filter((part) => part !== '').join('&');
  }

  /** @throws ODataError 400 */
  get query(): Query {
    return (this.#query ??= parseQuery(this.rawQuery));
  }

  /** The absolute URL of the service root, with its final slash: from the configured base, else from the request. */
  get serviceRoot(): string {
    const { publicUrl, path } = this.settings;
    return `${publicUrl ?? `${this.request.protocol}://${this.request.host}`}${path}/`;
  }

  /** What the service root is called in entity-ids: its URL, and its path. */
  get roots(): readonly string[] {
    return [this.serviceRoot, `${this.settings.path}/`];
  }

  get entityIds(): EntityIds {
    return (this.#entityIds ??= new ModelEntityIds(this.settings.model, this.roots));
  }

  /**
   * Version, format and preferences as they are negotiated, conditions and query options.
   * @throws ODataError 400, 406 or 412 naming the header or option at fault
   */
  get protocol(): Negotiated {
    return (this.#protocol ??= this.#negotiate());
  }

  #negotiate(): Negotiated {
    const { version, query } = this;
    // Plain text, whatever the client accepts: `/$count` and `/$value` have one format (11.2.4.1 and 11.2.10); a stream has
    // that in which it was sent (11.2.3 and 11.4.8).
    const isRaw = rawSuffix.test(this.path) || this.streaming === 'existing';
    const format = isRaw ? defaultFormat : this.#format(query);
    this.refuseIsolation();
    const [ifMatch, ifNoneMatch] = [this.header('if-match'), this.header('if-none-match')];
    const precondition = (ifMatch ?? ifNoneMatch) === undefined ? {} : parsePrecondition(ifMatch, ifNoneMatch);
    return { version, format, query, preferences: this.preferences, precondition, serviceRoot: this.serviceRoot };
  }

  #format({ format }: Query): AnswerFormat {
    const [accept, charset] = [this.header('accept'), this.header('accept-charset')];
    const acceptsAll = accept === undefined || accept === '*/*';
    if (acceptsAll && (charset ?? format) === undefined) return defaultFormat;
    return negotiateFormat(accept, charset, format);
  }

  /** 8.2.6: a service without snapshot isolation must refuse a request that asks for it. */
  refuseIsolation(): void {
    const target = ['isolation', 'odata-isolation'].find((name) => this.request.headers[name] !== undefined);
    if (target === undefined) return;
    throw new ODataError('isolationNotSupported', 'Snapshot isolation is not supported.', { target });
  }

  /** The media type of the body, undefined where there is none. */
  get mediaType(): HeaderElement | undefined {
    if (this.#mediaType === unread) {
      const type = this.header('content-type') ?? '';
      // What nearly every client sends.
      [this.#mediaType] = type === 'application/json' ? [plainJson] : parseHeaderList(type);
    }
    return this.#mediaType;
  }

  get bodyFormat(): BodyFormat {
    if (this.#bodyFormat === undefined) {
      const [said, most] = [this.header('odata-version'), this.header('odata-maxversion')];
      const { mediaType } = this;
      this.#bodyFormat = new BodyFormatOf(
        (said ?? most) === undefined ? '4.01' : bodyVersion(said, most),
        mediaType === plainJson ? false : readMediaType(mediaType).ieee754Compatible,
        this,
      );
    }
    return this.#bodyFormat;
  }

  conditions(etagInBody: string | undefined): Precondition {
    const { precondition } = this.protocol;
    if (etagInBody === undefined || this.bodyFormat.heedsTags !== true) return precondition;
    return restrict(precondition, parseEntityTags(etagInBody, '@etag'));
  }

  get hasBody(): boolean {
    const { body } = this.request;
    return this.#isLong || (Buffer.isBuffer(body) && body.length > 0);
  }

  /** Of a body whose format is none that is read, that is said first. */
  get body(): Body {
    if (this.#body === undefined) {
      this.#bodyFormat ??= this.bodyFormat;
      this.#body = this.json();
    }
    return this.#body;
  }

  /** @param depth to which its objects and arrays may nest, where that is not the usual one */
  json(depth?: number): ParsedJson {
    if (this.#ahead === undefined) return jsonOf(this.request.body, this.mediaType, depth);
    if ('fault' in this.#ahead) throw this.#ahead.fault;
    const { parsed } = this.#ahead;
    // It is asked for once, and large: it is whoever asked that keeps it, or does not.
    [this.request.body, this.#ahead] = [undefined, undefined];
    return parsed;
  }

  /** Parses a long body in turns, before it is asked for; what is wrong with it is said then. */
  async parseAhead(bounds: { readonly depth: number | undefined; readonly values: number }): Promise<void> {
    this.#isLong = true;
    try {
      this.#ahead = { parsed: await jsonInTurns(this.request.body, this.mediaType, bounds) };
    } catch (fault) {
      this.#ahead = { fault };
    }
  }

  get media(): MediaBody {
    const { body, headers } = this.request;
    const declared = headers['content-encoding'] === undefined ? headers['content-length'] : undefined;
    return {
      type: this.header('content-type'),
      bytes: isChunked(body) ? body : noBytes(),
      declared: declared === undefined ? undefined : Number(declared),
    };
  }

  get text(): string {
    return textOf(this.request.body, this.mediaType);
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array, void> {
  // A body of no bytes is not read.
}

/** The format of a body; what resolves entity-ids is made where the body has one. */
class BodyFormatOf implements BodyFormat {
  constructor(
    readonly version: ODataVersion,
    readonly ieee754Compatible: boolean,
    private readonly exchange: Exchange,
  ) {}

  get entityIds(): EntityIds {
    return this.exchange.entityIds;
  }

  get heedsTags(): boolean {
    return this.exchange.header('odata-version')?.trim() === '4.01';
  }
}

/** The exchange that a request is. */
export function exchangeOf(request: FastifyRequest): Exchange {
  if (request.exchange === undefined) throw new Error('The request did not come through the server of the engine');
  return request.exchange;
}

/** Sets the headers that every answer carries, whatever becomes of its request. */
export function markAnswer({ request, clientRequestId, errorVersion }: Exchange, reply: FastifyReply): void {
  reply.headers({
    'request-id': request.id,
    'odata-version': errorVersion,
    'x-content-type-options': 'nosniff',
    ...(clientRequestId === undefined ? {} : { 'client-request-id': clientRequestId }),
  });
}
