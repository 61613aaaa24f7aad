import { inTurns } from '../in-turns.js';
import type { ParsedJson } from '../protocol/json/parse-json.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { stringifyJson } from '../protocol/json/stringify-json.js';
import { type Fault, ODataError } from '../protocol/odata-error.js';
import type { BatchItem, BatchItems, PartRequest } from './batch-request.js';
import { BatchRules } from './batch-rules.js';
import { parseCondition } from './condition.js';
import { etagReferences } from './outcomes.js';
import type { PartUrls } from './part-url.js';

/** What a JSON batch is read with. */
export interface JsonBatchOptions {
  readonly urls: PartUrls;
  /** Requests of the whole batch. */
  readonly requests: number;
}

/** Faults that are told of one batch: an answer must not outgrow its question. */
const mostFaults = 100;

const members: ReadonlySet<string> = new Set([
  'id',
  'method',
  'url',
  'atomicityGroup',
  'dependsOn',
  'if',
  'headers',
  'body',
]);
const jsonMethods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const base64url = /^[\w-]*={0,2}$/;

function malformed(message: string): ODataError {
  return new ODataError('malformedBatch', message);
}

/** A member of a request object, null and absent being one. */
function member(object: JsonObject, name: string): JsonValue | undefined {
  return object[name] ?? undefined;
}

function text(object: JsonObject, name: string): string | undefined {
  const value = member(object, name);
  if (value === undefined || typeof value === 'string') return value;
  throw malformed(`'${name}' must be a string.`);
}

function required(object: JsonObject, name: string): string {
  const value = text(object, name);
  if (value === undefined) throw malformed(`'${name}' is missing.`);
  return value;
}

function headersOf(object: JsonObject): Record<string, string> {
  const value = member(object, 'headers');
  const headers = Object.create(null) as Record<string, string>;
  if (value === undefined) return headers;
  if (!isJsonObject(value)) throw malformed("'headers' must be an object.");
  for (const [name, field] of Object.entries(value)) {
    const lower = name.toLowerCase();

    if (typeof field !== 'string' || /[\0\r\n]/.test(field) || !/^[!#$%&'*+\-.^_`|~\w]+$/.test(name)) {
      const named = name === '' ? 'without a name' : `'${name.slice(0, 80)}'`;
      throw malformed(`The header ${named} must be a name and a string.`);
    }
    if (lower in headers) throw malformed(`The header '${lower}' stands twice.`);
    headers[lower] = field.trim();
  }
  return headers;
}

function dependenciesOf(object: JsonObject): readonly string[] {
  const value = member(object, 'dependsOn') ?? [];
  if (Array.isArray(value) && value.every((id) => typeof id === 'string')) return value;
  throw malformed("'dependsOn' must be an array of strings.");
}

/** What stands in the JSON of a batch is text already, whatever character set the request says that it is in. */
const charset = /\s*;\s*charset\s*=\s*(?:"[^"]*"|[^;]*)/i;

/**
 * JSON Format 19.1: JSON as it is, text as a string, anything else in base64url. Its bytes are made when they are asked for:
 * those of a whole batch would take as much again.
 */
function bodyOf(object: JsonObject, method: string, headers: Record<string, string>): () => Buffer | undefined {
  const body = member(object, 'body');
  if (body === undefined) return () => undefined;
  if (method === 'GET' || method === 'DELETE')
    throw malformed(`A request with the method ${method} must not have a body.`);
  const mediaType = headers['content-type'] ?? 'application/json';
  const type = mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  headers['content-type'] = mediaType.replace(charset, '');
  if (/^application\/(?:json|.+\+json)$/.test(type)) return () => Buffer.from(stringifyJson(body));
  if (typeof body !== 'string') throw malformed(`A body of the type ${type.slice(0, 80)} must be a string.`);
  if (type.startsWith('text/')) return () => Buffer.from(body);
  headers['content-type'] = mediaType;
  if (!base64url.test(body)) throw malformed(`A body of the type ${type.slice(0, 80)} must be in base64url.`);
  return () => Buffer.from(body, 'base64url');
}

/** Reads the request objects of one JSON batch in their order, and holds them to the rules. */
class JsonBatchReader {
  readonly #rules: BatchRules;
  /** The group of each request that was read, by id; undefined for those outside of one. */
  readonly #groupOf = new Map<string, string | undefined>();
  readonly #groups = new Map<string, PartRequest[]>();
  readonly #items: BatchItem[] = [];

  constructor(private readonly options: JsonBatchOptions) {
    this.#rules = new BatchRules(options.requests);
  }

  *read(requests: readonly JsonValue[]): Generator<void, readonly BatchItem[], void> {
    const faults: Fault[] = [];
    for (const [index, value] of requests.entries()) {
      yield;
      try {
        if (!isJsonObject(value)) throw malformed('A request must be an object.');
        this.#add(value);
      } catch (error) {
        if (!(error instanceof ODataError)) throw error;
        const { code, message } = error;
        faults.push({ code, message, target: `requests/${index}` });
        if (faults.length >= mostFaults) break;
        if (code === 'tooManyRequests') throw new ODataError(code, message, { target: 'requests' });
      }
    }
    const [first, ...others] = faults;
    if (first !== undefined) throw ODataError.ofFaults([first, ...others]);
    return this.#items;
  }

  #add(object: JsonObject): void {
    for (const name of Object.keys(object)) {
      if (!members.has(name) && !name.includes('@')) throw malformed(`A request has no member '${name.slice(0, 80)}'.`);
    }
    const method = required(object, 'method').toUpperCase();
    if (!jsonMethods.has(method))
      throw malformed(`'${method.slice(0, 20)}' is none of DELETE, GET, PATCH, POST and PUT.`);
    const headers = headersOf(object);
    const url = this.options.urls.resolve(required(object, 'url'), headers.host);
    const group = text(object, 'atomicityGroup');
    const dependsOn = dependenciesOf(object);
    const condition = text(object, 'if');
    const id = required(object, 'id');
    if (condition !== undefined) parseCondition(condition, dependsOn);
    const bytes = bodyOf(object, method, headers);
    const request: PartRequest = {
      ...{ id, method, url, headers, dependsOn, declared: true, condition },
      get body() {
        return bytes();
      },
    };
    this.#checkDependencies(request, group);
    this.#rules.admit(request);
    this.#rules.identify(request);
    this.#groupOf.set(id, group);
    this.#place(request, group);
  }

  /** Backwards only; and on all of another group, not on one request in it. */
  #checkDependencies({ dependsOn, url, headers }: PartRequest, own: string | undefined): void {
    for (const id of dependsOn) {
      if (this.#groups.has(id) && id !== own) continue;
      if (!this.#groupOf.has(id))
        throw malformed(`It depends on '${id.slice(0, 80)}', and nothing before it has this id.`);
      const group = this.#groupOf.get(id);
      if (group !== undefined && group !== own && !dependsOn.includes(group)) {
        throw malformed(`It depends on '${id}' in the group '${group}', so it must depend on the group too.`);
      }
    }
    const referred = [...(url.kind === 'reference' ? [url.id] : []), ...etagReferences(headers)];
    const missing = referred.find((id) => !dependsOn.includes(id));
    if (missing !== undefined) throw malformed(`It refers to '$${missing.slice(0, 80)}', which 'dependsOn' must list.`);
  }

  #place(request: PartRequest, group: string | undefined): void {
    if (group === undefined) {
      this.#items.push({ kind: 'single', request });
      return;
    }
    const last = this.#items.at(-1);
    const known = this.#groups.get(group);
    if (known === undefined) {
      this.#rules.name(group);
      const requests = [request];
      this.#groups.set(group, requests);
      this.#items.push({ kind: 'group', id: group, requests });
    } else if (last?.kind === 'group' && last.id === group) known.push(request);
    else throw malformed(`The requests of the group '${group.slice(0, 80)}' must stand next to each other.`);
  }
}

/** The request objects of a batch. @throws ODataError 400 */
function requestObjects({ value, duplicates }: ParsedJson): readonly JsonValue[] {
  const [first, ...others] = duplicates.map((target): Fault => {
    return { code: 'duplicateMember', message: `'${target.slice(0, 200)}' stands twice.`, target };
  });
  if (first !== undefined) throw ODataError.ofFaults([first, ...others]);
  if (!isJsonObject(value)) throw malformed('A batch must be an object.');
  for (const name of Object.keys(value)) {
    if (name !== 'requests' && !name.includes('@')) throw malformed(`A batch has no member '${name.slice(0, 80)}'.`);
  }
  if (!Array.isArray(value.requests)) throw malformed("A batch must have the member 'requests', an array.");
  return value.requests;
}

/** Items as they are asked for; none is kept that was given. */
function* inOrder(items: readonly BatchItem[]): Generator<BatchItem, void> {
  const left = items.toReversed();
  for (let item = left.pop(); item !== undefined; item = left.pop()) yield item;
}

/**
 * Reads a JSON batch (OData JSON Format 4.01, 19.1), all of it. What an item was read of is not kept longer than the item.
 * @throws ODataError 400 with every fault
 */
export async function readJsonBatch(json: ParsedJson, options: JsonBatchOptions): Promise<BatchItems> {
  return inOrder(await inTurns(new JsonBatchReader(options).read(requestObjects(json))));
}
