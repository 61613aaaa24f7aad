import { parseOwnJson } from '../protocol/json/parse-json.js';
import type { JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { type Answered, type PartAnswer, type PartRequest, succeeded } from './batch-request.js';
import { conditionHolds, parseCondition } from './condition.js';
import { resolveBody } from './body-references.js';
import { literalOf, replaceReferences, valueAt, type ValueReference } from './value-references.js';

/** A request whose references are resolved. */
export interface ResolvedRequest {
  readonly method: string;
  /** Path behind the service root, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** What later requests can refer to. */
interface Outcome {
  readonly succeeded: boolean;
  /** Of the resource that was created or addressed, relative to the service root. */
  readonly path?: string | undefined;
  readonly etag?: string | undefined;
  readonly body?: Buffer | undefined;
}

/** The whole value of If-Match or If-None-Match that stands for the ETag of an earlier answer (11.7.5). */
const etagReference = /^\s*\$([\w\-.~]+)\s*$/;
const conditionalHeaders = ['if-match', 'if-none-match'] as const;

function failed(message: string): ODataError {
  return new ODataError('dependencyFailed', message);
}

/** The identifiers that the conditional headers of a request refer to. */
export function etagReferences(headers: Readonly<Record<string, string>>): readonly string[] {
  return conditionalHeaders.flatMap((name) => etagReference.exec(headers[name] ?? '')?.[1] ?? []);
}

/** What stands behind the service root in a URL of an answer. */
function behindRoot(url: string | undefined, root: string): string | undefined {
  const path = url?.replace(/^https?:\/\/[^/]*/i, '');
  const at = path?.indexOf(`${root}/`) ?? -1;
  return path === undefined || at < 0 ? undefined : path.slice(at + root.length + 1);
}

/** What became of the requests of one batch, as far as others refer to it. */
export class Outcomes {
  readonly #outcomes = new Map<string, Outcome>();
  #held = 0;

  /**
   * @param most bytes of bodies that are kept to be referred to
   * @param root path of the service root
   */
  constructor(
    private readonly most: number,
    private readonly root: string,
  ) {}

  /** Keeps the answer of a request that was run. @returns whether its body is kept too */
  record({ id }: PartRequest, { path }: ResolvedRequest, { status, headers, body }: PartAnswer): boolean {
    if (id === undefined) return false;
    const [own = ''] = path.split('?', 1);
    this.#held += body.length;
    const isKept = this.#held <= this.most;
    this.#outcomes.set(id, {
      succeeded: succeeded(status),
      path: behindRoot(headers.location ?? headers['odata-entityid'], this.root) ?? own,
      etag: headers.etag,
      ...(isKept ? { body } : {}),
    });
    return isKept;
  }

  /** Keeps that a request or a group has succeeded or not, and nothing else of it. */
  settle(id: string | undefined, success: boolean): void {
    if (id !== undefined) this.#outcomes.set(id, { succeeded: success });
  }

  /** All requests of a group that failed have failed, whatever their own answers were (JSON Format 19.5). */
  fail(requests: readonly Pick<Answered, 'request'>[]): void {
    for (const { request } of requests) if (request.fault === undefined) this.settle(request.id, false);
  }

  /** @throws ODataError 424 where what a request depends on has failed, or its condition does not hold */
  check({ dependsOn, condition }: PartRequest): void {
    if (condition !== undefined) {
      const value = (reference: ValueReference): JsonValue => this.#conditionValue(reference);
      if (!conditionHolds(parseCondition(condition, dependsOn), value))
        throw failed("The condition of 'if' does not hold.");
      return;
    }
    // One of its own group that has not run yet is not to be waited for.
    const culprit = dependsOn.find((id) => this.#outcomes.get(id)?.succeeded !== true);
    if (culprit !== undefined)
      throw failed(`The request or group '${culprit}', which it depends on, has not succeeded.`);
  }

  /**
   * Puts in what a request refers to.
   * @throws ODataError 424 where that is not there
   */
  resolve(request: PartRequest): ResolvedRequest {
    const { method, url, dependsOn } = request;
    const headers = { ...request.headers };
    for (const name of conditionalHeaders) {
      const [, id] = etagReference.exec(headers[name] ?? '') ?? [];
      if (id !== undefined) headers[name] = this.#etagOf(id);
    }
    const path = url.kind === 'path' ? url.path : `${this.#pathOf(url.id)}${url.rest}`;
    const body = resolveBody(request, {
      entity: (id) => this.#pathOf(id),
      value: (reference) => valueAt(this.#bodyOf(reference.id), reference),
    });
    return { method, path: this.#inQuery(path, dependsOn), headers, body };
  }

  #inQuery(path: string, dependsOn: readonly string[]): string {
    const at = path.indexOf('?');
    if (at < 0 || dependsOn.length === 0 || !/\$|%24/.test(path.slice(at))) return path;
    const options = path
      .slice(at + 1)
      .split('&')
      .map((option) => {
        const equals = option.indexOf('=');
        if (equals < 0) return option;
        const text = decoded(option.slice(equals + 1));
        const replaced = replaceReferences(text, (reference) =>
          dependsOn.includes(reference.id)
            ? literalOf(valueAt(this.#bodyOf(reference.id), reference), reference)
            : undefined,
        );
        return replaced === text ? option : `${option.slice(0, equals)}=${encodeURIComponent(replaced)}`;
      });
    return `${path.slice(0, at)}?${options.join('&')}`;
  }

  #successOf(id: string): Outcome {
    const outcome = this.#outcomes.get(id);
    if (outcome?.succeeded === true) return outcome;
    throw failed(`The request '${id}', which it refers to, has not succeeded.`);
  }

  #etagOf(id: string): string {
    const { etag } = this.#successOf(id);
    if (etag !== undefined) return etag;
    throw failed(`The answer to '${id}' has no ETag to refer to.`);
  }

  #pathOf(id: string): string {
    const { path } = this.#successOf(id);
    if (path !== undefined) return path;
    throw failed(`The answer to '${id}' names no resource to refer to.`);
  }

  #bodyOf(id: string): JsonValue {
    const { body } = this.#successOf(id);
    if (body === undefined) throw failed(`The answer to '${id}' is too large to refer to.`);
    try {
      return parseOwnJson(body.toString('utf8'));
    } catch (cause) {
      throw new ODataError('dependencyFailed', `The answer to '${id}' has no JSON to refer to.`, { cause });
    }
  }

  #conditionValue(reference: ValueReference): JsonValue {
    const { id, path } = reference;
    if (path.length === 1 && path[0] === '$succeeded') return this.#outcomes.get(id)?.succeeded === true;
    return valueAt(this.#bodyOf(id), reference);
  }
}

/** The text of a query; one that is malformed is left to whoever reads the request. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}
