import { keyIn } from '../protocol/edm/key-parts.js';
import type { EntityType } from '../protocol/edm/model.js';
import type { JsonObject, JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import type { Change, NewEntity, Relations } from '../protocol/payload/change.js';
import { readChange, readNewEntity } from '../protocol/payload/read-body.js';
import type { BodyFormat, EntityIds } from '../protocol/payload/read-values.js';
import type { Values } from './change-body.js';

/** What of an entity or a change rules have altered, by the names of its members. */
export class Altered {
  readonly #before: ReadonlyMap<string, string>;

  constructor(private readonly values: Values) {
    this.#before = new Map(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
  }

  /** Names of the members that are no longer as they were: other values, new ones, deleted ones. */
  get names(): readonly string[] {
    const now = Object.entries(this.values);
    const changed = now.filter(([name, value]) => this.#before.get(name) !== JSON.stringify(value));
    const deleted = [...this.#before.keys()].filter((name) => this.values[name] === undefined);
    return [...new Set([...changed.map(([name]) => name), ...deleted])];
  }

  /** The members of these names as a body; what was deleted is not there. */
  body(names: readonly string[]): JsonObject {
    const values = names.flatMap((name): [string, JsonValue][] => {
      const text = JSON.stringify(this.values[name]) as string | undefined;
      return text === undefined ? [] : [[name, JSON.parse(text) as JsonValue]];
    });
    return Object.fromEntries(values);
  }
}

/** The name of the property that a member of a body is about. */
function propertyOf(member: string): string {
  return member.replace(/@.*$/s, '');
}

/** Reads what rules have set, by the model; what does not fit is an error of theirs. */
export class Completion {
  readonly #format: BodyFormat;

  constructor(entityIds: EntityIds) {
    this.#format = { version: '4.01', ieee754Compatible: false, isOwn: true, isPartial: true, entityIds };
  }

  #read<T extends Relations>(type: EntityType, read: () => T): T {
    try {
      const what = read();
      if (what.related === undefined) return what;
      const places = what.related.map(({ target }) => target).join(', ');
      throw new Error(`The rules of ${type.name} set entities of other sets, which they may only refer to: ${places}`);
    } catch (cause) {
      if (!(cause instanceof ODataError)) throw cause;
      const faults = cause.details.map(({ message }) => message).join(' ');
      throw new Error(`The rules of ${type.name} set what the model does not allow: ${faults || cause.message}`, {
        cause,
      });
    }
  }

  /** A new entity with what rules have altered of it. */
  entity(type: EntityType, entity: NewEntity, altered: Altered): NewEntity {
    const { names } = altered;
    if (names.length === 0) return entity;
    const body = altered.body(names);
    const read = this.#read(type, () => readNewEntity(type, { value: body, duplicates: [] }, this.#format));
    const properties = new Set(names.map(propertyOf));
    const kept = (one: JsonObject): JsonObject =>
      Object.fromEntries(Object.entries(one).filter(([name]) => !properties.has(name)));
    const inside = entity.inside.filter(([name = '']) => !properties.has(name));
    return {
      ...entity,
      properties: { ...kept(entity.properties), ...read.properties },
      key: keyIn(type, { ...entity.key, ...read.key }),
      inside: [...inside, ...read.inside],
      links: [...(entity.links ?? []), ...(read.links ?? [])],
    };
  }

  /** A change with what rules have altered of it. */
  change(type: EntityType, change: Change, altered: Altered): Change {
    const names = altered.names.filter((name) => !type.key.includes(name));
    if (names.length === 0) return change;
    const properties = new Set(names.map(propertyOf));
    const isKept = ([name = '']: readonly string[]): boolean => !properties.has(name);
    const { insert, ...others } = change;
    const kept: Change = {
      ...others,
      patch: Object.fromEntries(Object.entries(change.patch).filter(([name]) => isKept([name]))),
      clear: (change.clear ?? []).filter(isKept),
      retain: (change.retain ?? []).filter(({ path }) => path.length === 0 || isKept(path)),
      inside: (change.inside ?? []).filter(({ path }) => isKept(path)),
      makes: (change.makes ?? []).filter(({ path }) => isKept(path)),
    };
    const read = withKeysOf(change, this.changed(type, altered.body(names)));
    return joined(insert !== undefined && isKept(insert.path) ? { ...kept, insert } : kept, read);
  }

  /** A change that sets what rules have set. */
  changed(type: EntityType, body: JsonObject): Change {
    return this.#read(type, () => readChange(type, { value: body, duplicates: [] }, this.#format));
  }
}

/** A change that was read again, in which what it makes inside has the keys that it had: rules know them. */
function withKeysOf({ inside: before = [] }: Change, change: Change): Change {
  const known = new Map(before.map(({ path, defaults }) => [path.join('\0'), defaults]));
  const inside = change.inside?.map((one) => {
    const defaults = known.get(one.path.join('\0'));
    return defaults === undefined ? one : { ...one, defaults: { ...one.defaults, ...defaults } };
  });
  return inside === undefined ? change : { ...change, inside };
}

/** Two changes of different properties as one. */
function joined(one: Change, other: Change): Change {
  return {
    ...one,
    patch: { ...one.patch, ...other.patch },
    clear: [...(one.clear ?? []), ...(other.clear ?? [])],
    retain: [...(one.retain ?? []), ...(other.retain ?? [])],
    inside: [...(one.inside ?? []), ...(other.inside ?? [])],
    makes: [...(one.makes ?? []), ...(other.makes ?? [])],
    links: [...(one.links ?? []), ...(other.links ?? [])],
  };
}
