import type { ComplexType, EntityType, NavigationProperty, Property, StructuredType } from '../edm/model.js';
import type { TypeFamily } from '../edm/primitive-types.js';
import { namesType } from '../edm/type-name.js';
import type { ErrorCode } from '../error-codes.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { parseJson } from '../json/parse-json.js';
import { type Fault, ODataError } from '../odata-error.js';
import type { ODataVersion } from '../versions.js';
import { namesEntity } from '../uri/entity-path.js';
import type { Change, NewEntity } from './change.js';

/** What is known of a body before it is read. */
export interface BodyFormat {
  /** The version whose rules the body follows (OData 4.01 Protocol 8.1.5). */
  readonly version: ODataVersion;
  readonly ieee754Compatible: boolean;
}

/** More faults than this are counted, not listed: an answer must not outgrow its question. */
const maxFaults = 100;
const maxNameLength = 80;

/**
 * What null and absence mean: in a merge, "clear" and "leave alone"; in a replacement "clear" both; in a new value the same
 * thing, and nothing is written.
 */
type Mode = 'merge' | 'replace' | 'create';

/** Where a value stands in the body, and what null means there. */
interface Place {
  readonly path: string;
  readonly mode: Mode;
  /** Names on the way from the entity, where the body is that of a property. */
  readonly prefix?: readonly string[];
}

/** A structural property of an entity, or inside its complex values, by the names on the way. */
export interface PropertyPlace {
  readonly property: Property;
  readonly names: readonly string[];
}

/** How a value inside an entity is read, and the names on the way to it. */
interface Inside {
  readonly mode: Mode;
  readonly prefix: readonly string[];
}

/** A value inside objects of the given names. */
function nested(names: readonly string[], value: JsonValue): JsonObject {
  return names.reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value) as JsonObject;
}

const wellFormed = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
const shorten = (text: string): string => (text.length > maxNameLength ? `${text.slice(0, maxNameLength)}…` : text);
const step = (path: string, name: string | number): string =>
  path === '' ? shorten(String(name)) : `${path}/${shorten(String(name))}`;

/** Whether no update changes the property. */
function keepsItsValue(type: StructuredType, { name, immutable }: Property): boolean {
  return immutable || (type.kind === 'entity' && type.key.includes(name));
}

/** Reads one body; collects every fault with its path, so that one answer names them all. */
class BodyReader {
  readonly #faults: Fault[] = [];
  #faultCount = 0;
  /** Paths of replaced values of open types: nobody knows what else they have. */
  readonly #clear: (readonly string[])[] = [];
  etag: string | undefined;

  constructor(
    private readonly format: BodyFormat,
    private readonly entityUrl: string | undefined,
  ) {}

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

  newEntity(type: EntityType, body: JsonObject, path: string): NewEntity {
    const key = type.key.length === 1 ? type.key[0] : undefined;
    const contained = new Map<string, NewEntity>();
    const properties = this.#structured(type, body, { path, mode: 'create' }, (navigation, value, target) => {
      if (value === null) return;
      if (navigation.collection)
        this.fault('notImplemented', target, `Deep insert into '${target}' is not implemented.`);
      else if (!isJsonObject(value)) this.fault('typeMismatch', target, `'${target}' must be an entity or null.`);
      else if (this.#isReference(value)) this.#refuseBinding(navigation.name, target);
      else contained.set(navigation.name, this.newEntity(navigation.type, value, target));
    });
    if (key === undefined) return { properties, key: undefined, contained };
    const { [key]: keyValue, ...others } = properties;
    return { properties: others, key: keyValue as string | undefined, contained };
  }

  change(type: EntityType, body: JsonObject, mode: 'merge' | 'replace', path = ''): Change {
    if (mode === 'replace' && type.open)
      this.fault('notImplemented', path, 'Replacing an entity of an open type is not implemented.');
    const contained = new Map<string, Change>();
    const patch = this.#structured(type, body, { path, mode }, (navigation, value, target) => {
      // What is contained and null is removed, with everything in it.
      if (this.format.version === '4.01' && value === null && !navigation.collection)
        this.#clear.push([navigation.name]);
      else if (this.#canCarry(navigation, value, target))
        contained.set(navigation.name, this.change(navigation.type, value, mode, target));
    });
    if (path !== '') return { patch, etag: undefined };
    return { ...this.#changed(patch), ...(contained.size === 0 ? {} : { contained }) };
  }

  #changed(patch: JsonObject): Change {
    return { patch, etag: this.etag, ...(this.#clear.length === 0 ? {} : { clear: this.#clear }) };
  }

  /** The new value of a property: a complex one is the body itself, any other stands under `value` (JSON Format 11). */
  propertyChange({ property, names }: PropertyPlace, body: JsonObject, mode: 'merge' | 'replace'): Change {
    if (property.type.kind === 'complex' && !property.collection) {
      const value = this.#structured(property.type, body, { path: '', mode, prefix: names });
      return this.#changed(nested(names, value));
    }
    return this.#changed(
      nested(names, this.#property(property, this.#only(body), 'value', { mode, prefix: names }) ?? null),
    );
  }

  /** An item of a collection: a complex one is the body itself, any other stands under `value`. */
  insertion({ property, names }: PropertyPlace, body: JsonObject, index: number): Change {
    const [value, target] = property.type.kind === 'complex' ? [body, ''] : [this.#only(body), 'value'];
    const item = this.#item(property, value, target) ?? null;
    return { patch: nested(names.slice(0, -1), {}), insert: { path: names, item, index }, etag: undefined };
  }

  /** The member `value` of a body that has nothing beside it but annotations. */
  #only(body: JsonObject): JsonValue {
    for (const name of Object.keys(body)) {
      if (name !== 'value' && !name.includes('@'))
        this.fault('propertyNotFound', step('', name), `Only 'value' can stand here, not '${step('', name)}'.`);
    }
    if (body.value !== undefined) return body.value;
    this.fault('bodyRequired', 'value', "The body must have a member 'value'.");
    return null;
  }

  /** Whether an update can carry what stands at a navigation property: one entity, in a body of 4.01, one level deep. */
  #canCarry({ name, type, collection }: NavigationProperty, value: JsonValue, target: string): value is JsonObject {
    const url = `Change the entity at its own URL, …/${name}.`;
    if (this.format.version === '4.0') {
      this.fault('inlineEntityNotAllowed', target, `An OData 4.0 update cannot carry '${target}' inline. ${url}`);
    } else if (collection || target.includes('/')) {
      this.fault('notImplemented', target, `Deep update of '${target}' is not implemented. ${url}`);
    } else if (!isJsonObject(value)) {
      this.fault('typeMismatch', target, `'${target}' must be an entity or null.`);
    } else if (this.#isReference(value)) {
      this.#refuseBinding(name, target);
    } else if ('@removed' in value || '@odata.removed' in value) {
      this.fault('notImplemented', target, `'@removed' inside '${target}' is not heeded: null removes it. ${url}`);
    } else if ('@etag' in value || '@odata.etag' in value) {
      this.fault('notImplemented', target, `An ETag inside '${target}' is not heeded. ${url}`);
    } else if (type.open) {
      this.fault('notImplemented', target, `Deep update of '${target}' is not implemented. ${url}`);
    } else return true;
    return false;
  }

  #structured(
    type: StructuredType,
    json: JsonObject,
    place: Place,
    onNavigation?: (property: NavigationProperty, value: JsonValue, target: string) => void,
  ): JsonObject {
    const { path, mode, prefix = [] } = place;
    const result: JsonObject = {};
    if (mode === 'replace') this.#absent(type, json, result, path);
    for (const [name, value] of Object.entries(json)) {
      const at = name.indexOf('@');
      const property = at < 0 ? type.properties.get(name) : undefined;
      if (property !== undefined) {
        // OData 4.01 Protocol 11.4.2 and 11.4.3: what the client cannot set is ignored, whatever its value; so is the key
        // of an update, which comes from the URL.
        if (property.computed || (mode !== 'create' && keepsItsValue(type, property))) continue;
        const read = this.#property(property, value, step(path, name), { mode, prefix: [...prefix, name] });
        if (read !== undefined) result[name] = read;
        continue;
      }
      const navigation = at < 0 && type.kind === 'entity' ? type.navigation.get(name) : undefined;
      if (navigation !== undefined) onNavigation?.(navigation, value, step(path, name));
      else if (at === 0) this.#controlInformation(type, name, value, path);
      else if (at > 0) this.#propertyAnnotation(type, [name.slice(0, at), name.slice(at)], value, path);
      else this.#unknown(type, step(path, name));
    }
    return result;
  }

  /** What a replacement does not name becomes null; where it cannot, it must be named. */
  #absent(type: StructuredType, json: JsonObject, result: JsonObject, path: string): void {
    for (const property of type.properties.values()) {
      const { name, computed, nullable, collection } = property;
      if (computed || keepsItsValue(type, property) || Object.hasOwn(json, name)) continue;
      if (nullable || collection) result[name] = null;
      else this.fault('nullNotAllowed', step(path, name), `'${step(path, name)}' cannot be null: it must be given.`);
    }
  }

  #unknown(type: StructuredType, target: string): void {
    this.fault('propertyNotFound', target, `The type ${type.qualifiedName} has no property '${target}'.`);
  }

  /** Control information without prefix is of 4.01 only; in a body of 4.0 it is an annotation like others (4.6). */
  #known(name: string): string {
    if (this.format.version === '4.0' && !name.includes('@odata.')) return '';
    return name.replace('@odata.', '@');
  }

  /** OData JSON Format 4.01, 4.6; a name that is not known here is ignored, as 4.6 asks. */
  #controlInformation(type: StructuredType, name: string, value: JsonValue, path: string): void {
    switch (this.#known(name)) {
      case '@type':
        this.#type(type.qualifiedName, value, step(path, name));
        break;
      case '@id':
        if (type.kind === 'entity') this.#identity(name, value, path);
        break;
      case '@etag':
        if (path !== '' || this.format.version === '4.0') break;
        if (typeof value === 'string') this.etag = value;
        else this.fault('typeMismatch', name, `'${name}' must be an entity tag.`);
        break;
    }
  }

  /**
   * OData 4.01 Protocol 11.4.3: the identity of an entity cannot change, nor can that of the entity which it contains;
   * inside a new entity there is none to compare with.
   */
  #identity(name: string, value: JsonValue, path: string): void {
    if (this.entityUrl === undefined) return;
    const url = path === '' ? this.entityUrl : `${this.entityUrl}/${path}`;
    if (namesEntity(value, url)) return;
    const target = step(path, name);
    this.fault('entityIdMismatch', target, `'${target}' names another entity than the one in its place.`);
  }

  /** An object that says which entity is meant and no more (OData JSON Format 4.01, 14): it binds, and is no entity. */
  #isReference(json: JsonObject): boolean {
    const names = Object.keys(json);
    return names.some((name) => this.#known(name) === '@id') && names.every((name) => name.startsWith('@'));
  }

  #refuseBinding(property: string, target: string): void {
    this.fault('bindNotAllowed', target, `'${property}' contains its entity; it cannot be bound to another one.`);
  }

  #propertyAnnotation(
    type: StructuredType,
    [property, annotation]: readonly [string, string],
    value: JsonValue,
    path: string,
  ): void {
    const target = step(path, `${property}${annotation}`);
    const name = this.#known(annotation);
    const declared = type.properties.get(property);
    if (name === '@type' && declared !== undefined) {
      const itemName = declared.type.kind === 'primitive' ? declared.type.name : declared.type.qualifiedName;
      this.#type(declared.collection ? `Collection(${itemName})` : itemName, value, target);
    } else if (name === '@bind' && type.kind === 'entity' && type.navigation.has(property)) {
      this.#refuseBinding(property, target);
    }
  }

  #type(declared: string, value: JsonValue, target: string): void {
    if (namesType(value, declared)) return;
    this.fault('odataTypeMismatch', target, `'${target}' must be "#${declared}", the declared type of its place.`);
  }

  #property(property: Property, value: JsonValue, target: string, at: Inside): JsonValue | undefined {
    if (!property.collection) {
      if (value !== null) return this.#value(property, value, target, at);
      if (property.nullable) return at.mode === 'create' ? undefined : null;
      return this.fault('nullNotAllowed', target, `'${target}' cannot be null.`);
    }
    if (value === null) return this.fault('nullNotAllowed', target, `'${target}' is a collection and cannot be null.`);
    if (!Array.isArray(value)) return this.fault('typeMismatch', target, `'${target}' must be an array.`);
    // In stored form an empty collection is absent, as null is.
    if (value.length === 0) return at.mode === 'create' ? undefined : null;
    return value.map((item, index) => this.#item(property, item, step(target, index)) ?? null);
  }

  #item(property: Property, item: JsonValue, target: string): JsonValue | undefined {
    if (item === null) {
      if (!property.nullable) this.fault('nullNotAllowed', target, `'${target}': an item cannot be null.`);
      return null;
    }
    return this.#value(property, item, target, { mode: 'create', prefix: [] });
  }

  #value(property: Property, value: JsonValue, target: string, at: Inside): JsonValue | undefined {
    const read = this.#typed(property.type, value, target, at);
    if (read === undefined) return undefined;
    for (const rule of property.rules) {
      if (rule.accepts(read)) continue;
      return this.fault(codeOfRule(rule.name), target, `'${target}': ${rule.explain(read)}.`);
    }
    return read;
  }

  #typed(type: Property['type'], value: JsonValue, target: string, at: Inside): JsonValue | undefined {
    switch (type.kind) {
      case 'complex':
        return this.#complex(type, value, target, at);
      case 'enum': {
        const member = typeof value === 'string' ? memberOf(type.members, value) : undefined;
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

  #complex(type: ComplexType, value: JsonValue, target: string, at: Inside): JsonValue | undefined {
    if (isJsonObject(value)) {
      if (at.mode === 'replace' && type.open) this.#clear.push(at.prefix);
      return this.#structured(type, value, { path: target, ...at });
    }
    return this.fault('typeMismatch', target, `'${target}' must be an object of type ${type.qualifiedName}.`);
  }
}

/**
 * Holds a key out of a URL to the rules of its property.
 * @throws ODataError 400 where an entity cannot have it
 */
export function checkKey({ key: [name = ''], properties }: EntityType, value: string): void {
  const broken = properties.get(name)?.rules.find((rule) => !rule.accepts(value));
  if (broken === undefined) return;
  throw new ODataError(codeOfRule(broken.name), `'${name}': ${broken.explain(value)}.`, { target: name });
}

/** A merge patch as a value that is there from the start: what is null in it is absent. */
export function valueOfPatch(patch: JsonObject): JsonObject {
  const members = Object.entries(patch).filter(([, value]) => value !== null);
  return Object.fromEntries(members.map(([name, value]) => [name, isJsonObject(value) ? valueOfPatch(value) : value]));
}

function codeOfRule(name: string): ErrorCode {
  if (name === 'maxLength') return 'valueTooLong';
  return name === 'min' || name === 'max' ? 'valueOutOfRange' : 'valueNotAllowed';
}

/** An enumeration value by name, or by number in a string (OData JSON Format 4.01, 7.1). */
function memberOf(members: readonly string[], value: string): string | undefined {
  if (members.includes(value)) return value;
  return /^\d{1,10}$/.test(value) ? members[Number(value)] : undefined;
}

/** A parsed body: its value, and the paths of names that stand twice in their object. */
export interface Body {
  readonly value: JsonValue;
  readonly duplicates: readonly string[];
}

function open(body: Body, format: BodyFormat, entityUrl?: string): { reader: BodyReader; object: JsonObject } {
  if (!isJsonObject(body.value)) {
    throw new ODataError('bodyNotObject', 'The body must be one JSON object, the representation of an entity.');
  }
  const reader = new BodyReader(format, entityUrl);
  for (const path of body.duplicates) reader.fault('duplicateMember', path, `'${path}' stands twice in its object.`);
  return { reader, object: body.value };
}

/**
 * Reads the body of an update (PATCH, `merge`; PUT, `replace`; OData 4.01 Protocol 11.4.3) of one entity.
 * @param entityUrl canonical URL of the entity, relative to the service root; undefined where it is not one
 * @throws ODataError 400 with every fault and its path
 */
export function readChange(
  type: EntityType,
  body: Body,
  format: BodyFormat,
  { entityUrl, mode = 'merge' }: { readonly entityUrl?: string; readonly mode?: 'merge' | 'replace' } = {},
): Change {
  const { reader, object } = open(body, format, entityUrl);
  const change = reader.change(type, object, mode);
  reader.finish();
  return change;
}

/**
 * Reads the body of an update of one property (OData 4.01 Protocol 11.4.9.1, 11.4.9.3 and 11.4.9.4).
 * @throws ODataError 400 with every fault and its path
 */
export function readPropertyChange(
  place: PropertyPlace,
  body: Body,
  format: BodyFormat,
  mode: 'merge' | 'replace',
): Change {
  const { reader, object } = open(body, format);
  const change = reader.propertyChange(place, object, mode);
  reader.finish();
  return change;
}

/**
 * Reads the raw text of a primitive property (OData 4.01 Protocol 11.4.9.1), as `/$value` gives it.
 * @throws ODataError 400 where it is no value of the property
 */
export function readRawValue(place: PropertyPlace, text: string): Change {
  const { type } = place.property;
  const literal = type.kind === 'primitive' && rawJson.has(type.family) && jsonScalar.test(text);
  const value = literal ? parseJson(text, 1).value : text;
  return readPropertyChange(
    place,
    { value: { value }, duplicates: [] },
    { version: '4.01', ieee754Compatible: true },
    'replace',
  );
}

/** Families whose raw text is a JSON value as it stands; that of all others is a JSON string. */
const rawJson: ReadonlySet<TypeFamily> = new Set(['boolean', 'integer', 'decimal', 'double']);
const jsonScalar = /^(?:true|false|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/**
 * Reads the body of a request that adds an item to a collection (OData 4.01 Protocol 11.4.9.4 and 11.4.10).
 * @param index where it goes; -1 behind the last
 * @throws ODataError 400 with every fault and its path
 */
export function readInsertion(place: PropertyPlace, body: Body, format: BodyFormat, index: number): Change {
  const { reader, object } = open(body, format);
  const change = reader.insertion(place, object, index);
  reader.finish();
  return change;
}

/**
 * The change that sets a property to null, or empties a collection (OData 4.01 Protocol 11.4.9.2).
 * @throws ODataError 400 where the property cannot be null
 */
export function removal({ property, names }: PropertyPlace): Change {
  if (!property.nullable && !property.collection) {
    const target = names.join('/');
    throw new ODataError('nullNotAllowed', `'${target}' cannot be null.`, { target });
  }
  return { patch: nested(names, null), etag: undefined };
}

/**
 * Reads the body of a create request (POST, OData 4.01 Protocol 11.4.2), contained entities inline.
 * @throws ODataError 400 with every fault and its path
 */
export function readNewEntity(type: EntityType, body: Body, format: BodyFormat): NewEntity {
  const { reader, object } = open(body, format);
  const entity = reader.newEntity(type, object, '');
  reader.finish();
  return entity;
}
