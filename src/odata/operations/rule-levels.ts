import { keyIn, keyPart, keyPath, withKey } from '../protocol/edm/key-parts.js';
import { keyOf } from '../protocol/edm/key-text.js';
import type { EntityType, NavigationProperty, Property, StructuredType } from '../protocol/edm/model.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { type StoredPath, valueAt } from '../protocol/payload/change.js';
import { dtoOf } from '../protocol/payload/dto.js';
import { actualType, type ContainedStep, keyTextOf, pathOf } from '../protocol/payload/stored-entity.js';
import type { Caller } from './caller.js';
import { emptyOf, navigationOf, propertyOf, type Values } from './change-body.js';
import { Altered } from './completion.js';
import type { EntityAddress } from './entity-address.js';
import type { EntityRules, RuleBook } from './rules.js';

/** One entity on the way from the root of an aggregate to the one that a request is about. */
export interface Level {
  readonly type: EntityType;
  readonly at: readonly ContainedStep[];
  readonly path: StoredPath;
  /** How the one before contains it; undefined of the root. */
  readonly navigation: NavigationProperty | undefined;
  readonly key: JsonObject;
  /** As it is stored, where that was read. */
  readonly stored: JsonObject | undefined;
}

/**
 * The entities on the way to an address, the root first.
 * @param root the aggregate as it is stored, where it was read
 */
export function levelsOf({ set, id, at }: EntityAddress, root: JsonObject | undefined): readonly Level[] {
  const type = actualType(set.type, root);
  const key = set.isSingleton === true ? keyIn(set.type, root ?? {}) : keyOf(set.type, id);
  const levels: Level[] = [{ type, at: [], path: [], navigation: undefined, key, stored: root }];
  for (const [index, { name, member }] of at.entries()) {
    const navigation = navigationOf(levels.at(-1)?.type ?? set.type, name);
    if (navigation === undefined) throw new Error(`${set.name}: nothing is contained in ${name}`);
    const steps = at.slice(0, index + 1);
    const path = pathOf(steps);
    const found = root && valueAt(root, path);
    const stored = isJsonObject(found) ? found : undefined;
    const known =
      member === undefined ? keyIn(navigation.type, stored ?? {}) : keyOf(navigation.type, keyTextOf(member));
    levels.push({ type: actualType(navigation.type, stored), at: steps, path, navigation, key: known, stored });
  }
  return levels;
}

/** What is said of a level: by the change itself of the last one, of its owners what that is for them. */
export interface Said {
  readonly level: Level;
  readonly values: Values;
  readonly altered: Altered;
  /** Member of the values that leads on to the next level, and what is said of that. */
  readonly onward: string | undefined;
  readonly inner: Values | undefined;
}

/** What rules have altered of an entity that contains another one, beside what is said of that one; as a body. */
export function alteredBeside({ level, values, altered, onward = '', inner }: Said): JsonObject {
  const { names } = altered;
  const body = altered.body(names.filter((name) => name !== onward && !level.type.key.includes(name)));
  const all = values[onward];
  if (typeof all === 'object' && all !== null && !Array.isArray(all) && all !== inner)
    throw new Error(`The rules of ${level.type.name} take another ${onward} for the one that changes: change that one`);
  const others = names.includes(onward) && Array.isArray(all) ? all.filter((one) => one !== inner) : [];
  return others.length === 0 ? body : { ...body, [onward]: JSON.parse(JSON.stringify(others)) as JsonValue };
}

/** The change of an entity as it is for each of those that contain it, the root first. @param values of the last one */
export function saidOfEach(levels: readonly Level[], last: Values): readonly Said[] {
  const said: Said[] = [];
  let values = last;
  let [onward, inner]: [string | undefined, Values | undefined] = [undefined, undefined];
  for (const level of [...levels].reverse()) {
    const { navigation } = level;
    // A member of a collection is named by its key, before it is asked what rules have altered.
    if (navigation?.collection === true) sayKey(values, level);
    said.unshift({ level, values, altered: new Altered(values), onward, inner });
    if (navigation === undefined) continue;
    onward = navigation.collection ? `${navigation.name}@delta` : navigation.name;
    const owner = Object.create(ownerClass(levels, level)) as Values;
    owner[onward] = navigation.collection ? [values] : values;
    inner = values;
    values = owner;
  }
  return said;
}

/** Puts the parts of a key where they stand, beside what else is said of the complex values that they are in. */
function sayKey(values: Values, { type, key }: Level): void {
  for (const part of type.key) {
    let [at, inside]: [Values, StructuredType] = [values, type];
    const path = keyPath(type, part);
    for (const name of path.slice(0, -1)) {
      const inner: Property['type'] | undefined = propertyOf(inside, name)?.type;
      if (inner?.kind !== 'complex') throw new Error(`${type.name}: ${name} has no part of a key`);
      at = (at[name] ??= emptyOf(inner)) as Values;
      inside = inner;
    }
    at[path.at(-1) ?? part] = keyPart(type, part, key);
  }
}

function ownerClass(levels: readonly Level[], level: Level): object {
  return levels[levels.indexOf(level) - 1]?.type.class.prototype as object;
}

/** What is the same of everything that one write asks. */
export interface Asking {
  readonly caller: Caller;
  readonly address: EntityAddress;
}

type Entity = Pick<Level, 'type' | 'key' | 'stored'>;

/** Asks the rules of entities. */
export class RuleAsker {
  constructor(
    private readonly rules: RuleBook,
    private readonly asking: Asking,
  ) {}

  #event(rules: EntityRules<object>, { type, key, stored }: Entity) {
    const { caller, address } = this.asking;
    const current =
      rules.readsEntity && stored !== undefined ? { current: dtoOf(type, withKey(type, key, stored), 'exact') } : {};
    return { caller, set: address.set, key, ...current };
  }

  async create({ type, key }: Pick<Level, 'type' | 'key'>, entity: Values): Promise<void> {
    const { caller, address } = this.asking;
    const owner = caller.makesFor ?? caller.id;
    for (const rules of this.rules.of(type))
      await rules.beforeCreate?.({ caller, set: address.set, key, entity, owner });
  }

  async change(entity: Entity, kind: 'merge' | 'replace', changes: Values): Promise<void> {
    for (const rules of this.rules.of(entity.type)) {
      const event = { ...this.#event(rules, entity), kind, changes };
      if (kind === 'replace' && rules.beforeReplace !== undefined) await rules.beforeReplace(event);
      else await rules.beforeChange?.(event);
    }
  }

  async delete(entity: Entity): Promise<void> {
    for (const rules of this.rules.of(entity.type)) await rules.beforeDelete?.(this.#event(rules, entity));
  }
}
