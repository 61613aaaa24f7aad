import type { DomainErrorCode } from '../error-codes.js';
import type { Operation } from '../edm/model.js';
import type { SetFunction } from '../edm/set-functions.js';
import type { SystemQueryOption } from '../uri/query-options.js';

/** A header of requests that the service reads and OData does not define. */
export interface CustomHeader {
  readonly name: string;
  readonly description: string;
}

/** A modification that the service has a handler for. */
export interface Modification {
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Segments behind the service root; a key stands as `{key}`. */
  readonly path: readonly string[];
  /** What it does, in one sentence. */
  readonly description: string;
  /** Names of permissions, each of which suffices. */
  readonly scopes: readonly string[];
  /** System query options that it serves. */
  readonly options: readonly SystemQueryOption[];
  readonly headers: readonly CustomHeader[];
  /** Whether a module has a handler of its own for it: what the service is about. */
  readonly featured?: boolean;
}

/** What batches a service takes, and what can be said in them. */
export interface BatchDescription {
  /** Media types. */
  readonly formats: readonly string[];
  readonly continueOnError: boolean;
  /** Which references to earlier requests there may be beside the first segment of a URL in the same change set. */
  readonly references: {
    readonly inBodies: boolean;
    readonly acrossChangeSets: boolean;
    readonly toETags: boolean;
  };
  /** Whether a request can say under which condition it is run. */
  readonly conditions: boolean;
}

/** System query options that reading serves, by what is read. */
export interface ReadOptions {
  readonly set: readonly SystemQueryOption[];
  readonly entity: readonly SystemQueryOption[];
  /** Collections inside an entity. */
  readonly collection: readonly SystemQueryOption[];
}

/** A function that the service has on every entity set. */
export interface ServedFunction extends SetFunction {
  /** System query options that it serves. */
  readonly options: readonly SystemQueryOption[];
}

/**
 * What a service does with a model, gathered from what makes it so: its handlers, their decorators, its configuration.
 * Metadata and OpenAPI are written from it.
 */
export interface ServiceDescription {
  readonly modifications: readonly Modification[];
  readonly reads: ReadOptions;
  /** Whether a set or singleton can be read. */
  readonly isReadable: (name: string) => boolean;
  /** Whether an update of a member that is not there makes it. */
  readonly upserts: (name: string) => boolean;
  /** Names of permissions, each of which suffices to read a set or singleton; none where everyone may. */
  readonly readScopes: (name: string) => readonly string[];
  /** Whether modifications need a condition. */
  readonly requiresEntityTag: boolean;
  /** Names of permissions, each of which suffices to call an action or function of the model. */
  readonly operationScopes: (operation: Operation) => readonly string[];
  /** Functions on entity sets that it has. */
  readonly functions: readonly ServedFunction[];
  /** Media types that the service writes, with their parameters. */
  readonly formats: readonly string[];
  /** Content codings of request bodies that it reads. */
  readonly encodings: readonly string[];
  /** Whether it answers requests later whose client prefers that. */
  readonly asynchronous: boolean;
  /** Absent where it takes no batches. */
  readonly batch?: BatchDescription | undefined;
  /** Error codes of the domain. */
  readonly errorCodes: readonly DomainErrorCode[];
  /** Path of the service root, `/v1.0`. */
  readonly root: string;
  /** Headers that it reads from any request. */
  readonly headers: readonly CustomHeader[];
}

/** The modification of a method at a path, where the service has it. */
export function modificationOf(
  { modifications }: ServiceDescription,
  method: Modification['method'],
  path: readonly string[],
): Modification | undefined {
  const text = path.join('/');
  return modifications.find((candidate) => candidate.method === method && candidate.path.join('/') === text);
}
