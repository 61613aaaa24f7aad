import { entityTypeOf } from './protocol/edm/build-model.js';
import type { EntityType, Model } from './protocol/edm/model.js';
import type { TypeClass } from './protocol/edm/schema.js';
import type { DomainErrorCode } from './protocol/error-codes.js';
import type { CustomHeader } from './protocol/csdl/service-description.js';
import type { AggregateStore } from './store/aggregate-store.js';
import type { StoreOptions } from './store/open-store.js';

/** What can be done with the members of an entity set, or with a singleton, and with what they contain. */
export type SetOperation = 'create' | 'read' | 'update' | 'delete';

/** Names of permissions; a caller that holds one of a list may do what the list is about. */
export interface Permissions {
  readonly read: readonly string[];
  /** Creating, changing, deleting. */
  readonly write: readonly string[];
}

/** What an entity set or singleton holds from the start. */
export interface Seed {
  /** Whose the entities are. */
  readonly tenant: string;
  readonly owner: string;
  /**
   * The entities as a POST would carry them, each with its key: read, tested by the rules, and made where no entity has that
   * key. What is there already stays as it is.
   */
  readonly entities: readonly object[];
}

/** What operations on a set do, in a sentence each, for the descriptions; where one is not given the engine has one. */
export interface SetDescriptions {
  readonly create?: string;
  /** PATCH and PUT of a member. */
  readonly update?: string;
  readonly replace?: string;
  readonly delete?: string;
  /** PATCH of the set by a delta payload. */
  readonly delta?: string;
}

/** What holds for one entity set or singleton. */
export interface SetOptions {
  /** What can be done with it; everything where it is not said. A singleton is neither created nor deleted by clients. */
  readonly allows?: readonly SetOperation[];
  /**
   * Whether PATCH and PUT of a member that is not there make it, where it can be created and its key is the client's (OData
   * 4.01 Protocol 11.4.4). Default: only where the request asks for it, by `Prefer: create-if-missing`, as Microsoft Graph
   * has it, or by `If-None-Match: *`: who mistypes a key is told so.
   */
  readonly upserts?: boolean;
  /** In the place of those of the service. */
  readonly permissions?: Partial<Permissions>;
  /** Whether it is read without a token: the entities of `anonymous.tenant`. */
  readonly anonymous?: boolean;
  readonly seed?: Seed;
  readonly descriptions?: SetDescriptions;
}

/** Bounds of batches (OData 4.01 Protocol 11.7). */
export interface BatchOptions {
  /** Requests in one batch in JSON, and in one in multipart. Defaults: 20, 1000. */
  readonly jsonRequests: number;
  readonly multipartRequests: number;
  /** Bytes of a whole multipart batch. Default: 64 MiB. */
  readonly bytes: number;
  /** Bytes of a batch, or of answers, that are held in memory. Default: 4 MiB. */
  readonly memory: number;
  /** How deep the JSON of a batch nests. Default: 72. */
  readonly depth: number;
  /** Requests of one batch that run at one time. Default: 4. */
  readonly concurrency: number;
}

/** Bounds of requests that are answered later (OData 4.01 Protocol 11.6). */
export interface AsynchronousOptions {
  /** Requests that run at one time in this process, and that wait in it. Defaults: 2, 1000. */
  readonly concurrency: number;
  readonly waiting: number;
  /** Unfinished requests of one caller. Default: 10. */
  readonly perCaller: number;
  /** Seconds after which another process takes over what one holds that ended. Default: 30. */
  readonly lease: number;
  /** Hours that results are kept. Default: 24. */
  readonly retention: number;
  /** Bytes of one result, of those of one caller and of all that are kept. Defaults: 16 MiB, 64 MiB, 1 GiB. */
  readonly resultBytes: number;
  readonly resultBytesPerCaller: number;
  readonly resultBytesInAll: number;
}

/** What becomes of the log of changes. */
export interface ChangeOptions {
  /** `full` keeps who changed what, `positions` what tracking needs, `off` nothing. Default: `full`. */
  readonly log: 'full' | 'positions' | 'off';
  /** Days that changes can be asked for. Default: 30. */
  readonly retention: number;
}

/** Bounds of streams. */
export interface MediaOptions {
  /** Bytes of one stream. Default: 64 MiB. */
  readonly streamBytes: number;
  /** Bytes of all streams of a tenant, those that are replaced or deleted included until they are removed. Default: 10 GiB. */
  readonly tenantBytes: number;
  /** Minutes after which contents are removed that nothing refers to any more. Default: 10. */
  readonly retention: number;
}

/** Everything that a service says to the engine. */
export interface ODataOptions {
  /** What is served; `buildModel` makes it from decorated classes. */
  readonly model: Model;
  /** Where its entities are kept: a store that is open, or how to open one, which is closed with the application. */
  readonly store: AggregateStore | StoreOptions;
  /** What holds for single sets and singletons, by name; what is not named can be read and modified. */
  readonly sets?: Readonly<Record<string, SetOptions>>;
  /** Who may read and who may write. Default: `read` and `write`. */
  readonly permissions?: Permissions;
  /** Whose entities are read without a token, from sets that say `anonymous`. */
  readonly anonymous?: { readonly tenant: string };
  /** The protection space that `WWW-Authenticate` names (RFC 9110, 11.5). Default: the namespace of the model. */
  readonly realm?: string;
  /** A request header in which an application names the user whose the entities are that it makes. */
  readonly ownerHeader?: CustomHeader;
  /** Error codes of the domain's rules, for the description of the API. */
  readonly errorCodes?: readonly DomainErrorCode[];
  /** Base of the URLs in answers where it is not that of the request: `https://api.example.com`. */
  readonly publicUrl?: string;
  /** Whether every change of an entity needs `If-Match` or `If-None-Match` (OData 4.01 Protocol 11.4.1.1). */
  readonly requiresEntityTag?: boolean;
  /** Members of a set in one page, and at most where the client asks for more. Defaults: 100, 1000. */
  readonly pageSize?: number;
  readonly maxPageSize?: number;
  /** Bytes of stored entities after which a page ends, whatever its size; one entity it always has. Default: 2 MiB. */
  readonly pageBytes?: number;
  /** Entities that one request may change. Default: 1000. */
  readonly maxChanges?: number;
  readonly changes?: Partial<ChangeOptions>;
  readonly media?: Partial<MediaOptions>;
  readonly batch?: Partial<BatchOptions>;
  readonly asynchronous?: Partial<AsynchronousOptions>;
  /** Whether there is a page to try queries. Default: true. */
  readonly explorer?: boolean;
  /** SPDX identifier of the licence that the description of the API names. Default: MIT. */
  readonly license?: string;
}

/** The options of a service, whole; what everything in the engine is told by. */
export class Settings {
  /** Path of the service root without its final slash, `/v1.0`. */
  readonly path: string;
  readonly model: Model;
  readonly sets: Readonly<Record<string, SetOptions>>;
  readonly permissions: Permissions;
  readonly anonymous: { readonly tenant: string } | undefined;
  readonly realm: string;
  readonly ownerHeader: CustomHeader | undefined;
  readonly errorCodes: readonly DomainErrorCode[];
  readonly publicUrl: string | undefined;
  readonly requiresEntityTag: boolean;
  readonly pageSize: number;
  readonly maxPageSize: number;
  readonly pageBytes: number;
  readonly maxChanges: number;
  readonly changes: ChangeOptions;
  readonly media: MediaOptions;
  readonly batch: BatchOptions;
  readonly asynchronous: AsynchronousOptions;
  readonly explorer: boolean;
  readonly license: string;

  readonly #types = new Map<TypeClass, EntityType>();

  /** @throws Error where an option names what the model does not have, or contradicts another one */
  constructor(path: string, options: ODataOptions) {
    const { model, sets = {}, anonymous } = options;
    for (const [name, { anonymous: isOpen = false }] of Object.entries(sets)) {
      if (!model.entitySets.has(name) && !model.singletons.has(name))
        throw new Error(`The model has no entity set or singleton ${name}`);
      if (isOpen && anonymous === undefined)
        throw new Error(`${name} is read without a token: anonymous.tenant must say whose entities are meant`);
    }
    this.path = path;
    this.model = model;
    this.sets = sets;
    this.permissions = options.permissions ?? { read: ['read'], write: ['write'] };
    this.anonymous = anonymous;
    this.realm = options.realm ?? model.namespace;
    this.ownerHeader = options.ownerHeader;
    this.errorCodes = options.errorCodes ?? [];
    this.publicUrl = options.publicUrl?.replace(/\/+$/, '');
    this.requiresEntityTag = options.requiresEntityTag ?? false;
    this.pageSize = options.pageSize ?? 100;
    this.maxPageSize = options.maxPageSize ?? 1000;
    this.pageBytes = options.pageBytes ?? 2_097_152;
    this.maxChanges = options.maxChanges ?? 1000;
    this.changes = { log: 'full', retention: 30, ...options.changes };
    this.media = { streamBytes: 67_108_864, tenantBytes: 10_737_418_240, retention: 10, ...options.media };
    this.batch = {
      jsonRequests: 20,
      multipartRequests: 1000,
      bytes: 67_108_864,
      memory: 4_194_304,
      depth: 72,
      concurrency: 4,
      ...options.batch,
    };
    const later = {
      concurrency: 2,
      waiting: 1000,
      perCaller: 10,
      lease: 30,
      retention: 24,
      resultBytes: 16_777_216,
      resultBytesPerCaller: 67_108_864,
      resultBytesInAll: 1_073_741_824,
    };
    this.asynchronous = { ...later, ...options.asynchronous };
    this.explorer = options.explorer ?? true;
    this.license = options.license ?? 'MIT';
  }

  /**
   * The entity type of a DTO class.
   * @throws Error where the model has none
   */
  typeOf(target: TypeClass): EntityType {
    const type = this.#types.get(target) ?? entityTypeOf(this.model, target);
    this.#types.set(target, type);
    return type;
  }
}
