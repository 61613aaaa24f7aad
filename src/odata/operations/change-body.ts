import { keyIn } from '../protocol/edm/key-parts.js';
import { keyOf } from '../protocol/edm/key-text.js';
import type { EntityType, NavigationProperty, Property, StructuredType } from '../protocol/edm/model.js';
import { streamIn } from '../protocol/edm/streams.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { type Change, type StoredPath, valueAt } from '../protocol/payload/change.js';
import { dtoValue } from '../protocol/payload/dto.js';
import { streamOfRules } from '../protocol/payload/stored-stream.js';
import { actualType, typeMember } from '../protocol/payload/stored-entity.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';

/** Values by name, in the form that they have in JSON; with the prototype of their DTO class. */
export type Values = Record<string, unknown>;

/** An entity inside the one that changes, and its path in there. */
export interface InsideNode {
  readonly type: EntityType;
  readonly path: StoredPath;
}

/** One that the change names, with what it says of it. */
export interface NamedInside extends InsideNode {
  readonly values: Values;
}

/** A navigation property of a type, or of one that derives from it. */
export function navigationOf(type: StructuredType, name: string): NavigationProperty | undefined {
  const types: readonly StructuredType[] = [type, ...type.derived];
  return types.map(({ navigation }) => navigation?.get(name)).find((one) => one !== undefined);
}

/** A property of a type, or of one that derives from it. */
export function propertyOf(type: StructuredType, name: string): Property | undefined {
  const types: readonly StructuredType[] = [type, ...type.derived];
  return types.map(({ properties }) => properties.get(name)).find((one) => one !== undefined);
}

/** An object of the class of a type that says nothing yet. */
export function emptyOf(type: StructuredType): Values {
  return Object.create(type.class.prototype as object) as Values;
}

/** An entity reference (OData JSON Format 4.01, 14). */
function referenceTo({ target }: NavigationProperty, id: string): Values {
  if (target === undefined) return {};
  const { url } = keyedEntityPath({ url: target.name, text: target.name }, target.type, keyOf(target.type, id));
  return { '@id': url };
}

/** What a path inside an entity leads to, where that is an entity or a reference. */
interface Target {
  readonly navigation: NavigationProperty;
  /** Type and path of the entity, or of the complex value, that has the navigation property. */
  readonly owner: { readonly type: StructuredType; readonly path: StoredPath };
  readonly member: string | undefined;
}

/** A change of an entity as a body of OData 4.01 would say it; and the entities inside that it is about. */
export class ChangeBody {
  readonly values: Values;
  /** The entities inside that it names. */
  readonly named: NamedInside[] = [];
  /** The entities inside that are there, and are not when it is done. */
  readonly removed: InsideNode[] = [];
  #defaults: ReadonlyMap<string, JsonObject | undefined> | undefined;

  /** @param before the entity as it is, where it was read */
  constructor(
    type: EntityType,
    private readonly change: Change,
    private readonly before: JsonObject | undefined,
  ) {
    this.values = this.#entity(type, change.patch, []);
    const root = { type, path: [], values: this.values };
    for (const path of change.clear ?? []) this.#clear(root, path);
    for (const { path, names } of change.retain ?? []) this.#retain(root, path, names);
    if (change.insert !== undefined) this.#insert(type, change.insert);
  }

  #entity(type: EntityType, patch: JsonObject, path: StoredPath): Values {
    return this.#structured(type, patch, path);
  }

  #structured(type: StructuredType, patch: JsonObject, path: StoredPath): Values {
    const values = emptyOf(type);
    for (const [name, value] of Object.entries(patch)) {
      const navigation = navigationOf(type, name);
      const inner = [...path, name];
      if (navigation !== undefined) this.#navigation(navigation, value, { values, path: inner });
      else this.#member(values, type, [name, value], inner);
    }
    return values;
  }

  #member(values: Values, type: StructuredType, [name, value]: readonly [string, JsonValue], path: StoredPath): void {
    const property = propertyOf(type, name);
    if (name === typeMember) {
      if (typeof value === 'string') values['@odata.type'] = `#${value}`;
    } else if (property === undefined) values[name] = streamIn(type, name) === undefined ? value : streamOfRules(value);
    else if (value === null) values[name] = property.collection ? [] : null;
    else if (property.collection) values[name] = dtoValue(property, value);
    else if (property.type.kind === 'complex')
      values[name] = this.#structured(property.type, value as JsonObject, path);
    else values[name] = dtoValue(property, value);
  }

  #navigation(
    navigation: NavigationProperty,
    value: JsonValue,
    { values, path }: { readonly values: Values; readonly path: StoredPath },
  ): void {
    const { name, collection, target, type } = navigation;
    const named = (patch: JsonObject, at: StoredPath): Values => {
      const whole = { ...this.#neededBy(at), ...patch };
      const inner = this.#entity(type, whole, at);
      this.named.push({ type: actualType(type, whole), path: at, values: inner });
      return inner;
    };
    if (!collection) {
      if (target !== undefined) values[name] = typeof value === 'string' ? referenceTo(navigation, value) : null;
      else values[name] = isJsonObject(value) ? named(value, path) : null;
      return;
    }
    const items = Object.entries(isJsonObject(value) ? value : {}).map(([member, one]) =>
      target === undefined ? named(one as JsonObject, [...path, member]) : referenceTo(navigation, one as string),
    );
    const isWhole = this.change.retain?.some((kept) => kept.path.join('/') === path.join('/')) === true;
    values[isWhole ? name : `${name}@delta`] = items;
  }

  /** What an entity that the change makes has beside what is said of it: its key, and what it is by default. */
  #neededBy(path: StoredPath): JsonObject | undefined {
    if (this.before === undefined || this.#stored(path) !== undefined) return undefined;
    this.#defaults ??= new Map(this.change.inside?.map((one) => [one.path.join('\0'), one.defaults]));
    return this.#defaults.get(path.join('\0'));
  }

  /** The navigation property at the end of a path; undefined where it leads to a value. */
  #targetOf(type: EntityType, path: StoredPath): Target | undefined {
    let owner: Target['owner'] = { type, path: [] };
    for (let at = 0; at < path.length;) {
      const navigation = navigationOf(owner.type, path[at] ?? '');
      if (navigation === undefined) {
        const property = propertyOf(owner.type, path[at] ?? '');
        if (property?.type.kind !== 'complex' || property.collection) return undefined;
        at += 1;
        owner = { type: actualType(property.type, this.#stored(path.slice(0, at))), path: path.slice(0, at) };
        continue;
      }
      const isMember = navigation.collection && at + 1 < path.length;
      const end = at + (isMember ? 2 : 1);
      if (end >= path.length) return { navigation, owner, member: isMember ? path[at + 1] : undefined };
      const inner = path.slice(0, end);
      owner = { type: actualType(navigation.type, this.#stored(inner)), path: inner };
      at = end;
    }
    return undefined;
  }

  #stored(path: StoredPath): JsonObject | undefined {
    const found = this.before && valueAt(this.before, path);
    return isJsonObject(found) ? found : undefined;
  }

  /** What is said of an entity that is named, or of a complex value inside one. */
  #valuesAt(root: NamedInside, { type, path }: Target['owner']): Values | undefined {
    const isAt = (at: StoredPath) => (one: NamedInside) => one.path.join('/') === at.join('/');
    const named = [root, ...this.named].find(isAt(path));
    if (named !== undefined || type.kind === 'entity') return named?.values;
    let end = path.length;
    let owner: NamedInside | undefined;
    while (owner === undefined && end > 0) owner = [root, ...this.named].find(isAt(path.slice(0, (end -= 1))));
    let at: { values: Values; type: StructuredType } | undefined = owner;
    for (const name of path.slice(end)) {
      const inner = at && propertyOf(at.type, name)?.type;
      if (at === undefined || inner?.kind !== 'complex') return undefined;
      at = { values: (at.values[name] ??= emptyOf(inner)) as Values, type: inner };
    }
    return at?.values;
  }

  #clear(root: NamedInside, path: StoredPath): void {
    const found = this.#targetOf(root.type, path);
    if (found === undefined) return;
    const { navigation, owner, member } = found;
    const values = this.#valuesAt(root, owner);
    const { name, target, type } = navigation;
    if (target === undefined) this.#remove(navigation, path, member === undefined);
    if (values === undefined) return;
    if (member === undefined) values[name] ??= navigation.collection ? [] : null;
    else {
      const stored = valueAt(this.before ?? {}, path);
      const gone = { '@removed': { reason: target === undefined ? 'deleted' : 'changed' } };
      const named =
        target === undefined
          ? keyIn(type, isJsonObject(stored) ? stored : {})
          : referenceTo(navigation, typeof stored === 'string' ? stored : member);
      ((values[`${name}@delta`] ??= []) as Values[]).push({ ...named, ...gone });
    }
  }

  #remove({ type, collection }: NavigationProperty, path: StoredPath, isWhole: boolean): void {
    const stored = this.#stored(path);
    if (stored === undefined) return;
    const paths = collection && isWhole ? Object.keys(stored).map((member) => [...path, member]) : [path];
    for (const one of paths) this.removed.push({ type: actualType(type, this.#stored(one)), path: one });
  }

  /** What a whole collection does not name is deleted. */
  #retain(root: NamedInside, path: StoredPath, names: readonly string[]): void {
    const found = this.#targetOf(root.type, path);
    if (found?.navigation.collection !== true || found.member !== undefined) return;
    const { navigation, owner } = found;
    const values = this.#valuesAt(root, owner);
    if (values !== undefined) values[navigation.name] ??= [];
    if (navigation.target !== undefined) return;
    for (const member of Object.keys(this.#stored(path) ?? {}))
      if (!names.includes(member)) this.#remove(navigation, [...path, member], false);
  }

  /** The collection as it is when the item is in it. */
  #insert(type: EntityType, { path, item, index }: NonNullable<Change['insert']>): void {
    const found = valueAt(this.before ?? {}, path);
    const items = Array.isArray(found) ? [...found] : [];
    items.splice(index < 0 ? items.length + 1 + index : index, 0, item);
    let at: { values: Values; type: StructuredType } = { values: this.values, type };
    for (const name of path.slice(0, -1)) {
      const inner = propertyOf(at.type, name)?.type;
      if (inner?.kind !== 'complex') return;
      at = { values: (at.values[name] ??= emptyOf(inner)) as Values, type: inner };
    }
    this.#member(at.values, at.type, [path.at(-1) ?? '', items], path);
  }
}

/** Every entity inside a stored one, and its path. */
export function entitiesInside(type: EntityType, stored: JsonObject, before: StoredPath = []): readonly InsideNode[] {
  return [...type.navigation.values()].flatMap(({ name, type: declared, collection, containsTarget }) => {
    const value = stored[name];
    if (!containsTarget || !isJsonObject(value)) return [];
    const steps = collection ? Object.keys(value).map((member) => [name, member]) : [[name]];
    return steps.flatMap((step): readonly InsideNode[] => {
      const entity = valueAt(stored, step);
      if (!isJsonObject(entity)) return [];
      const path = [...before, ...step];
      const inner = actualType(declared, entity);
      return [{ type: inner, path }, ...entitiesInside(inner, entity, path)];
    });
  });
}

/** The entities that the DTO of a new one contains, each with its own DTO, in the order in which they stand. */
export function dtosInside(type: EntityType, values: Values): readonly { readonly type: EntityType; values: Values }[] {
  return [...type.navigation.values()].flatMap(({ name, type: declared, containsTarget }) => {
    const value = values[name];
    if (!containsTarget || typeof value !== 'object' || value === null) return [];
    const members = (Array.isArray(value) ? value : [value]) as Values[];
    return members.map((one) => {
      const said = one['@odata.type'];
      return {
        type: declared.derived.find(({ qualifiedName }) => said === `#${qualifiedName}`) ?? declared,
        values: one,
      };
    });
  });
}
