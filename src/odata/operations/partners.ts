import { keyTextIn } from '../protocol/edm/key-text.js';
import type { EntitySet, EntityType, NavigationProperty, Singleton } from '../protocol/edm/model.js';
import { isJsonObject, type JsonObject } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import type { Change } from '../protocol/payload/change.js';
import { tiedChange } from '../protocol/payload/referential.js';
import { memberName } from '../protocol/payload/stored-entity.js';
import { aggregateSet } from '../store/aggregate-set.js';
import type { AggregateKey, AggregateStore, Merge, Scope } from '../store/aggregate-store.js';

/** One of the two ways of a relation (OData CSDL 4.01, 8.2), and the other. */
interface Way {
  readonly there: NavigationProperty;
  readonly back: NavigationProperty;
  /** The sets that they lead to. */
  readonly target: EntitySet;
  readonly home: EntitySet;
}

function waysOf(type: EntityType): readonly Way[] {
  const all = new Set([type, ...type.derived].flatMap(({ navigation }) => [...navigation.values()]));
  return [...all].flatMap((there) => {
    const back = there.partner === undefined ? undefined : there.type.navigation.get(there.partner);
    if (there.target === undefined || back?.target === undefined) return [];
    return [{ there, back, target: there.target, home: back.target }];
  });
}

/** Texts of the keys of those that an entity refers to. */
export function linksOf({ name }: NavigationProperty, entity: JsonObject | undefined): readonly string[] {
  const value = entity?.[name];
  if (isJsonObject(value)) return Object.values(value).filter((one) => typeof one === 'string');
  return typeof value === 'string' ? [value] : [];
}

/** The change that makes an entity refer to another one. */
function linking({ name, collection }: NavigationProperty, id: string): Change {
  return { patch: { [name]: collection ? { [memberName(id)]: id } : id }, etag: undefined };
}

/** The change that ends that. @throws ODataError 409 where there always must be one */
function unlinking(property: NavigationProperty, id: string, set: EntitySet, owner: string): Change {
  const { name, collection, nullable } = property;
  if (collection) return { clear: [[name, memberName(id)]], patch: {}, etag: undefined };
  if (nullable) return { patch: { [name]: null }, etag: undefined };
  const message = `'${name}' of '${owner.slice(0, 200)}' in ${set.name} would lead to nothing.`;
  throw new ODataError('relationRequired', message, { target: name });
}

/**
 * Keeps the two ways of relations in step: what one entity is told of another, the other is told too, in the same
 * transaction, whoever owns it. That is the store's business: no rule is asked, as of references to what was deleted.
 */
export class Partners {
  readonly #ways = new WeakMap<EntityType, readonly Way[]>();

  constructor(private readonly store: AggregateStore) {}

  #of(type: EntityType): readonly Way[] {
    let ways = this.#ways.get(type);
    if (ways === undefined) this.#ways.set(type, (ways = waysOf(type)));
    return ways;
  }

  /** Whether entities of a type have relations with two ways. */
  has(type: EntityType): boolean {
    return this.#of(type).length > 0;
  }

  /** Whether a change says something of such relations. */
  concerns(type: EntityType, { patch, clear = [], retain = [] }: Change): boolean {
    const names = new Set([
      ...Object.keys(patch),
      ...[...clear, ...retain.map(({ path }) => path)].map(([name]) => name),
    ]);
    return this.#of(type).some(({ there }) => names.has(there.name));
  }

  /**
   * Tells the others what has become of an entity.
   * @param before undefined of one that was made
   * @throws ODataError 409 where one of the others would lack what it needs
   */
  async follow(
    { type }: EntitySet | Singleton,
    id: string,
    { before, after }: { readonly before: JsonObject | undefined; readonly after: JsonObject },
    { tenant, actor }: Scope,
  ): Promise<void> {
    const scope: Scope = { tenant, ...(actor === undefined ? {} : { actor }) };
    for (const way of this.#of(type)) {
      const [old, now] = [linksOf(way.there, before), linksOf(way.there, after)];
      for (const other of now.filter((one) => !old.includes(one))) await this.#join(way, [id, other], scope);
      for (const other of old.filter((one) => !now.includes(one)))
        await this.#change(way.target, other, unlinking(way.back, id, way.target, other), scope);
    }
  }

  /** Where the other one can only have one, it leaves the one that it had. */
  async #join({ there, back, target, home }: Way, [id, other]: readonly [string, string], scope: Scope): Promise<void> {
    if (!back.collection) {
      const [former] = linksOf(back, await this.store.find(keyIn(target, other, scope), [back.name]));
      if (former === id) return;
      if (former !== undefined) await this.#change(home, former, unlinking(there, other, home, former), scope);
    }
    await this.#change(target, other, linking(back, id), scope);
  }

  async #change(set: EntitySet, id: string, change: Change, scope: Scope): Promise<void> {
    const tied = [set.type, ...set.type.derived].reduce((all, type) => tiedChange(type, all, ''), change);
    await this.store.merge(keyIn(set, id, scope), mergeOf(tied));
  }
}

function keyIn(set: EntitySet, id: string, scope: Scope): AggregateKey {
  return { set: aggregateSet(set), scope, id };
}

function mergeOf({ patch, clear }: Change): Merge {
  return { patch, ...(clear === undefined ? {} : { clear }), precondition: {} };
}

/** The text of the key of a stored member of a set. */
export function idOf({ type }: EntitySet, entity: JsonObject): string {
  return keyTextIn(type, entity);
}
