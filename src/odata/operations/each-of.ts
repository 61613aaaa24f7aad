import { keyTextIn } from '../protocol/edm/key-text.js';
import type { EntityType, NavigationProperty } from '../protocol/edm/model.js';
import { memberName, pathOf, type StoredEntity } from '../protocol/payload/stored-entity.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';
import type { BoundPath, PathStep } from '../protocol/query/bound.js';
import { canonicalPath, setPath } from '../protocol/query/canonical-path.js';
import type { EntityPath } from '../protocol/uri/entity-path.js';
import type { Caller } from './caller.js';
import type { Entities } from './entities.js';
import { type EntityAddress, entityAddress, type MembersAddress } from './entity-address.js';
import { DerivedRequest, type EntityRequest } from './entity-request.js';
import { refuse } from './entity-updates.js';
import type { EntityReads } from './read-entities.js';
import type { CollectionResult } from './results.js';

/** Which entities are meant, and where each of them is. */
export interface EachOf {
  /** The type that their place declares, and the one that casts narrow it to. */
  readonly type: EntityType;
  readonly item: EntityType;
  /** The collection in a context URL. */
  readonly context: string;
  /** The entities; inside a transaction nobody else changes them until it ends. */
  held(): Promise<readonly StoredEntity[] | 'tooMany'>;
  /** @param isHeld else that it still is one of those that are meant is a condition */
  addressOf(entity: StoredEntity, isHeld: boolean): EntityAddress;
  pathOf(entity: StoredEntity): EntityPath;
}

/** Members of a set. */
export class MembersOfSet implements EachOf {
  readonly type: EntityType;
  readonly item: EntityType;
  readonly context: string;

  constructor(
    private readonly entities: Entities,
    private readonly members: MembersAddress,
    private readonly caller: Caller,
  ) {
    const { set, item } = members;
    this.type = set.type;
    this.item = item.type;
    this.context = set.name;
  }

  held() {
    return this.entities.heldMembers(this.members, this.caller);
  }

  addressOf(entity: StoredEntity, isHeld: boolean): EntityAddress {
    const { set, item, filters } = this.members;
    const conditions = isHeld || filters.length === 0 ? [] : [{ path: [], item, filters }];
    return { set, id: keyTextIn(set.type, entity), at: [], conditions };
  }

  pathOf(entity: StoredEntity): EntityPath {
    return keyedEntityPath(setPath(this.context), this.type, entity);
  }
}

/** The entities of a collection that another one has: those that it contains, or that it refers to. */
export class MembersInside implements EachOf {
  readonly type: EntityType;
  readonly item: EntityType;
  readonly #place: EntityPath;
  readonly #owner: EntityAddress;
  readonly #last: PathStep & { readonly property: NavigationProperty };

  constructor(
    private readonly entities: Entities,
    private readonly reads: EntityReads,
    private readonly of: { readonly path: BoundPath; readonly request: EntityRequest },
  ) {
    const { path } = of;
    this.#last = path.steps.at(-1) as PathStep & { readonly property: NavigationProperty };
    this.type = this.#last.property.type;
    this.item = this.#last.item.type as EntityType;
    this.#place = canonicalPath(path);
    this.#owner = entityAddress({ ...path, steps: [...path.steps.slice(0, -1), { ...this.#last, filters: [] }] });
  }

  get context(): string {
    return this.#place.text;
  }

  async held(): Promise<readonly StoredEntity[] | 'tooMany'> {
    const { path, request } = this.of;
    const locked = await this.entities.lock(this.#owner, {}, request.caller);
    if (typeof locked === 'string') return refuse(locked, request.path);
    const protocol = { ...request.protocol, query: {} };
    const plain = new DerivedRequest(request, { path: request.path, protocol });
    const { items } = (await this.reads.again({ ...path, suffix: undefined }, plain, {})) as CollectionResult;
    return items.length > this.entities.mostChanges ? 'tooMany' : items.map(({ value }) => value);
  }

  addressOf(entity: StoredEntity, isHeld: boolean): EntityAddress {
    const { property, item, filters } = this.#last;
    const id = keyTextIn(this.type, entity);
    if (property.target !== undefined) return { set: property.target, id, at: [], conditions: [] };
    const at = [...this.#owner.at, { name: property.name, member: memberName(id) }];
    const own = isHeld || filters.length === 0 ? [] : [{ path: pathOf(at), item, filters }];
    return { ...this.#owner, at, conditions: [...this.#owner.conditions, ...own] };
  }

  pathOf(entity: StoredEntity): EntityPath {
    return keyedEntityPath(this.#place, this.type, entity);
  }
}
