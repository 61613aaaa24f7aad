import { withKey } from '../protocol/edm/key-parts.js';
import { ownedMerge, withOwner } from './owners.js';
import { keyTextIn } from '../protocol/edm/key-text.js';
import type { EntityType } from '../protocol/edm/model.js';
import { holds, type Precondition } from '../protocol/headers/precondition.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { ODataError, type Fault } from '../protocol/odata-error.js';
import {
  type Change,
  type InsideType,
  type LinkedEntity,
  type NewEntity,
  type Relations,
  valueAt,
} from '../protocol/payload/change.js';
import { dtoOf, hasObjectRules, objectFaults } from '../protocol/payload/dto.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';
import { actualType, memberName, versionMember } from '../protocol/payload/stored-entity.js';
import { aggregateSet } from '../store/aggregate-set.js';
import type { AggregateKey, AggregateStore, Merge, Removal, WriteOutcome } from '../store/aggregate-store.js';
import { type Caller, scopeOf } from './caller.js';
import { ChangeBody, type Values } from './change-body.js';
import { Altered, type Completion } from './completion.js';
import type { ConditionalWrite, EntityAddress } from './entity-address.js';
import { alteredBeside, type Level, levelsOf, RuleAsker, type Said, saidOfEach } from './rule-levels.js';
import type { RuleBook, RuleKind } from './rules.js';
import { type InsideAsking, MustBeRead, RulesInside } from './rules-inside.js';

/** Where a write goes, and for whom. */
interface Place {
  readonly address: EntityAddress;
  readonly caller: Caller;
}

/** What is written at the end: the entity itself, then what rules have set of those that it is in. */
interface Write {
  readonly merge: Merge;
  readonly owners: readonly Merge[];
  /** What rules have them refer to. */
  readonly links: readonly LinkedEntity[];
}

/** What rules have set of the entities that contain the one that is written. */
type OwnersWrite = Omit<Write, 'merge'>;

const noOwners: OwnersWrite = { owners: [], links: [] };

function keyOfPlace({ address: { set, id }, caller }: Place): AggregateKey {
  return { set: aggregateSet(set), scope: scopeOf(caller), id };
}

/** @throws ODataError 400 with the faults that there are, their places as the request has them */
function refuseFaults(faults: readonly Fault[], place = ''): void {
  const prefix = place === '' ? '' : `${place}/`;
  const [first, ...others] = faults.map(({ target = '', message, ...fault }): Fault => {
    const said = target.startsWith(prefix) ? target.slice(prefix.length) : target;
    return { ...fault, message: message.replace(`'${target}'`, () => `'${said}'`), target: said };
  });
  if (first !== undefined) throw ODataError.ofFaults([first, ...others]);
}

/**
 * Writes of entities that have rules: those are asked before, may complete what is written, and what depends on several
 * properties is held to after the merge, in its transaction. An entity is read, and held, only where a rule needs that.
 */
export class RuledWrites {
  readonly #leaving = new WeakMap<EntityType, boolean>();
  readonly #inside: RulesInside;

  constructor(
    private readonly store: AggregateStore,
    private readonly rules: RuleBook,
    private readonly completion: Completion,
  ) {
    this.#inside = new RulesInside(rules, completion);
  }

  /** Whether nothing is asked of any write in the entities of a type. */
  isFree(type: EntityType): boolean {
    // What leads back to what contains it differs with each.
    if (type.owns !== undefined) return false;
    return !this.rules.hasInside(type, 'create') && this.#leavesChanges(type) && !this.rules.hasInside(type, 'delete');
  }

  /** Whether nothing is asked of changes in the entities of a type that make and delete nothing: most have no such rules. */
  #leavesChanges(type: EntityType): boolean {
    let leaves = this.#leaving.get(type);
    if (leaves === undefined) {
      const contained = [type, ...type.derived]
        .flatMap(({ navigation }) => [...navigation.values()])
        .filter(({ containsTarget }) => containsTarget);
      const asksInside = (['create', 'delete'] as const).some((kind) =>
        contained.some((one) => this.rules.hasInside(one.type, kind)),
      );
      leaves = !asksInside && !this.rules.hasInside(type, 'change') && !hasObjectRules(type);
      this.#leaving.set(type, leaves);
    }
    return leaves;
  }

  // ------------------------------------------------------------------------------------------------------- Creation

  /**
   * A new member of a set as its rules complete it.
   * @throws ODataError 400 where the whole has a fault: an update that turns into a creation was read as a part
   */
  async created(set: EntityAddress['set'], entity: NewEntity, caller: Caller): Promise<NewEntity> {
    const id = set.isSingleton === true ? '' : keyTextIn(set.type, entity.key);
    const address = { set, id, at: [], conditions: [] };
    const made = await this.#created(new RuleAsker(this.rules, { caller, address }), set.type, entity);
    refuseFaults(objectFaults(set.type, withKey(set.type, made.key, made.properties)));
    if (set.type.owns === undefined) return made;
    return { ...made, properties: withOwner(set.type, keyTextIn(set.type, made.key), made.properties) };
  }

  async #created(asker: RuleAsker, declared: EntityType, entity: NewEntity): Promise<NewEntity> {
    if (!this.rules.hasInside(declared, 'create')) return entity;
    const type = actualType(declared, entity.properties);
    const values = dtoOf(type, withKey(type, entity.key, entity.properties)) as Values;
    const altered = new Altered(values);
    await this.#inside.created(asker, { type, key: entity.key }, values);
    return this.completion.entity(type, entity, altered);
  }

  /** Makes an entity inside another one, unless it is there. @param address of the entity itself */
  makeInside(address: EntityAddress, entity: NewEntity, caller: Caller): Promise<WriteOutcome> {
    const place = { address, caller };
    const owners = levelsOf(address, undefined).slice(0, -1);
    const isRead = owners.some(({ type }) => this.#reads(type, 'change'));
    return this.#looking(place, isRead, async (root) => {
      const asker = new RuleAsker(this.rules, place);
      const levels = levelsOf(address, root);
      const last = levels.at(-1);
      if (last?.navigation === undefined) throw new Error('Nothing contains the entity');
      const made = await this.#created(asker, last.navigation.type, entity);
      const type = actualType(last.navigation.type, made.properties);
      const values = dtoOf(type, withKey(type, made.key, made.properties)) as Values;
      const said = saidOfEach(levels, values).slice(0, -1);
      for (const { level, values: changes } of said) await asker.change(level, 'merge', changes);
      const { owners: around, links } = await this.#ofOwners(said, { asker, isRead: root !== undefined });
      const member = memberName(keyTextIn(last.navigation.type, made.key));
      const { name, collection } = last.navigation;
      const at = collection ? [...last.at.slice(0, -1), { name, member }] : last.at;
      const { key, properties, inside } = made;
      const merge: Merge = {
        patch: {},
        orCreate: withKey(type, key, properties),
        inside: inside.map((path) => ({ path })),
        onlyNew: true,
        at,
        conditions: address.conditions,
        precondition: {},
      };
      return this.#write(place, { merge, owners: around, links: [...links, ...addedLinks(made, entity)] });
    });
  }

  // --------------------------------------------------------------------------------------------------------- Change

  /** Changes an entity, and what it names inside. */
  change(address: EntityAddress, change: ConditionalWrite, caller: Caller): Promise<WriteOutcome> {
    const place = { address, caller };
    const { insideConditions = [], insideTypes = [], ...others } = change;
    if (insideConditions.length + insideTypes.length === 0) return this.#change(place, change);
    return this.store.atomically(async () => {
      const root = await this.#held(place);
      const stored = root && lastOf(levelsOf(address, root)).stored;
      const isRefused = change.mayMake === true && insideConditions.length > 0;
      if (stored === undefined) return { kind: isRefused ? 'refused' : 'missing' };
      const isMet = insideConditions.every(({ path, ifMatch }) => {
        const inner = valueAt(stored, path);
        return holds({ ifMatch }, isJsonObject(inner) ? (inner[versionMember] as number) : undefined);
      });
      if (!isMet) return { kind: 'refused' };
      refuseFaults(insideTypes.flatMap((one) => faultOfType(one, valueAt(stored, one.path))));
      return this.#change(place, others);
    });
  }

  #change(place: Place, change: ConditionalWrite): Promise<WriteOutcome> {
    const { address } = place;
    if (this.#leavesChanges(address.set.type)) {
      const { at, conditions } = address;
      return this.#merge(place, { ...change, at, conditions });
    }
    const levels = levelsOf(address, undefined);
    const isAsked =
      levels.some(({ type }) => this.#has(type, 'change')) || this.#inside.isAsked(lastOf(levels).type, change);
    const merge: Merge = { ...change, at: address.at, conditions: address.conditions };
    if (!isAsked) return this.#write(place, { merge, ...noOwners });
    return this.#looking(place, this.#mustLook(levels, change), (root) => this.#changed(place, change, root));
  }

  /** Whether what rules are told depends on the entity as it is. */
  #mustLook(levels: readonly Level[], change: ConditionalWrite): boolean {
    const { insert, clear = [], retain = [], inside = [], mayMake = false } = change;
    if (mayMake || insert !== undefined || clear.length + retain.length + inside.length > 0) return true;
    return levels.some(({ type }) => type.derived.length > 0 || this.#reads(type, 'change'));
  }

  async #changed(place: Place, change: ConditionalWrite, root: JsonObject | undefined): Promise<WriteOutcome> {
    const levels = levelsOf(place.address, root);
    const last = lastOf(levels);
    const isRead = root !== undefined;
    if (isRead && last.stored === undefined) return { kind: 'missing' };
    if (isRead && !holds(change.precondition, last.stored?.[versionMember] as number)) return { kind: 'refused' };
    const asker = new RuleAsker(this.rules, place);
    const body = new ChangeBody(last.type, change, last.stored);
    const said = saidOfEach(levels, body.values);
    const { kind = 'merge' } = change;
    for (const { level, values } of said) await asker.change(level, level === last ? kind : 'merge', values);
    const asking = { asker, isRead };
    const completed = await this.#inside.completed(
      { level: last, kind, change, body, altered: lastOf(said).altered },
      asking,
    );
    const { owners, links } = await this.#ofOwners(said, asking);
    const merge: Merge = {
      ...completed,
      at: place.address.at,
      conditions: place.address.conditions,
      precondition: change.precondition,
    };
    return this.#write(place, { merge, owners, links: [...links, ...addedLinks(completed, change)] });
  }

  // ------------------------------------------------------------------------------------------------------- Deletion

  /** Asks before an entity is deleted, with what it contains, and does it. @param remove the deletion itself */
  remove(place: Place, precondition: Precondition, remove: () => Promise<Removal>): Promise<Removal> {
    const levels = levelsOf(place.address, undefined);
    const { type } = lastOf(levels);
    const owners = levels.slice(0, -1);
    const isAsked = this.rules.hasInside(type, 'delete') || owners.some((one) => this.#has(one.type, 'change'));
    if (!isAsked) return this.#removing(place, noOwners, remove);
    return this.store.atomically(async () => {
      const root = await this.#held(place);
      const known = levelsOf(place.address, root);
      const last = lastOf(known);
      if (last.stored === undefined) return 'missing';
      if (!holds(precondition, last.stored[versionMember] as number)) return 'refused';
      const asker = new RuleAsker(this.rules, place);
      const said = saidOfEach(known, {}).slice(0, -1);
      for (const { level, values, onward = '', inner = {} } of said) {
        if (level === known.at(-2)) sayRemoved(values, onward, inner);
        await asker.change(level, 'merge', values);
      }
      await this.#inside.deleted(asker, last);
      return this.#removing(place, await this.#ofOwners(said, { asker, isRead: true }), remove);
    });
  }

  async #removing(place: Place, { owners, links }: OwnersWrite, remove: () => Promise<Removal>): Promise<Removal> {
    const { set, at } = place.address;
    if (owners.length === 0 && (at.length === 0 || !hasObjectRules(set.type))) return remove();
    return this.store.atomically(async () => {
      await this.holdLinked(links, place.caller);
      const outcome = await remove();
      if (outcome === 'done') await this.#complete(place, owners);
      return outcome;
    });
  }

  // ------------------------------------------------------------------------------------------------------------ All

  #has(type: EntityType, kind: RuleKind): boolean {
    return [type, ...type.derived].some((one) => this.rules.has(one, kind));
  }

  #reads(type: EntityType, kind: RuleKind): boolean {
    return [type, ...type.derived].some((one) => this.rules.reads(one, kind));
  }

  /** What rules have set of the entities that contain the one that is written. */
  async #ofOwners(said: readonly Said[], asking: InsideAsking): Promise<OwnersWrite> {
    const changes: (Change & Pick<Level, 'at'>)[] = [];
    for (const one of said) {
      const { level, onward } = one;
      const beside = onward === undefined ? {} : alteredBeside(one);
      if (Object.keys(beside).length === 0) continue;
      const change = this.completion.changed(level.type, beside);
      const body = new ChangeBody(level.type, change, level.stored);
      const given = { level, kind: 'merge', change, body, altered: new Altered(body.values) } as const;
      changes.push({ ...(await this.#inside.completed(given, asking)), at: level.at });
    }
    return {
      owners: changes.map((change) => ({ ...change, precondition: {} })),
      links: changes.flatMap(({ links = [] }) => links),
    };
  }

  /** Does work, where it asks for that with the aggregate as it is, held in the transaction of the work. */
  #looking(
    place: Place,
    isRead: boolean,
    work: (root: JsonObject | undefined) => Promise<WriteOutcome>,
  ): Promise<WriteOutcome> {
    if (!isRead)
      return work(undefined).catch((error: unknown) => {
        if (!(error instanceof MustBeRead)) throw error;
        return this.#looking(place, true, work);
      });
    return this.store.atomically(async () => {
      const root = await this.#held(place);
      return root === undefined ? { kind: 'missing' } : work(root);
    });
  }

  /** A change that changes nothing keeps others from changing the aggregate meanwhile. */
  async #held(place: Place): Promise<JsonObject | undefined> {
    const key = keyOfPlace(place);
    const { kind } = await this.store.merge(key, { patch: {}, precondition: {} });
    return kind === 'done' ? this.store.find(key, key.set.contained) : undefined;
  }

  /** A merge in an aggregate, after which what is contained leads back to what contains it. */
  #merge(place: Place, merge: Merge): Promise<WriteOutcome> {
    const { set, id } = place.address;
    return this.store.merge(keyOfPlace(place), set.type.owns === undefined ? merge : ownedMerge(set.type, id, merge));
  }

  /** Holds what rules have set references to. @throws Error for one to nothing */
  async holdLinked(links: readonly LinkedEntity[], caller: Caller): Promise<void> {
    for (const { set, id, target } of links) {
      if (await this.store.hold({ set: aggregateSet(set), scope: scopeOf(caller), id })) continue;
      throw new Error(`A rule refers to no member of ${set.name}: ${target}`);
    }
  }

  async #write(place: Place, { merge, owners, links }: Write): Promise<WriteOutcome> {
    const isChecked = hasObjectRules(place.address.set.type);
    if (owners.length === 0 && links.length === 0 && !isChecked) return this.#merge(place, merge);
    return this.store.atomically(async () => {
      await this.holdLinked(links, place.caller);
      const outcome = await this.#merge(place, merge);
      if (outcome.kind === 'done') await this.#complete(place, owners);
      return outcome;
    });
  }

  /** What rules have set of the entities around, and the rules that look at several values, when all is merged. */
  async #complete(place: Place, owners: readonly Merge[]): Promise<void> {
    const key = keyOfPlace(place);
    const { set } = place.address;
    for (const owner of owners) await this.#merge(place, owner);
    if (!hasObjectRules(set.type)) return;
    const whole = await this.store.find(key, key.set.contained);
    if (whole !== undefined) refuseFaults(objectFaults(set.type, whole), targetOf(levelsOf(place.address, whole)));
  }
}

/** An entity inside that is there keeps its type (OData 4.01 Protocol 11.4.3). */
function faultOfType({ declared, type, target }: InsideType, stored: JsonValue | undefined): readonly Fault[] {
  if (!isJsonObject(stored)) return [];
  const { qualifiedName } = actualType(declared, stored);
  if (qualifiedName === type.qualifiedName) return [];
  const message = `'${target}' is a ${qualifiedName}, and cannot become a ${type.qualifiedName}.`;
  return [{ code: 'odataTypeMismatch', target, message }];
}

/** What a completed creation or change refers to beyond what the request has it refer to. */
export function addedLinks({ links = [] }: Relations, { links: given = [] }: Relations): readonly LinkedEntity[] {
  if (links === given || links.length === 0) return [];
  const known = new Set(given);
  return links.filter((link) => !known.has(link));
}

function lastOf<T>(items: readonly T[]): T {
  const last = items.at(-1);
  if (last === undefined) throw new Error('There is always the root');
  return last;
}

/** Where the last of some levels is, inside the first: `chapters(3)/summary`. */
function targetOf(levels: readonly Level[]): string {
  return levels
    .flatMap(({ navigation, key }) => {
      if (navigation === undefined) return [];
      const { name, type, collection } = navigation;
      return [collection ? keyedEntityPath({ url: name, text: name }, type, key).text : name];
    })
    .join('/');
}

/** The deletion of an entity as it is for the one that contains it. @param inner what is said of the entity */
function sayRemoved(values: Values, onward: string, inner: Values): void {
  if (Array.isArray(values[onward])) inner['@removed'] = { reason: 'deleted' };
  else values[onward] = null;
}
