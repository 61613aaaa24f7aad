import { keyPart, keyProperty } from '../edm/key-parts.js';
import type { EntityType, NavigationProperty, Property } from '../edm/model.js';
import type { TypeFamily } from '../edm/primitive-types.js';
import { namesType } from '../edm/type-annotation.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { ODataError } from '../odata-error.js';
import type { Body, BodyFormat } from './body-format.js';
import type { Change, NewEntity } from './change.js';
import { typeIn } from './control-information.js';
import { codeOfRule, faultsOfProperty } from './dto.js';
import { step } from './fault-collector.js';
import { openCollection } from './read-collection.js';
import { EntityBodyReader, type MembersChange } from './read-entities.js';
import { notGiven } from './read-transformed.js';
import { actualType } from './stored-entity.js';

export type { Body };

/** A structural property of an entity, or inside its complex values, by the names on the way. */
export interface PropertyPlace {
  readonly property: Property;
  readonly names: readonly string[];
  /** What it may be annotated with, by the names that the annotations have beside it; absent: nothing. */
  readonly carries?: ReadonlyMap<string, Property>;
}

/** A value inside objects of the given names. */
function nested(names: readonly string[], value: JsonValue): JsonObject {
  return names.reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value) as JsonObject;
}

/** The value of a property that is given none. */
function emptyOf({ collection }: Property): JsonValue {
  return collection ? [] : null;
}

/** Reads the body of a request on one property. */
class PropertyReader extends EntityBodyReader {
  constructor(format: BodyFormat) {
    super(format, undefined);
  }

  /** The new value of a property: a complex one is the body itself, any other stands under `value` (JSON Format 11). */
  changeOfProperty(place: PropertyPlace, body: JsonObject, mode: 'merge' | 'replace'): Change {
    const { property, names } = place;
    const isComplex = property.type.kind === 'complex' && !property.collection;
    const [value, target] = isComplex ? [body, ''] : [this.#only(body), 'value'];
    const given = this.transformed(property, value, target);
    const read =
      given === undefined
        ? undefined
        : this.property(property, given === notGiven ? emptyOf(property) : given, { target, path: names, mode });
    if (place.carries === undefined) return this.partialChange(nested(names, read ?? null));
    const beside = { [property.name]: read ?? null, ...this.#annotations(place.carries, place, body, mode) };
    return this.partialChange(nested(names.slice(0, -1), beside));
  }

  /** Annotations of a value that is no object stand beside it (JSON Format 20.2): a replacement has those that it names. */
  #annotations(
    carries: NonNullable<PropertyPlace['carries']>,
    { property: { name }, names }: PropertyPlace,
    body: JsonObject,
    mode: 'merge' | 'replace',
  ): JsonObject {
    const read: JsonObject = {};
    const path = names.slice(0, -1);
    for (const stored of carries.keys()) {
      const target = `value${stored.slice(name.length)}`;
      const value = body[target];
      if (value !== undefined) this.carried({ carries }, [stored, value], { target, path, mode, url: undefined }, read);
      else if (mode === 'replace') read[stored] = null;
    }
    return read;
  }

  /** An item of a collection: a complex one is the body itself, any other stands under `value`. */
  insertion({ property, names }: PropertyPlace, body: JsonObject, index: number): Change {
    const [value, target] = property.type.kind === 'complex' ? [body, ''] : [this.#only(body), 'value'];
    const [given] = this.#transformedItem(property, value, target);
    const item = given === undefined ? null : (this.item(property, given, target) ?? null);
    const insert = { path: names, item, index };
    return { ...this.partialChange(nested(names.slice(0, -1), {})), insert };
  }

  /** A transform is of whole collections: what it makes of one with the one item. */
  #transformedItem(property: Property, item: JsonValue, target: string): readonly JsonValue[] {
    if (property.onRead === undefined) return [item];
    const items = this.transformed(property, [item], target);
    if (Array.isArray(items) && items.length === 1) return items;
    if (items !== undefined) this.fault('valueNotAllowed', target, `'${target}' is not transformed to one item.`);
    return [];
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
}

/**
 * Holds a key out of a URL to the rules of its properties.
 * @throws ODataError 400 where an entity cannot have it
 */
export function checkKey(type: EntityType, key: JsonObject): void {
  for (const name of type.key) {
    const value = keyPart(type, name, key) ?? null;
    const broken = keyProperty(type, name)?.rules.find((rule) => !rule.accepts(value));
    if (broken === undefined) continue;
    throw new ODataError(codeOfRule(broken.name), `'${name}': ${broken.explain(value)}.`, { target: name });
  }
}

/**
 * Holds an entity that an update makes to what a new one must have.
 * @throws ODataError 400 with every property that is missing
 */
export function checkWhole(type: EntityType, { properties }: NewEntity): void {
  const missing = [...type.properties.values()].filter(
    ({ name, computed, nullable, collection, default: value }) =>
      value === undefined &&
      !computed &&
      !nullable &&
      !collection &&
      !type.key.includes(name) &&
      properties[name] === undefined,
  );
  const unrelated = [...type.navigation.values()].filter(
    ({ name, nullable, isOwner }) => !nullable && isOwner !== true && properties[name] === undefined,
  );
  const [first, ...others] = [...missing, ...unrelated].map(({ name }) => ({
    code: 'nullNotAllowed' as const,
    target: name,
    message: `'${name}' cannot be null: it must be given.`,
  }));
  if (first !== undefined) throw ODataError.ofFaults([first, ...others]);
}

/** The object that a body is; names that stand twice are faults. */
function open(body: Body, reader: EntityBodyReader): JsonObject {
  if (!isJsonObject(body.value)) {
    throw new ODataError('bodyNotObject', 'The body must be one JSON object, the representation of an entity.');
  }
  for (const path of body.duplicates) reader.fault('duplicateMember', path, `'${path}' stands twice in its object.`);
  return body.value;
}

/**
 * The key that the representation of an entity names; undefined where it names none.
 * @throws ODataError 400 where it is not one, or not whole
 */
export function readKey(type: EntityType, item: JsonObject, format: BodyFormat): JsonObject | undefined {
  const reader = new EntityBodyReader(format, undefined);
  const key = reader.key(type, item, '');
  reader.finish();
  return key;
}

/** The type that a body says its entity is of (JSON Format 4.5.3): the declared one, or one derived from it. */
export function saidType(declared: EntityType, { value }: Body, { version }: BodyFormat): EntityType {
  const said = isJsonObject(value) ? typeIn(value, version) : undefined;
  if (said === undefined) return declared;
  return declared.derived.find(({ qualifiedName }) => namesType(said, qualifiedName)) ?? declared;
}

/** What is known of the entity that an update is of. */
export interface UpdateOptions {
  readonly entityUrl?: string;
  readonly mode?: 'merge' | 'replace';
  /** The type that its place declares, where the entity is of a derived one. */
  readonly declared?: EntityType;
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
  { entityUrl, mode = 'merge', declared }: UpdateOptions = {},
): Change {
  const reader = new EntityBodyReader(format, entityUrl);
  const change = reader.change(type, open(body, reader), mode, { declared });
  reader.finish();
  return change;
}

/**
 * Reads the body of an update of a collection of entities inside another one, or of references: all of them (PUT,
 * `replace`), or a delta payload (PATCH, `merge`; OData 4.01 Protocol 11.4.12).
 * @param entityUrl canonical URL of the entity that has the collection, relative to the service root
 * @throws ODataError 400 with every fault and its path
 */
export function readMembers(
  property: NavigationProperty,
  body: Body,
  format: BodyFormat,
  { entityUrl, mode }: { readonly entityUrl: string; readonly mode: 'merge' | 'replace' },
): MembersChange {
  const isDelta = mode === 'merge';
  const { value, faults } = openCollection(body, format, { isDelta });
  const reader = new EntityBodyReader(format, entityUrl);
  for (const { code, target = '', message } of faults) reader.fault(code, target, message);
  for (const path of body.duplicates.filter((one) => /^value\/\d+\//.test(one)))
    reader.fault('duplicateMember', path, `'${path}' stands twice in its object.`);
  const change = reader.members(property, [...value], mode);
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
  const reader = new PropertyReader(format);
  const change = reader.changeOfProperty(place, open(body, reader), mode);
  reader.finish();
  return change;
}

/**
 * Reads the raw text of a primitive property (OData 4.01 Protocol 11.4.9.1), as `/$value` gives it.
 * @throws ODataError 400 where it is no value of the property
 */
export function readRawValue({ property, names }: PropertyPlace, text: string): Change {
  const { type } = property;
  // What a literal of a URL allows, signs and leading zeros, the text of a value allows too.
  const stored = type.kind === 'primitive' && rawJson.has(type.family) ? type.parse(text) : undefined;
  const value = stored === undefined || type.kind !== 'primitive' ? text : type.write(stored);
  return readPropertyChange(
    { property, names },
    { value: { value }, duplicates: [] },
    { version: '4.01', ieee754Compatible: true },
    'replace',
  );
}

/** Families whose raw text is no JSON string. */
const rawJson: ReadonlySet<TypeFamily> = new Set(['boolean', 'integer', 'decimal', 'double']);

/**
 * Reads the body of a request that adds an item to a collection (OData 4.01 Protocol 11.4.9.4 and 11.4.11).
 * @param index where it goes; -1 behind the last
 * @throws ODataError 400 with every fault and its path
 */
export function readInsertion(place: PropertyPlace, body: Body, format: BodyFormat, index: number): Change {
  const reader = new PropertyReader(format);
  const change = reader.insertion(place, open(body, reader), index);
  reader.finish();
  return change;
}

/**
 * The change that sets a property to null, or empties a collection (OData 4.01 Protocol 11.4.9.2).
 * @throws ODataError 400 where the property cannot be null, or the collection cannot be empty
 */
export function removal({ property, names }: PropertyPlace): Change {
  if (!property.nullable && !property.collection) {
    const target = names.join('/');
    throw new ODataError('nullNotAllowed', `'${target}' cannot be null.`, { target });
  }
  const emptied = { [property.name]: [] };
  const [first, ...others] = faultsOfProperty(property, emptied, names.join('/'), ({ isLocal }) => isLocal);
  if (first !== undefined) throw ODataError.ofFaults([first, ...others]);
  return { patch: nested(names, null), etag: undefined };
}

/**
 * The change that has a collection consist of items in stored form.
 * @throws ODataError 400 where there are none and it cannot be empty
 */
export function replacementBy(items: readonly JsonValue[], place: PropertyPlace): Change {
  return items.length === 0 ? removal(place) : { patch: nested(place.names, [...items]), etag: undefined };
}

/** The one item of a collection as a property: what is said of its items holds for it. */
function itemOf(property: Property, stored: JsonValue, said: boolean): Property {
  const { type } = property;
  const own = type.kind === 'complex' && isJsonObject(stored) && !said ? actualType(type, stored) : type;
  return { ...property, type: own, collection: false };
}

/**
 * Reads the body of a PATCH of one item of a collection of complex values (OData 4.01 Protocol 11.4.10 and 11.4.9.3).
 * @param stored the item as it is: it keeps its type where the body says none
 * @throws ODataError 400 with every fault and its path
 */
export function readItemChange(property: Property, body: Body, format: BodyFormat, stored: JsonValue): Change {
  const isSaid = isJsonObject(body.value) && typeIn(body.value, format.version) !== undefined;
  const item = itemOf(property, stored, isSaid);
  return readPropertyChange({ property: item, names: [] }, body, format, 'merge');
}

/**
 * Reads the raw text of one item of a collection.
 * @throws ODataError 400 where it is no value of the collection
 */
export function readRawItem(property: Property, text: string): JsonValue {
  const { name } = property;
  const { patch } = readRawValue({ property: itemOf(property, null, true), names: [name] }, text);
  return patch[name] ?? null;
}

/**
 * Reads the body of a create request (POST, OData 4.01 Protocol 11.4.2), contained entities inline.
 * @throws ODataError 400 with every fault and its path
 */
export function readNewEntity(type: EntityType, body: Body, format: BodyFormat, declared?: EntityType): NewEntity {
  const reader = new EntityBodyReader(format, undefined);
  const entity = reader.newEntity(type, open(body, reader), declared);
  reader.finish();
  return entity;
}
