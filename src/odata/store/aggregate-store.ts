import type { ItemType } from '../protocol/edm/model.js';
import type { InsideEntity, MadeObject, Retention } from '../protocol/payload/change.js';
import type { MemberOrder } from '../protocol/payload/member-order.js';
import { ODataError } from '../protocol/odata-error.js';
import type { JsonObject, JsonValue } from '../protocol/json/json-value.js';
import type { BoundExpression, BoundRead, EntityCondition, Instance, ReadResult } from '../protocol/query/bound.js';
import type { ChangesResult, LogPosition } from '../protocol/query/changes.js';
import type { ContainedStep, StoredEntity } from '../protocol/payload/stored-entity.js';
import type { Precondition } from '../protocol/headers/precondition.js';
import type { JobStore } from './job-store.js';
import type { MediaStore } from './media-store.js';
import type { HistoryQuery, LoggedChange } from './change-log.js';
import type { StoreObserver } from '../observer.js';

/** The entity set whose aggregates are meant: one row each, an entity with what it contains. */
export interface AggregateSet {
  /** Name of the entity set; also of its table. */
  readonly name: string;
  /** Name of the single text property that is the key of its entity type; any other key is kept in the document. */
  readonly key: string | undefined;
  /** The navigation properties of its entity type: what it contains, and what it refers to. */
  readonly contained: readonly string[];
  /** The order in which the members of its documents are stored; absent: as they come. */
  readonly order?: MemberOrder;
  /** Where streams are in its documents; absent where there are none. */
  readonly streams?: readonly StreamPath[] | undefined;
  /** Paths of the properties that are to be found fast: steps into the document, and how their values are written. */
  readonly indexes: readonly IndexedPath[];
}

/** The way to a stream in a document: names, and null for each member of a contained collection. */
export type StreamPath = readonly (string | null)[];

/** A property inside a document that an index is kept on. */
export interface IndexedPath {
  readonly path: readonly string[];
  readonly type: ItemType;
}

/** Which aggregates exist for a caller: those of one tenant, or of one owner in it. Part of every statement. */
export interface Scope {
  readonly tenant: string;
  readonly owner?: string;
  /** Id of who acts, for the log of changes; it decides nothing. */
  readonly actor?: string;
}

/** One aggregate, addressed. */
export interface AggregateKey {
  readonly set: AggregateSet;
  readonly scope: Scope;
  readonly id: string;
}

/** A new aggregate; the store gives it and its contained entities their version. */
export interface NewAggregate {
  readonly set: AggregateSet;
  readonly tenant: string;
  readonly owner: string;
  /** Id of who makes it, for the log of changes. */
  readonly actor?: string;
  readonly id: string;
  /** Structural properties, and contained entities inside, as a stored entity has them. */
  readonly document: JsonObject;
  /** Paths of the contained entities in the document. */
  readonly inside?: readonly (readonly string[])[];
}

/** A whole aggregate with everything that a store knows of it, so that another store can take it as it is. */
export interface StoredAggregate {
  readonly tenant: string;
  readonly owner: string;
  readonly id: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** With its contained entities, each with its version. */
  readonly document: JsonObject;
}

/** What became of an aggregate that was to be restored: `different` has its id, and another owner or version. */
export type RestoreOutcome = 'restored' | 'present' | 'different';

/** An item that goes into a collection. */
export interface Insertion {
  /** Path of the collection inside the entity. */
  readonly path: readonly string[];
  readonly item: JsonValue;
  /** Where it goes: from 0, or from the end, -1 behind the last item (OData 4.01 Protocol 11.4.11). */
  readonly index: number;
}

/** What becomes of one entity. Paths are inside the entity. */
export interface EntityChange {
  /**
   * Values that are removed first, by their paths inside the entity: what replaces them is in the patch. An entity that
   * becomes what it was by that may get a new version.
   */
  readonly clear?: readonly (readonly string[])[];
  /** Objects of which only some members are kept, before the patch: those that are replaced as a whole. */
  readonly retain?: readonly Retention[];
  /** JSON merge patch (RFC 7396) of the entity's structural properties. */
  readonly patch: JsonObject;
  /** An item that a collection gets after that; the patch sees to it that what holds the collection is there. */
  readonly insert?: Insertion;
  /** The entities inside that it names: those that it changes get a new version, as what they are in does. */
  readonly inside?: readonly InsideEntity[];
  /** Objects that get members where there were none at their paths before. */
  readonly makes?: readonly MadeObject[];
}

/** An entity of an aggregate, and what must hold for a write of it. */
export interface EntityWrite {
  /** The way to the entity from the aggregate's own, which it is where there are no steps. */
  readonly at?: readonly ContainedStep[];
  readonly conditions?: readonly EntityCondition[];
  readonly precondition: Precondition;
}

/** A change of one entity of an aggregate. */
export interface Merge extends EntityChange, EntityWrite {
  /** The contained entity to start from where there is none: it makes the merge an upsert. */
  readonly orCreate?: JsonObject;
  /** Whether it is only to be made: an entity that is there is left alone. */
  readonly onlyNew?: boolean;
}

/** Members of a set: those in the scope that satisfy every filter. */
export interface Members {
  readonly set: AggregateSet;
  readonly scope: Scope;
  /** What the filters speak of. */
  readonly item: Instance;
  readonly filters: readonly BoundExpression[];
}

/**
 * What became of a write. `missing`: no such entity in the scope, or its conditions do not hold. `refused`: the
 * precondition does not hold. `taken`: it was only to be made, and is there.
 */
export type WriteOutcome =
  { readonly kind: 'done'; readonly entity: StoredEntity } | { readonly kind: 'missing' | 'refused' | 'taken' };

/** What became of the removal of an entity. */
export type Removal = 'done' | 'missing' | 'refused';

/** What a store has to do now. */
export interface StoreLoad {
  /** Statements that run or wait. */
  readonly statements: number;
  /** Connections to a database: those that are open, those that have something to do, and how many there may be. */
  readonly connections?: { readonly open: number; readonly busy: number; readonly most: number };
  readonly standbys?: StandbyLoad;
}

/** The standbys that answer reads. */
export interface StandbyLoad {
  readonly hosts: readonly {
    /** Host and port. */
    readonly name: string;
    /** Why it is not asked; undefined where it is. */
    readonly unused: string | undefined;
    /** What it shows is not older; Infinity where nothing is known. */
    readonly ageSeconds: number;
  }[];
  /** Reads that standbys might have answered, by who did. */
  readonly reads: { readonly standby: number; readonly primary: number };
}

/** How large a log of changes is, about; and for how long the oldest change that is not settled has been under way. */
export interface LogSize {
  readonly rows: number;
  readonly lagSeconds: number;
}

/** Why a store cannot answer now; the same request may succeed later. */
export class StoreUnavailableError extends ODataError {
  /** @param reason for the log; the client learns only that it should come back */
  constructor(reason: string | Error) {
    // A log shows a cause that is an error.
    const cause = typeof reason === 'string' ? new Error(reason) : reason;
    super('storeUnavailable', 'The store cannot answer now.', { headers: { 'retry-after': '5' }, cause });
  }
}

/**
 * A store of aggregates. Every write is one atomic statement, a transaction of its own outside of `atomically`, whose
 * precondition is tested where the write happens; its promise is kept only after the write would survive a power cut.
 * Every change is logged in its own transaction, by the database itself, so that no way of writing can forget it.
 * Every method rejects with `StoreUnavailableError` where the store cannot be reached or cannot write.
 */
export abstract class AggregateStore {
  /** Inserts an aggregate; undefined where its id exists in the tenant already. */
  abstract insert(aggregate: NewAggregate): Promise<StoredEntity | undefined>;

  /**
   * Reads one aggregate.
   * @param contained navigation properties whose entities the answer carries
   */
  abstract find(key: AggregateKey, contained: readonly string[]): Promise<StoredEntity | undefined>;

  /** Reads one contained entity: null where the aggregate has none, undefined where there is no such aggregate. */
  abstract findContained(key: AggregateKey, at: readonly ContainedStep[]): Promise<StoredEntity | null | undefined>;

  /** Whether there is an aggregate. Inside a unit of work nobody deletes it until that has ended. */
  abstract hold(key: AggregateKey): Promise<boolean>;

  /**
   * Reads what a bound query asks for, in one statement.
   * @param mayBeOld whether it may show what was true a moment ago, where its work allows that. Default: true
   */
  abstract read(read: BoundRead, scope: Scope, mayBeOld?: boolean): Promise<ReadResult>;

  /**
   * The end of what is settled in the log of an entity set: whatever commits later is behind it. Undefined where the
   * changes are not logged.
   */
  abstract endOfChanges(set: string): Promise<LogPosition | undefined>;

  /**
   * Reads what changed behind a position of the members of an entity set that a bound query gives, in its shape, in one
   * statement. Order and bounds of the query mean nothing here, but the size of its page.
   */
  abstract readChanges(read: BoundRead, scope: Scope, after: LogPosition): Promise<ChangesResult>;

  /** Reads the log of an entity set, in its order in every tenant. */
  abstract history(set: string, query: HistoryQuery): Promise<readonly LoggedChange[]>;

  /**
   * Forgets changes, oldest first. Any number of processes may do it at one time.
   * @param before milliseconds since 1970
   * @param limit how many at most
   * @returns how many
   */
  abstract forgetChanges(set: string, before: number, limit: number): Promise<number>;

  /**
   * Merges a change into one entity. What is written depends on the change and the stored entity only, so that two
   * merges of different properties never undo each other. An entity that the change leaves as it was keeps its version;
   * one without `orCreate` that does not exist is `missing`.
   */
  abstract merge(key: AggregateKey, merge: Merge): Promise<WriteOutcome>;

  /** How many members there are. @param most where counting ends */
  abstract countMembers(members: Members, most: number): Promise<number>;

  /**
   * Merges a change into the own entity of every member, in one statement; gives the members as they are then, in the
   * order of their ids. Those that it leaves as they were keep their version.
   */
  abstract mergeMembers(members: Members, change: EntityChange): Promise<readonly StoredEntity[]>;

  /** Deletes every member, in one statement; gives their ids. */
  abstract deleteMembers(members: Members): Promise<readonly string[]>;

  /** Deletes an aggregate, or an entity inside it; `missing` also where there is none. */
  abstract delete(key: AggregateKey, write: EntityWrite): Promise<Removal>;

  /**
   * Reads whole aggregates of every tenant, in the order of tenant and id.
   * @param after the last one that was read before; undefined begins
   */
  abstract scan(
    set: AggregateSet,
    after: Pick<StoredAggregate, 'tenant' | 'id'> | undefined,
    limit: number,
  ): Promise<readonly StoredAggregate[]>;

  /** Takes an aggregate of another store as it is, unless there is one with its id; logged as a change by `import`. */
  abstract restore(set: AggregateSet, aggregate: StoredAggregate): Promise<RestoreOutcome>;

  /**
   * Runs work as one transaction: every call of this store from inside it belongs to the transaction and sees its
   * writes; others see them when it has ended. Everything is undone where the work rejects, or where a statement failed.
   * The work may be run again where the database asks for that (a lost race): it must have no effect but on the store.
   * One inside another is part of the outer one; where it fails and that one goes on, only its own part is undone.
   */
  abstract atomically<T>(work: () => Promise<T>): Promise<T>;

  /** 32 random bytes that were made with the database: every process on it has the same. */
  abstract secret(): Promise<Buffer>;

  /** Requests that are processed later than they are answered. */
  abstract readonly jobs: JobStore;

  /** The contents of streams. */
  abstract readonly media: MediaStore;

  /** What it has under way and waiting now. */
  abstract get load(): StoreLoad;

  /** Is told of every statement; where there is none nothing is measured. */
  abstract observer: StoreObserver | undefined;

  /** What is known of the log of changes of an entity set without reading it. */
  abstract sizeOfLog(set: string): Promise<LogSize>;

  /** The number of the schema's last migration, as `schema_migration` has it: of a set, and of what belongs to none. */
  abstract readonly schemaVersion: string;

  /** Resolves when it is known which standbys can answer; at once where there are none. */
  standbysLooked(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves where the store can answer. */
  abstract ping(): Promise<void>;

  /** Finishes what was accepted, then closes. */
  abstract close(): Promise<void>;
}
