import type { ComplexType, EntityType, NavigationProperty, Property, StructuredType } from '../edm/model.js';
import { namesType } from '../edm/type-name.js';
import type { ErrorCode } from '../error-codes.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
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

/** What null and absence mean: in a merge, "clear" and "leave alone"; in a new value, the same thing. */
type Mode = 'merge' | 'create';

/** Where a value stands in the body, and what null means there. */
interface Place {
  readonly path: string;
  readonly mode: Mode;
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
      else contained.set(navigation.name, this.newEntity(navigation.type, value, target));
    });
    if (key === undefined) return { properties, key: undefined, contained };
    const { [key]: keyValue, ...others } = properties;
    return { properties: others, key: keyValue as string | undefined, contained };
  }

  change(type: EntityType, body: JsonObject): Change {
    const patch = this.#structured(type, body, { path: '', mode: 'merge' }, (navigation, _, target) =>
      this.#inlineInUpdate(navigation, target),
    );
    return { patch, etag: this.etag };
  }

  #inlineInUpdate(navigation: NavigationProperty, target: string): void {
    const url = `PATCH the entity at its own URL, …/${navigation.name}.`;
    if (this.format.version === '4.0') {
      this.fault('inlineEntityNotAllowed', target, `An OData 4.0 update cannot carry '${target}' inline. ${url}`);
    } else {
      this.fault('notImplemented', target, `Deep update of '${target}' is not implemented. ${url}`);
    }
  }

  #structured(
    type: StructuredType,
    json: JsonObject,
    { path, mode }: Place,
    onNavigation?: (property: NavigationProperty, value: JsonValue, target: string) => void,
  ): JsonObject {
    const result: JsonObject = {};
    for (const [name, value] of Object.entries(json)) {
      const at = name.indexOf('@');
      const property = at < 0 ? type.properties.get(name) : undefined;
      if (property !== undefined) {
        // OData 4.01 Protocol 11.4.2 and 11.4.3: what the client cannot set is ignored, whatever its value; so is the key
        // of an update, which comes from the URL.
        if (property.computed || (mode === 'merge' && keepsItsValue(type, property))) continue;
        const read = this.#property(property, value, step(path, name), mode);
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

  #unknown(type: StructuredType, target: string): void {
    this.fault('propertyNotFound', target, `The type ${type.qualifiedName} has no property '${target}'.`);
  }

  /** OData JSON Format 4.01, 4.6; a name that is not known here is ignored, as 4.6 asks. */
  #controlInformation(type: StructuredType, name: string, value: JsonValue, path: string): void {
    switch (name.replace('@odata.', '@')) {
      case '@type':
        this.#type(type.qualifiedName, value, step(path, name));
        break;
      case '@id':
        // 11.4.3: the identity of an entity cannot change; inside a new entity there is none to compare with.
        if (path === '' && this.entityUrl !== undefined && !namesEntity(value, this.entityUrl)) {
          this.fault('entityIdMismatch', name, `'${name}' names another entity than the URL of the request does.`);
        }
        break;
      case '@etag':
        if (path === '' && typeof value === 'string') this.etag = value;
        break;
    }
  }

  #propertyAnnotation(
    type: StructuredType,
    [property, annotation]: readonly [string, string],
    value: JsonValue,
    path: string,
  ): void {
    const target = step(path, `${property}${annotation}`);
    const name = annotation.replace('@odata.', '@');
    const declared = type.properties.get(property);
    if (name === '@type' && declared !== undefined) {
      const itemName = declared.type.kind === 'primitive' ? declared.type.name : declared.type.qualifiedName;
      this.#type(declared.collection ? `Collection(${itemName})` : itemName, value, target);
    } else if (name === '@bind' && type.kind === 'entity' && type.navigation.has(property)) {
      this.fault('bindNotAllowed', target, `'${property}' contains its entity; it cannot be bound to another one.`);
    }
  }

  #type(declared: string, value: JsonValue, target: string): void {
    if (namesType(value, declared)) return;
    this.fault('odataTypeMismatch', target, `'${target}' must be "#${declared}", the declared type of its place.`);
  }

  #property(property: Property, value: JsonValue, target: string, mode: Mode): JsonValue | undefined {
    if (!property.collection) {
      if (value !== null) return this.#value(property, value, target, mode);
      if (property.nullable) return mode === 'merge' ? null : undefined;
      return this.fault('nullNotAllowed', target, `'${target}' cannot be null.`);
    }
    if (value === null) return this.fault('nullNotAllowed', target, `'${target}' is a collection and cannot be null.`);
    if (!Array.isArray(value)) return this.fault('typeMismatch', target, `'${target}' must be an array.`);
    return value.map((item, index) => this.#item(property, item, step(target, index)) ?? null);
  }

  #item(property: Property, item: JsonValue, target: string): JsonValue | undefined {
    if (item === null) {
      if (!property.nullable) this.fault('nullNotAllowed', target, `'${target}': an item cannot be null.`);
      return null;
    }
    return this.#value(property, item, target, 'create');
  }

  #value(property: Property, value: JsonValue, target: string, mode: Mode): JsonValue | undefined {
    const read = this.#typed(property.type, value, target, mode);
    if (read === undefined) return undefined;
    for (const rule of property.rules) {
      if (rule.accepts(read)) continue;
      return this.fault(codeOfRule(rule.name), target, `'${target}': ${rule.explain(read)}.`);
    }
    return read;
  }

  #typed(type: Property['type'], value: JsonValue, target: string, mode: Mode): JsonValue | undefined {
    switch (type.kind) {
      case 'complex':
        return this.#complex(type, value, target, mode);
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

  #complex(type: ComplexType, value: JsonValue, target: string, mode: Mode): JsonValue | undefined {
    if (isJsonObject(value)) return this.#structured(type, value, { path: target, mode });
    return this.fault('typeMismatch', target, `'${target}' must be an object of type ${type.qualifiedName}.`);
  }
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
interface Body {
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
 * Reads the body of an update (PATCH, OData 4.01 Protocol 11.4.3) of one entity.
 * @param entityUrl canonical URL of the entity, relative to the service root
 * @throws ODataError 400 with every fault and its path
 */
export function readChange(type: EntityType, body: Body, format: BodyFormat, entityUrl: string): Change {
  const { reader, object } = open(body, format, entityUrl);
  const change = reader.change(type, object);
  reader.finish();
  return change;
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
