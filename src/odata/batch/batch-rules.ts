import { ODataError } from '../protocol/odata-error.js';
import type { PartRequest } from './batch-request.js';
import { entityReferences } from './body-references.js';
import { decoded, etagReferences } from './outcomes.js';
import { identifier, type PartUrl } from './part-url.js';
import { referencesIn } from './value-references.js';

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

function malformed(message: string): ODataError {
  return new ODataError('malformedBatch', message);
}

/** What holds for the requests of a batch in either format (OData 4.01 Protocol 11.7.3, JSON Format 19.1). */
export class BatchRules {
  readonly #ids = new Set<string>();
  #count = 0;

  /** @param most requests that a batch may have */
  constructor(private readonly most: number) {}

  /**
   * Takes the next request.
   * @throws ODataError 400 where it has no method, or is one too many
   */
  admit({ method }: PartRequest): void {
    this.#count += 1;
    if (this.#count > this.most) {
      throw new ODataError('tooManyRequests', `The number of requests exceeds the maximum of ${this.most}.`);
    }
    if (!methods.has(method)) throw malformed(`'${method.slice(0, 20)}' is no method of OData.`);
  }

  /**
   * Takes its identifier, and those that it refers to.
   * @throws ODataError 400 where nothing before it has one of these, or its own is taken or not well-formed
   */
  identify({ id, dependsOn }: PartRequest): void {
    const unknown = dependsOn.find((one) => !this.#ids.has(one));
    if (unknown !== undefined) {
      throw malformed(`It refers to '${unknown.slice(0, 80)}', and nothing before it has this id.`);
    }
    if (id !== undefined) this.name(id);
  }

  /**
   * The earlier requests that a request refers to, where its format has no words for that: in the first segment of its
   * URL, in conditional headers, in its query, in a body of JSON as the URL of an entity.
   */
  referredTo(url: PartUrl, headers: Readonly<Record<string, string>>, body: Buffer): readonly string[] {
    const query = url.kind === 'path' ? url.path : url.rest;
    const possible = query.includes('?') ? referencesIn(decoded(query)).map(({ id }) => id) : [];
    const inBody = body.includes('"$') ? entityReferences(body) : [];
    return [
      ...new Set([
        ...(url.kind === 'reference' ? [url.id] : []),
        ...etagReferences(headers),
        ...[...possible, ...inBody].filter((id) => this.#ids.has(id)),
      ]),
    ];
  }

  /**
   * Takes an identifier of a request or of a group.
   * @throws ODataError 400 where it is not well-formed, or taken
   */
  name(id: string): void {
    if (!identifier.test(id)) {
      throw malformed(`The id '${id.slice(0, 80)}' must consist of letters, digits, '-', '.', '_' and '~'.`);
    }
    if (this.#ids.has(id)) throw malformed(`The id '${id.slice(0, 80)}' stands twice.`);
    this.#ids.add(id);
  }
}
