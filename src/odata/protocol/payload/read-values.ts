import type { ComplexType, EntitySet, NavigationProperty, Property, StructuredType } from '../edm/model.js';
import { namesType } from '../edm/type-name.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import type { ODataVersion } from '../versions.js';
import type { Change, Retention, StoredPath } from './change.js';
import { codeOfRule, dtoValue, faultsOfProperty, ruledProperties } from './dto.js';
import { memberOf } from './enum-members.js';
import { step } from './fault-collector.js';
import { jsonValue, plainValue } from './plain-value.js';
import { DynamicReader, identifier, wellFormed } from './read-dynamic.js';
import { typeMember } from './stored-entity.js';
import { faultsOfWhole, type NewValue, wholeOf } from './whole.js';

/** What is known of a body before it is read. */
export interface BodyFormat {
  /** The version whose rules the body follows (OData 4.01 Protocol 8.1.5). */
  readonly version: ODataVersion;
  readonly ieee754Compatible: boolean;
  /** What the entity-ids of the body name; without it none is resolved. */
  readonly entityIds?: EntityIds | undefined;
  /** The body is one of the service's own: what only the service sets is taken as it stands, and nothing is transformed. */
  readonly isOwn?: boolean;
  /** Only some members are given: nothing is missing, and rules about the whole are not run. */
  readonly isPartial?: boolean;
}

/** Resolves the entity-ids of a body. */
export interface EntityIds {
  /** The key of the member of an entity set that an id names; undefined where it names none. */
  memberOf(set: EntitySet, id: string): JsonObject | undefined;
  /**
   * The key of the member of a contained collection that an id names; undefined where it names none.
   * @param collection URL of the collection, relative to the service root, where it is known
   */
  keyOf(property: NavigationProperty, id: string, collection: string | undefined): JsonObject | undefined;
}

/**
 * What null and absence mean: in a merge, "clear" and "leave alone"; in a replacement "clear" both; in a new value the same
 * thing, and nothing is written.
 */
export type Mode = 'merge' | 'replace' | 'create';

/** Where a value stands: in the body, and in stored form inside the entity that the body is about. */
export interface Place {
  /** For the client, that finds a fault by it: `chapters/0/title`. */
  readonly target: string;
  readonly path: StoredPath;
  readonly mode: Mode;
  /** What has the property of the place, as its class has it, where all of it is known. */
  readonly object?: (() => object) | undefined;
  /** The type that the place declares, where its value is known to be of a derived one: it may be said too. */
  readonly declared?: StructuredType | undefined;
}

/** What stands in a body at a navigation property: its value, or one of its annotations. */
export interface AtNavigation {
  readonly property: NavigationProperty;
  readonly value: JsonValue;
  readonly target: string;
  readonly as: 'value' | 'delta' | 'bind';
}

/** Control information about the object that it stands in. */
export type OnControl = (name: string, value: JsonValue, target: string) => void;

/** What a reader of entities adds to the reading of structured values. */
export interface Handlers {
  readonly navigation?: (at: AtNavigation) => void;
  readonly control?: OnControl;
  /** Where what is read of navigation properties goes. */
  readonly inside?: JsonObject;
}

/** A transform made nothing of a value: it is as good as absent. */
export const notGiven = Symbol('not given');

/** Control information by its name in 4.01. */
function knownControl(name: string, version: ODataVersion): string {
  if (version === '4.0' && !name.includes('@odata.')) return '';
  return name.replace('@odata.', '@');
}

/** What an object says of its type (JSON Format 4.6.3). */
export function typeIn(json: JsonObject, version: ODataVersion): JsonValue | undefined {
  return Object.entries(json).find(([name]) => knownControl(name, version) === '@type')?.[1];
}

/** Whether no update changes the property. */
export function keepsItsValue(type: StructuredType, property: Property): boolean {
  return property.immutable || isKeyOf(type, property);
}

function isKeyOf(type: StructuredType, { name }: Property): boolean {
  return type.kind === 'entity' && type.key.includes(name);
}

function derives(type: StructuredType, base: StructuredType | undefined): boolean {
  return type === base || (base?.derived as readonly StructuredType[] | undefined)?.includes(type) === true;
}

/** Reads values of a body by their declared types; collects every fault with its path, so that one answer names them all. */
export class ValueReader extends DynamicReader {
  /** Paths of replaced values of open types: nobody knows what else they have. */
  protected readonly clear: StoredPath[] = [];
  protected readonly retain: Retention[] = [];

  constructor(protected readonly format: BodyFormat) {
    super();
  }

  /** A patch, and what is done before it. */
  protected changeOf(patch: JsonObject, etag?: string): Change {
    const { clear, retain } = this;
    return { patch, etag, ...(clear.length === 0 ? {} : { clear }), ...(retain.length === 0 ? {} : { retain }) };
  }

  protected structured(type: StructuredType, json: JsonObject, place: Place, handlers: Handlers = {}): JsonObject {
    const { target, path, mode } = place;
    const result: JsonObject = {};
    const ignored: string[] = [];
    const object =
      mode === 'create' ? () => wholeOf(this.#newValue(type, json, result, { ignored, handlers })) : undefined;
    if (mode === 'replace') this.#absent(type, json, result, target);
    if (mode === 'create') this.missing(type, json, target);
    for (const [name, value] of Object.entries(json)) {
      const at = name.indexOf('@');
      const inner: Place = { target: step(target, name), path: [...path, name], mode, object };
      const property = at < 0 ? type.properties.get(name) : undefined;
      if (property !== undefined) {
        const read = this.#declared(type, property, { json, at: inner, ignored });
        if (read !== undefined) result[name] = read;
        continue;
      }
      const navigation = type.kind === 'entity' ? type.navigation.get(at < 0 ? name : name.slice(0, at)) : undefined;
      if (at < 0 && navigation !== undefined)
        handlers.navigation?.({ property: navigation, value, target: inner.target, as: 'value' });
      else if (at === 0) this.#control([name, value], { type, place, target: inner.target }, handlers.control);
      else if (at > 0 && navigation !== undefined)
        this.#ofNavigation(navigation, [name.slice(at), value], inner.target, handlers);
      else if (at > 0) {
        if (this.known(name.slice(at)) === '@type')
          this.#typeOfProperty(type, name.slice(0, at), { annotation: value, json, target: inner.target });
      } else if (type.open && identifier.test(name)) {
        if (value !== null) result[name] = this.dynamic(value, inner.target) ?? null;
        else if (mode !== 'create') result[name] = null;
      } else this.#unknown(type, inner.target);
    }
    if (object !== undefined && this.format.isPartial !== true && ruledProperties(type).length > 0)
      this.#whole(this.#newValue(type, json, result, { ignored, handlers }), object, target);
    return result;
  }

  #newValue(
    type: StructuredType,
    json: JsonObject,
    read: JsonObject,
    { ignored, handlers }: { readonly ignored: readonly string[]; readonly handlers: Handlers },
  ): NewValue {
    const isSaid = typeIn(json, this.format.version) !== undefined;
    return { type, json, read, inside: handlers.inside, ignored, isSaid };
  }

  /** What a body says of a declared property, in stored form; undefined where nothing is set. */
  #declared(
    type: StructuredType,
    property: Property,
    { json, at, ignored }: { readonly json: JsonObject; readonly at: Place; readonly ignored: string[] },
  ): JsonValue | undefined {
    const { name, computed, nullable, collection } = property;
    const value = json[name] ?? null;
    // OData 4.01 Protocol 11.4.2 and 11.4.3: what the client cannot set is ignored, whatever its value; so is the key of an
    // update, which comes from the URL.
    const isSet = computed && this.format.isOwn !== true;
    if (isSet || (at.mode !== 'create' && keepsItsValue(type, property))) {
      ignored.push(name);
      return undefined;
    }
    const given = property.onRead === undefined ? value : this.transformed(property, value, at.target, json);
    if (given === undefined) return undefined;
    if (given !== notGiven) return this.property(property, given, at);
    ignored.push(name);
    if (at.mode === 'merge') return undefined;
    if (nullable || collection) return at.mode === 'replace' ? null : undefined;
    if (!isKeyOf(type, property)) this.#mustBeGiven(at.target);
    return undefined;
  }

  /**
   * What the property's `@Transform` makes of a value of a body: undefined where that is a fault, `notGiven` where it makes
   * nothing of it.
   */
  protected transformed(
    { name, onRead }: Property,
    value: JsonValue,
    target: string,
    owner: JsonObject = { [name]: value },
  ): JsonValue | typeof notGiven | undefined {
    if (onRead === undefined || this.format.isOwn === true) return value;
    try {
      const made = onRead(plainValue(value), () => plainValue(owner) as object);
      if (made === undefined) return notGiven;
      const json = jsonValue(made, value);
      if (json !== undefined) return json;
      return this.fault('typeMismatch', target, `'${target}' is transformed to what is no JSON value.`);
    } catch (error) {
      const message = (error as Partial<Error> | undefined)?.message ?? String(error);
      return this.fault('valueNotAllowed', target, `'${target}': ${message.replace(/\.$/, '')}.`);
    }
  }

  /** The rules about the whole of a new value; where it has other faults, a validator may fail on them. */
  #whole(value: NewValue, object: () => object, target: string): void {
    try {
      const faults = faultsOfWhole(value, object, (name) => step(target, name));
      for (const { code, message, target: at = target } of faults) this.fault(code, at, message);
    } catch (error) {
      if (!this.isFaulty) throw error;
    }
  }

  /** What a replacement does not name becomes null; where it cannot, it must be named. */
  #absent(type: StructuredType, json: JsonObject, result: JsonObject, target: string): void {
    for (const property of type.properties.values()) {
      const { name, computed, nullable, collection } = property;
      if (computed || keepsItsValue(type, property) || Object.hasOwn(json, name)) continue;
      if (nullable || collection) result[name] = null;
      else this.#mustBeGiven(step(target, name));
    }
  }

  /** What a new value must have; its key is the business of who makes entities. */
  protected missing(type: StructuredType, json: JsonObject, target: string): void {
    if (this.format.isPartial === true) return;
    for (const property of type.properties.values()) {
      const { name, computed, nullable, collection } = property;
      if (computed || nullable || collection || Object.hasOwn(json, name) || isKeyOf(type, property)) continue;
      this.#mustBeGiven(step(target, name));
    }
  }

  #mustBeGiven(target: string): void {
    this.fault('nullNotAllowed', target, `'${target}' cannot be null: it must be given.`);
  }

  #unknown(type: StructuredType, target: string): void {
    this.fault('propertyNotFound', target, `The type ${type.qualifiedName} has no property '${target}'.`);
  }

  /** Control information without prefix is of 4.01 only; in a body of 4.0 it is an annotation like others (4.6). */
  protected known(name: string): string {
    return knownControl(name, this.format.version);
  }

  /** OData JSON Format 4.01, 4.6; a name that is not known here is ignored, as 4.6 asks. */
  #control(
    [name, value]: [string, JsonValue],
    { type, place, target }: { readonly type: StructuredType; readonly place: Place; readonly target: string },
    more?: OnControl,
  ): void {
    const known = this.known(name);
    if (known === '@type') {
      for (
        let base = place.declared === undefined ? undefined : type.baseType;
        base !== undefined;
        base = base.baseType
      )
        if (namesType(value, base.qualifiedName) && derives(base, place.declared)) return;
      this.type(type.qualifiedName, value, target);
    } else more?.(known === '' ? name : known, value, target);
  }

  #ofNavigation(
    property: NavigationProperty,
    [annotation, value]: [string, JsonValue],
    target: string,
    { navigation }: Handlers,
  ): void {
    const name = this.known(annotation);
    if (name === '@bind') navigation?.({ property, value, target, as: 'bind' });
    else if (name === '@delta') navigation?.({ property, value, target, as: 'delta' });
  }

  #typeOfProperty(
    type: StructuredType,
    name: string,
    {
      annotation,
      json,
      target,
    }: { readonly annotation: JsonValue; readonly json: JsonObject; readonly target: string },
  ): void {
    const property = type.properties.get(name);
    if (property !== undefined) {
      const { type: item, collection } = property;
      const own = item.kind === 'primitive' ? item.name : item.qualifiedName;
      const derived = item.kind === 'complex' ? item.derived.map(({ qualifiedName }) => qualifiedName) : [];
      const names = [own, ...derived].map((one) => (collection ? `Collection(${one})` : one));
      if (!names.some((one) => namesType(annotation, one))) this.type(names[0] ?? '', annotation, target);
    } else if (type.open) this.dynamicType(annotation, json[name] ?? null, target);
  }

  protected type(declared: string, value: JsonValue, target: string): void {
    if (namesType(value, declared)) return;
    this.fault('odataTypeMismatch', target, `'${target}' must be "#${declared}", the type of its place.`);
  }

  /**
   * The type that a value says it is of, among the declared one and those derived from it (JSON Format 4.6.3). What is said
   * wrongly is a fault, for the reader of the value.
   */
  protected saidType<T extends StructuredType>(
    declared: T,
    json: JsonObject,
  ): { readonly type: T; readonly isSaid: boolean } {
    if (declared.derived.length === 0) return { type: declared, isSaid: false };
    const annotation = typeIn(json, this.format.version);
    const types = [declared, ...(declared.derived as readonly T[])];
    const type =
      annotation === undefined ? undefined : types.find(({ qualifiedName }) => namesType(annotation, qualifiedName));
    return { type: type ?? declared, isSaid: type !== undefined };
  }

  protected property(property: Property, value: JsonValue, at: Place): JsonValue | undefined {
    const { target, mode } = at;
    if (!property.collection) {
      if (value !== null) return this.#value(property, value, at);
      if (property.nullable) return mode === 'create' ? undefined : null;
      return this.fault('nullNotAllowed', target, `'${target}' cannot be null.`);
    }
    if (value === null) return this.fault('nullNotAllowed', target, `'${target}' is a collection and cannot be null.`);
    if (!Array.isArray(value)) return this.fault('typeMismatch', target, `'${target}' must be an array.`);
    const items = value.map((item, index) => this.item(property, item, step(target, index), at.object) ?? null);
    if (mode !== 'create' && property.objectRules.length > 0) this.#local(property, items, target);
    // In stored form an empty collection is absent, as null is.
    if (items.length === 0) return mode === 'create' ? undefined : null;
    return items;
  }

  /** Rules that look at nothing but the collection: nobody else sees that it is replaced by an empty one. */
  #local(property: Property, items: readonly JsonValue[], target: string): void {
    const object = { [property.name]: dtoValue(property, [...items]) };
    for (const { code, message } of faultsOfProperty(property, object, target, ({ isLocal }) => isLocal))
      this.fault(code, target, message);
  }

  protected item(property: Property, item: JsonValue, target: string, object?: () => object): JsonValue | undefined {
    if (item === null) {
      if (!property.nullable) this.fault('nullNotAllowed', target, `'${target}': an item cannot be null.`);
      return null;
    }
    return this.#value(property, item, { target, mode: 'create', path: [], object });
  }

  #value(property: Property, value: JsonValue, at: Place): JsonValue | undefined {
    const read = this.#typed(property.type, value, at);
    if (read === undefined) return undefined;
    for (const rule of this.rulesOf(property)) {
      if (rule.accepts(read, at.object)) continue;
      return this.fault(codeOfRule(rule.name), at.target, `'${at.target}': ${rule.explain(read, at.object)}.`);
    }
    return read;
  }

  /** The rules that values of a property obey. */
  protected rulesOf({ rules }: Property): Property['rules'] {
    return rules;
  }

  #typed(type: Property['type'], value: JsonValue, at: Place): JsonValue | undefined {
    const { target } = at;
    switch (type.kind) {
      case 'complex':
        return this.complex(type, value, at);
      case 'enum': {
        const member = typeof value === 'string' ? memberOf(type, value) : undefined;
        if (member !== undefined) return member;
        const message = `'${target}' must be a member of ${type.qualifiedName}: ${type.members.join(', ')}.`;
        return this.fault(typeof value === 'string' ? 'unknownEnumMember' : 'typeMismatch', target, message);
      }
      case 'primitive': {
        const read = type.read(value, this.format);
        if (read === undefined) return this.fault('typeMismatch', target, `'${target}' must be ${type.expects}.`);
        if (typeof read !== 'string' || wellFormed(read)) return read;
        return this.fault('invalidCharacters', target, `'${target}' holds U+0000 or half a surrogate pair.`);
      }
    }
  }

  protected complex(declared: ComplexType, value: JsonValue, at: Place): JsonValue | undefined {
    const { target, path, mode } = at;
    if (!isJsonObject(value))
      return this.fault('typeMismatch', target, `'${target}' must be an object of type ${declared.qualifiedName}.`);
    const { type, isSaid } = this.saidType(declared, value);
    if (type.abstract)
      return this.fault(
        'odataTypeMismatch',
        target,
        `'${target}' must say its type: ${declared.qualifiedName} is abstract.`,
      );
    if (mode === 'replace' && type.open) this.clear.push(path);
    const read = this.structured(type, value, at);
    if (declared.derived.length === 0) return read;
    if (mode === 'create') return type === declared ? read : { [typeMember]: type.qualifiedName, ...read };
    // A value that becomes one of another type keeps what both have.
    const isChanged = mode === 'replace' || isSaid;
    if (isChanged && !type.open) this.retain.push({ path, names: [...type.properties.keys()] });
    return isChanged ? { ...read, [typeMember]: type === declared ? null : type.qualifiedName } : read;
  }
}
