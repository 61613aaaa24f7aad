import type { ComplexType, EntitySet, NavigationProperty, Property, StructuredType } from '../edm/model.js';
import type { EnumType } from '../edm/schema.js';
import { namesType } from '../edm/type-name.js';
import type { ErrorCode } from '../error-codes.js';
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.js';
import { type Fault, ODataError } from '../odata-error.js';
import type { ODataVersion } from '../versions.js';
import type { Change, Retention, StoredPath } from './change.js';
import { typeMember } from './stored-entity.js';

/** What is known of a body before it is read. */
export interface BodyFormat {
  /** The version whose rules the body follows (OData 4.01 Protocol 8.1.5). */
  readonly version: ODataVersion;
  readonly ieee754Compatible: boolean;
  /** What the entity-ids of the body name; without it none is resolved. */
  readonly entityIds?: EntityIds | undefined;
  /** The body is one of the service's own: what only the service sets is taken as it stands. */
  readonly isOwn?: boolean;
  /** Only some members are given: nothing is missing. */
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

/** More faults than this are counted, not listed: an answer must not outgrow its question. */
const maxFaults = 100;
const maxNameLength = 80;

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
}

const wellFormed = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
const shorten = (text: string): string => (text.length > maxNameLength ? `${text.slice(0, maxNameLength)}…` : text);

/** Control information by its name in 4.01. */
function knownControl(name: string, version: ODataVersion): string {
  if (version === '4.0' && !name.includes('@odata.')) return '';
  return name.replace('@odata.', '@');
}

/** What an object says of its type (JSON Format 4.6.3). */
export function typeIn(json: JsonObject, version: ODataVersion): JsonValue | undefined {
  return Object.entries(json).find(([name]) => knownControl(name, version) === '@type')?.[1];
}

/** The target of what is inside another one. */
export function step(target: string, name: string | number): string {
  return target === '' ? shorten(String(name)) : `${target}/${shorten(String(name))}`;
}

/** Whether no update changes the property. */
export function keepsItsValue(type: StructuredType, { name, immutable }: Property): boolean {
  return immutable || (type.kind === 'entity' && type.key.includes(name));
}

function derives(type: StructuredType, base: StructuredType | undefined): boolean {
  return type === base || (base?.derived as readonly StructuredType[] | undefined)?.includes(type) === true;
}

/** Types whose values say it by their JSON: that of a dynamic property is kept only by it. */
const plainTypes: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  String: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  ...Object.fromEntries(
    ['Byte', 'SByte', 'Int16', 'Int32', 'Int64', 'Decimal', 'Single', 'Double'].map((name) => [
      name,
      (value: JsonValue) => typeof value === 'number' || value instanceof JsonNumber,
    ]),
  ),
};

/** A name that a property can have (OData CSDL 4.01, 15.2), and an object of JavaScript too. */
const identifier = /^(?!__proto__$)[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]{0,127}$/u;

/** Reads values of a body by their declared types; collects every fault with its path, so that one answer names them all. */
export class ValueReader {
  readonly #faults: Fault[] = [];
  #faultCount = 0;
  /** Paths of replaced values of open types: nobody knows what else they have. */
  protected readonly clear: StoredPath[] = [];
  protected readonly retain: Retention[] = [];

  constructor(protected readonly format: BodyFormat) {}

  /** @throws ODataError with every fault found so far */
  finish(): void {
    const [first, ...others] = this.#faults;
    if (first === undefined) return;
    const unlisted = this.#faultCount - this.#faults.length;
    if (unlisted > 0) others.push({ code: first.code, message: `${unlisted} more faults are not listed.` });
    throw ODataError.ofFaults([first, ...others]);
  }

  fault(code: ErrorCode, target: string, message: string): undefined {
    this.#faultCount += 1;
    if (this.#faults.length < maxFaults) this.#faults.push({ code, message, target });
    return undefined;
  }

  /** A patch, and what is done before it. */
  protected changeOf(patch: JsonObject, etag?: string): Change {
    const { clear, retain } = this;
    return { patch, etag, ...(clear.length === 0 ? {} : { clear }), ...(retain.length === 0 ? {} : { retain }) };
  }

  /** Takes over the faults that another reader found. */
  protected absorb(other: ValueReader): void {
    this.#faultCount += other.#faultCount;
    this.#faults.push(...other.#faults.slice(0, maxFaults - this.#faults.length));
  }

  protected structured(type: StructuredType, json: JsonObject, place: Place, handlers: Handlers = {}): JsonObject {
    const { target, path, mode } = place;
    const result: JsonObject = {};
    if (mode === 'replace') this.#absent(type, json, result, target);
    if (mode === 'create') this.missing(type, json, target);
    for (const [name, value] of Object.entries(json)) {
      const at = name.indexOf('@');
      const inner: Place = { target: step(target, name), path: [...path, name], mode };
      const property = at < 0 ? type.properties.get(name) : undefined;
      if (property !== undefined) {
        // OData 4.01 Protocol 11.4.2 and 11.4.3: what the client cannot set is ignored, whatever its value; so is the key
        // of an update, which comes from the URL.
        const isSet = property.computed && this.format.isOwn !== true;
        if (isSet || (mode !== 'create' && keepsItsValue(type, property))) continue;
        const read = this.property(property, value, inner);
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
        const read = this.#dynamic(value, inner.target, mode);
        if (read !== undefined) result[name] = read;
      } else this.#unknown(type, inner.target);
    }
    return result;
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
    for (const { name, computed, nullable, collection } of type.properties.values()) {
      if (computed || nullable || collection || Object.hasOwn(json, name)) continue;
      if (type.kind === 'entity' && type.key.includes(name)) continue;
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
    } else if (type.open) this.#dynamicType(annotation, json[name] ?? null, target);
  }

  /** The type of a dynamic property: one that a reader takes from its JSON (JSON Format 4.6.3). */
  #dynamicType(annotation: JsonValue, value: JsonValue, target: string): void {
    const isItem = (name: string, item: JsonValue): boolean =>
      namesType(annotation, `Edm.${name}`) && (plainTypes[name]?.(item) ?? false);
    const areItems = (name: string): boolean =>
      namesType(annotation, `Collection(Edm.${name})`) &&
      Array.isArray(value) &&
      value.every((item) => item === null || plainTypes[name]?.(item));
    if (value === null || Object.keys(plainTypes).some((name) => isItem(name, value) || areItems(name))) return;
    this.fault('notImplemented', target, `A dynamic property of the type that '${target}' says is not implemented.`);
  }

  /** A property that an open type does not declare: what its JSON says (OData CSDL 4.01, 6.3). */
  #dynamic(value: JsonValue, target: string, mode: Mode): JsonValue | undefined {
    if (value === null) return mode === 'create' ? undefined : null;
    return this.#dynamicValue(value, target);
  }

  #dynamicValue(value: JsonValue, target: string): JsonValue | undefined {
    if (typeof value === 'string' && !wellFormed(value))
      return this.fault('invalidCharacters', target, `'${target}' holds U+0000 or half a surrogate pair.`);
    if (value instanceof JsonNumber && !Number.isFinite(Number(value.text)))
      return this.fault('valueOutOfRange', target, `'${target}' is outside of the numbers that are kept.`);
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) this.#dynamicValue(item, step(target, index));
    } else if (isJsonObject(value)) {
      for (const [name, member] of Object.entries(value)) {
        if (identifier.test(name)) this.#dynamicValue(member, step(target, name));
        else
          this.fault(
            'notImplemented',
            step(target, name),
            `'${step(target, name)}' in a dynamic value is not implemented.`,
          );
      }
    }
    return value;
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
    // In stored form an empty collection is absent, as null is.
    if (value.length === 0) return mode === 'create' ? undefined : null;
    return value.map((item, index) => this.item(property, item, step(target, index)) ?? null);
  }

  protected item(property: Property, item: JsonValue, target: string): JsonValue | undefined {
    if (item === null) {
      if (!property.nullable) this.fault('nullNotAllowed', target, `'${target}': an item cannot be null.`);
      return null;
    }
    return this.#value(property, item, { target, mode: 'create', path: [] });
  }

  #value(property: Property, value: JsonValue, at: Place): JsonValue | undefined {
    const read = this.#typed(property.type, value, at);
    if (read === undefined) return undefined;
    for (const rule of property.rules) {
      if (rule.accepts(read)) continue;
      return this.fault(codeOfRule(rule.name), at.target, `'${at.target}': ${rule.explain(read)}.`);
    }
    return read;
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

/** The code of a value that breaks a rule of class-validator. */
export function codeOfRule(name: string): ErrorCode {
  if (name === 'maxLength') return 'valueTooLong';
  return name === 'min' || name === 'max' ? 'valueOutOfRange' : 'valueNotAllowed';
}

/** The bits of flags by their number, or undefined where it has others. */
function flagsOf(members: readonly string[], value: number): readonly string[] | undefined {
  return value < 2 ** members.length ? members.filter((_, bit) => Math.floor(value / 2 ** bit) % 2 === 1) : undefined;
}

/** An enumeration value by name, or by number in a string (OData JSON Format 4.01, 7.1); of flags, several names. */
function memberOf({ members, flags }: EnumType, value: string): string | undefined {
  const isNumber = /^\d{1,10}$/.test(value);
  if (!flags) return isNumber ? members[Number(value)] : members.find((member) => member === value);
  if (isNumber) return flagsOf(members, Number(value))?.join();
  const named = value.split(',').map((name) => name.trim());
  if (named.some((name) => !members.includes(name))) return undefined;
  return members.filter((member) => named.includes(member)).join();
}
