import { keyIn, withKey } from '../protocol/edm/key-parts.js';
import { keyOf } from '../protocol/edm/key-text.js';
import type { EntityType, NavigationProperty } from '../protocol/edm/model.js';
import type { JsonObject } from '../protocol/json/json-value.js';
import { isJsonObject } from '../protocol/json/json-value.js';
import { type StoredPath, valueAt } from '../protocol/payload/change.js';
import { dtoOf } from '../protocol/payload/dto.js';
import { actualType, type ContainedStep, keyTextOf, pathOf } from '../protocol/payload/stored-entity.js';
import type { Caller } from './caller.js';
import { navigationOf, type Values } from './change-body.js';
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
  /** Member of the values that leads on to the next level. */
  readonly onward: string | undefined;
}

/** The change of an entity as it is for each of those that contain it, the root first. @param values of the last one */
export function saidOfEach(levels: readonly Level[], last: Values): readonly Said[] {
  const said: Said[] = [];
  let values = last;
  let onward: string | undefined;
  for (const level of [...levels].reverse()) {
    said.unshift({ level, values, altered: new Altered(values), onward });
    const { navigation, key } = level;
    if (navigation === undefined) continue;
    onward = navigation.collection ? `${navigation.name}@delta` : navigation.name;
    const owner = Object.create(ownerClass(levels, level)) as Values;
    owner[onward] = navigation.collection ? [Object.assign(values, key)] : values;
    values = owner;
  }
  return said;
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
