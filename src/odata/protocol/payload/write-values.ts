import type { ComplexType, EntityType, ItemType, Property, StructuredType } from '../edm/model.js';
import { Edm, type PrimitiveType, type TypeFamily } from '../edm/primitive-types.js';
import { declaredTypeName } from '../edm/type-name.js';
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { type AddMembers, generateWriter, type ItemToWrite, type MemberToWrite } from './generate-writer.js';
import { type CopiedMember, type CopiedObject, type Copier, generateCopier } from './generate-copier.js';
import { list } from './in-pieces.js';
import { controlPrefix, type PayloadFormat, type ValueFormat } from './payload-format.js';
import { everything, type Selection } from './selection.js';
import { actualType, etagOf } from './stored-entity.js';
import { transformWritten } from './transform-written.js';

/**
 * Gives the JSON text of a stored value.
 * @param changed what a merge patch said of it: nulls that it named are written even where nulls are left out
 */
export type WriteValue = (value: JsonValue, changed?: JsonValue) => string;

/** How the structural properties of a type are written, as far as they are selected. */
export interface ObjectWriter {
  /** The member that says the type; empty where the format does not say it, or it has no name. */
  readonly typeText: string;
  /** Adds all properties. */
  readonly add: AddMembers;
}

/** Adds a member to the text of an object that was begun with its brace. */
export function withMember(text: string, member: string): string {
  return text.length > 1 ? `${text},${member}` : `${text}${member}`;
}

/** What an owner has under a name; names that every object of JavaScript seems to have are looked up with care. */
function valueOf(name: string): (owner: JsonObject) => JsonValue {
  if (!(name in Object.prototype)) return (owner) => owner[name] ?? null;
  return (owner) => (Object.hasOwn(owner, name) ? (owner[name] ?? null) : null);
}

/** The families whose JSON values are no strings. */
const spelled: ReadonlySet<TypeFamily> = new Set(['boolean', 'integer', 'decimal', 'double', 'geo']);

/** Whether a value of the type may be of another one, and says so. */
function hasOthers(declared: StructuredType): boolean {
  return declared.derived.length > 0 || (declared.kind === 'complex' && declared.variants !== undefined);
}

/** A test whether values of a type are complex ones of a kind, or have some inside. */
function inside(isOfKind: (type: ComplexType) => boolean): (type: StructuredType) => boolean {
  const known = new WeakMap<StructuredType, boolean>();
  const isInside = (type: StructuredType): boolean => {
    const found = known.get(type);
    if (found !== undefined) return found;
    // A type that a derived one contains is asked once.
    known.set(type, false);
    const types: readonly StructuredType[] = [type, ...type.derived];
    const is = types.some(
      (one) =>
        (one.kind === 'complex' && isOfKind(one)) ||
        [...one.properties.values()].some((property) => property.type.kind === 'complex' && isInside(property.type)),
    );
    known.set(type, is);
    return is;
  };
  return isInside;
}

/** Whether complex values of a type, or inside entities of it, refer to entities. */
export const refersInside = inside(({ navigation }) => navigation !== undefined);

/** Whether complex values of a type, or inside values of it, may carry annotations. */
const carriesInside = inside(({ carries }) => carries !== undefined);

/** The writers of whole types, by format: as many as there are formats, and as long as the type lives. */
const wholeTypes = new Map<string, WeakMap<StructuredType, ObjectWriter>>();

/** What there is in one format of what is kept by formats and types. */
function inFormat<Key extends StructuredType, Kept>(
  all: Map<string, WeakMap<Key, Kept>>,
  { version, metadata, ieee754Compatible, omitNulls, asStored = false }: ValueFormat,
): WeakMap<Key, Kept> {
  const format = `${version} ${metadata} ${Number(ieee754Compatible)}${Number(omitNulls)}${Number(asStored)}`;
  let ofTypes = all.get(format);
  if (ofTypes === undefined) all.set(format, (ofTypes = new WeakMap()));
  return ofTypes;
}

/** How many ways to expand a type there are copiers for: clients choose them. */
const mostCopiers = 16;

/** Copiers by format, type, and what an entity is expanded by; null where there can be none. */
const copiers = new Map<string, WeakMap<EntityType, Map<string, Copier | null>>>();

/** What an entity is expanded by, as a key; undefined where that is not to be copied. */
function expansionKey({ expand, ...others }: Selection): string | undefined {
  for (const option in others) if (others[option as keyof typeof others] !== undefined) return undefined;
  if (expand === undefined) return '';
  const parts: string[] = [];
  for (const [name, inner] of expand) {
    const key = expansionKey(inner);
    if (key === undefined) return undefined;
    parts.push(`${name}(${key})`);
  }
  return parts.join();
}

/** The type of a dynamic number, or of several, that a double does not hold; undefined of all else. */
function exactTypeOf(value: JsonValue): PrimitiveType | undefined {
  const items = Array.isArray(value) ? value : [value];
  if (!items.some((item) => item instanceof JsonNumber)) return undefined;
  const areNumbers = items.every((item) => item === null || typeof item === 'number' || item instanceof JsonNumber);
  if (!areNumbers) return undefined;
  const format = { ieee754Compatible: false };
  return items.every((item) => item === null || Edm.Int64.read(item, format) !== undefined) ? Edm.Int64 : Edm.Decimal;
}

/**
 * How values are written in one format, compiled from the model: what depends on model and format alone is decided once,
 * and an answer is a chain of small functions. Those of a whole type are kept with it, those of a selection with this.
 */
export class ValueWriters {
  readonly #prefix: string;
  readonly #whole: WeakMap<StructuredType, ObjectWriter>;
  readonly #copiers: WeakMap<EntityType, Map<string, Copier | null>>;
  #last: { readonly type: EntityType; readonly selection: Selection; readonly copier: Copier | undefined } | undefined;
  #etag: readonly [string, string] | undefined;
  readonly #selected = new Map<Selection, WeakMap<StructuredType, ObjectWriter>>();

  /**
   * @param writeReferences adds what is said of the references of a complex value, and what it is expanded by
   * @param writeAnnotations adds what a complex value carries and is asked for
   */
  constructor(
    private readonly format: ValueFormat & Pick<PayloadFormat, 'includesAnnotation'>,
    private readonly writeReferences?: (type: ComplexType, selection: Selection) => AddMembers,
    private readonly writeAnnotations?: (type: ComplexType, selection: Selection) => AddMembers,
  ) {
    this.#prefix = controlPrefix(format);
    this.#whole = inFormat(wholeTypes, format);
    this.#copiers = inFormat(copiers, format);
  }

  /** Control information, of an object or of one of its properties. */
  control(name: string, value: string, property = ''): string {
    return `"${property}${this.#prefix}${name}":${JSON.stringify(value)}`;
  }

  /** How many items a collection has (JSON Format 4.5.4): a number, or a string for readers of IEEE 754 only. */
  count(count: number, property = ''): string {
    const text = this.format.ieee754Compatible ? `"${count}"` : `${count}`;
    return `"${property}${this.#prefix}count":${text}`;
  }

  /** The writer of the properties of a type. */
  object(type: StructuredType, selection: Selection): ObjectWriter {
    const { select, computed, inside, expand } = selection;
    // What an entity is expanded by stands behind its values.
    const isLinked = this.format.metadata === 'full' && refersInside(type);
    const isExpanded = isLinked || inside !== undefined || (expand !== undefined && type.kind === 'complex');
    const isAnnotated = this.format.includesAnnotation !== undefined && carriesInside(type);
    if (select === undefined && computed === undefined && !isExpanded && !isAnnotated && type.isOfQuery !== true)
      return this.#whole.get(type) ?? this.#generated(type);
    const writers = this.#writersOf(selection);
    let writer = writers.get(type);
    if (writer === undefined) writers.set(type, (writer = this.#compiled(type, selection)));
    return writer;
  }

  /**
   * What copies the stored text of an entity, where all of it is written and what is written differs from it by what is
   * inserted only; undefined where it has to be parsed.
   */
  copier(type: EntityType, selection: Selection): Copier | undefined {
    // An answer asks for one again and again.
    const last = this.#last;
    if (last?.type === type && last.selection === selection) return last.copier;
    const copier = this.#copierOf(type, selection);
    this.#last = { type, selection, copier };
    return copier;
  }

  #copierOf(type: EntityType, selection: Selection): Copier | undefined {
    const { metadata, omitNulls } = this.format;
    if (metadata === 'full' || this.format.includesAnnotation !== undefined) return undefined;
    const key = expansionKey(selection);
    if (key === undefined) return undefined;
    let copiers = this.#copiers.get(type);
    if (copiers === undefined) this.#copiers.set(type, (copiers = new Map<string, Copier | null>()));
    const known = copiers.get(key);
    if (known !== undefined) return known ?? undefined;
    if (copiers.size >= mostCopiers) return undefined;
    const copied = this.#copied(type, selection, new Map());
    const copier = copied && generateCopier(copied, { omitNulls, key: type.key[0] });
    copiers.set(key, copier ?? null);
    return copier;
  }

  /** @param known objects of complex types, each once */
  #copied(
    type: StructuredType,
    { expand }: Selection,
    known: Map<StructuredType, CopiedObject>,
  ): CopiedObject | undefined {
    const found = known.get(type);
    if (found !== undefined) return found;
    const isOfOthers = hasOthers(type) || type.open || type.isOfQuery === true || type.carries !== undefined;
    if (isOfOthers || (type.kind === 'entity' && type.streams !== undefined)) return undefined;
    const members: CopiedMember[] = [];
    const expanded: { name: string; object: CopiedObject }[] = [];
    const typeText = this.#typeText(type);
    const etag = this.format.metadata === 'none' ? undefined : this.etag;
    const object = { typeText, members, ...(type.kind === 'entity' ? { entity: { expanded, etag } } : {}) };
    if (type.kind === 'complex') known.set(type, object);
    for (const property of type.properties.values()) {
      const value = property.onWrite === undefined ? this.#copiedValue(property.type, known) : undefined;
      const isListed = property.collection && typeof value === 'object' && 'write' in value;
      if (value === undefined || isListed) return undefined;
      members.push({ name: property.name, collection: property.collection, value });
    }
    for (const { name, collection, target, type: inner } of type.navigation?.values() ?? []) {
      const expansion = expand?.get(name);
      if (expansion === undefined) continue;
      const value = collection || target !== undefined ? undefined : this.#copied(inner, expansion, known);
      if (value === undefined) return undefined;
      expanded.push({ name, object: value });
    }
    return object;
  }

  #copiedValue(type: Property['type'], known: Map<StructuredType, CopiedObject>): CopiedMember['value'] | undefined {
    if (type.kind === 'complex') return this.#copied(type, everything, known);
    if (type.kind === 'enum') return 'text';
    const { family, isPlain } = type;
    if (family === 'geo' || (this.format.ieee754Compatible && type.exactNumber)) return undefined;
    if (family === 'boolean' || family === 'double') return family;
    if (spelled.has(family)) return 'number';
    return isPlain ? 'text' : { write: (json) => stringifyJson(type.write(JSON.parse(json) as JsonValue)) };
  }

  /** The control information of the version of an entity, before and behind it. */
  get etag(): readonly [before: string, behind: string] {
    if (this.#etag !== undefined) return this.#etag;
    const [before = '', behind = ''] = this.control('etag', etagOf({ $version: 0 })).split('0', 2);
    return (this.#etag = [`,${before}`, behind]);
  }

  #writersOf(selection: Selection): WeakMap<StructuredType, ObjectWriter> {
    let writers = this.#selected.get(selection);
    if (writers === undefined) this.#selected.set(selection, (writers = new WeakMap()));
    return writers;
  }

  /** The control information that says the type. What only a query made has no name. */
  #typeText({ qualifiedName }: StructuredType): string {
    const isNamed = this.format.metadata !== 'none' && qualifiedName !== '';
    return isNamed ? this.control('type', `#${qualifiedName}`) : '';
  }

  /** The writer of a whole type of the model: generated, once for a format. */
  #generated(type: StructuredType): ObjectWriter {
    const typeText = this.#typeText(type);
    const writer: { typeText: string; add: AddMembers } = { typeText, add: (text) => text };
    // It is known before it is made: a type may contain itself.
    this.#whole.set(type, writer);
    const members = [...type.properties.values()].map((property) => this.#memberOf(type, property));
    const declared = generateWriter(members, this.format.omitNulls);
    const dynamic = type.open ? this.#dynamic(type, everything) : undefined;
    writer.add =
      dynamic === undefined
        ? declared
        : (text, owner, changed) => dynamic(declared(text, owner, changed), owner, changed);
    return writer;
  }

  #memberOf(type: StructuredType, property: Property): MemberToWrite {
    const { name, collection, onWrite } = property;
    const isTyped = this.format.metadata === 'full';
    return {
      name,
      collection,
      typed: isTyped ? this.#propertyType(property) : '',
      item: this.#item(property.type),
      get: onWrite === undefined && !(name in Object.prototype) ? undefined : this.#read(type, property),
      count: (count) => this.count(count, name),
    };
  }

  #item(type: ItemType): ItemToWrite {
    if (type?.kind === 'complex' && !hasOthers(type)) return { kind: 'object', writer: this.object(type, everything) };
    if (type?.kind === 'primitive' && type.isPlain && !(this.format.ieee754Compatible && type.exactNumber))
      return { kind: 'plain', isText: !spelled.has(type.family) };
    return { kind: 'other', write: this.value(type, everything) };
  }

  /** The writer of what a query selects or makes, for one answer: it is put together, not generated. */
  #compiled(type: StructuredType, selection: Selection): ObjectWriter {
    const members: AddMembers[] = [];
    const isAnnotated = type.kind === 'complex' && type.carries !== undefined;
    if (isAnnotated && this.writeAnnotations !== undefined) members.push(this.writeAnnotations(type, selection));
    for (const property of type.properties.values()) {
      const { name } = property;
      const inside = selection.inside?.get(name) ?? everything;
      const nested = selection.select === undefined ? inside : selection.select.get(name);
      if (nested !== undefined) members.push(this.#member(type, property, nested));
    }
    for (const [name, item] of selection.computed ?? []) members.push(this.#undeclared(name, item));
    if (type.kind === 'complex' && type.navigation !== undefined && this.writeReferences !== undefined)
      members.push(this.writeReferences(type, selection));
    if (type.open) members.push(this.#dynamic(type, selection));
    return {
      typeText: this.#typeText(type),
      add: (text, owner, changed) => {
        let longer = text;
        for (const add of members) longer = add(longer, owner, changed);
        return longer;
      },
    };
  }

  #member(type: StructuredType, property: Property, selection: Selection): AddMembers {
    const { name, collection } = property;
    if (property.made !== undefined && !collection && property.type.kind !== 'complex')
      return this.#undeclared(name, property.made === 'untyped' ? undefined : property.type);
    const { made } = selection;
    // What is made of the items is none of what the property says.
    const get = made === undefined ? this.#read(type, property) : valueOf(name);
    const isTyped = this.format.metadata === 'full' && made === undefined;
    const typed = isTyped ? this.#propertyType(property) : '';
    const write = this.value(made === undefined ? property.type : made.type, selection);
    if (collection) return this.#collection({ name, get, typed }, write);
    const { omitNulls } = this.format;
    const [nothing, before] = [`"${name}":null`, `${typed === '' ? '' : `${typed},`}"${name}":`];
    return (text, owner, changed) => {
      const value = get(owner);
      const inner = isJsonObject(changed) && Object.hasOwn(changed, name) ? changed[name] : undefined;
      if (value === null) return omitNulls && inner === undefined ? text : withMember(text, nothing);
      return text.length > 1 ? `${text},${before}${write(value, inner)}` : `${text}${before}${write(value, inner)}`;
    };
  }

  #read(type: StructuredType, property: Property): (owner: JsonObject) => JsonValue {
    const get = valueOf(property.name);
    if (property.onWrite === undefined || this.format.asStored === true) return get;
    return (owner) => transformWritten(property, get(owner), { type, value: owner });
  }

  #collection(
    {
      name,
      get,
      typed,
    }: { readonly name: string; readonly get: (owner: JsonObject) => JsonValue; readonly typed: string },
    write: WriteValue,
  ): AddMembers {
    const countName = `${name}@count`;
    return (text, owner) => {
      const value = get(owner);
      const items = Array.isArray(value) ? value : [];
      const count = owner[countName];
      let longer = typed === '' ? text : withMember(text, typed);
      if (typeof count === 'number') longer = withMember(longer, this.count(count, name));
      return withMember(longer, `"${name}":[${list(items, write)}]`);
    };
  }

  /** A computed property, or one that an open type does not declare. */
  #undeclared(name: string, type: ItemType): AddMembers {
    const write = this.value(type, everything);
    const get = valueOf(name);
    const typed = type === undefined ? '' : this.#undeclaredType(name, type, type.kind === 'enum');
    return (text, owner) => {
      const value = get(owner);
      if (value === null) return this.format.omitNulls ? text : withMember(text, `"${name}":null`);
      if (type === undefined) return withMember(text, this.#untyped(name, value));
      // What a query has put together may be a collection of values of the type.
      const isList = Array.isArray(value) && type.kind === 'complex';
      const written = isList ? `[${list(value, write)}]` : write(value);
      const isWord = typed === '' && type.kind === 'primitive' && type.family === 'double' && written.startsWith('"');
      const before = isWord ? this.#undeclaredType(name, type, true) : typed;
      return withMember(text, `${before}"${name}":${written}`);
    };
  }

  /**
   * JSON Format 4.5.3: what the metadata does not declare says its type, unless its JSON value does: an infinite number is
   * text, and so is a member of an enumeration.
   */
  #undeclaredType(name: string, type: Exclude<ItemType, undefined>, always = false): string {
    const isTyped = always || (type.kind === 'primitive' && type.needsTypeAnnotation);
    if (!isTyped || this.format.metadata === 'none' || type.kind === 'entity') return '';
    return `${this.#typeOf({ name, type, collection: false })},`;
  }

  /** A dynamic value: of a number that no double holds the type is said, and it is text where only doubles are read. */
  #untyped(name: string, value: JsonValue): string {
    const isSaid = this.format.metadata !== 'none' && this.format.asStored !== true;
    const type = isSaid ? exactTypeOf(value) : undefined;
    if (type === undefined) return `"${name}":${stringifyJson(value)}`;
    const collection = Array.isArray(value);
    const write = this.#primitive(type);
    const written = collection ? `[${list(value, write)}]` : write(value);
    return `${this.#typeOf({ name, type, collection })},"${name}":${written}`;
  }

  /** What an owner has and its open type does not declare: all of it, or what is selected. */
  #dynamic(type: StructuredType, { select, computed, dynamic = [] }: Selection): AddMembers {
    const isDeclared = (name: string): boolean =>
      type.properties.has(name) ||
      type.navigation?.has(name) === true ||
      (type.kind === 'entity' && type.streams?.has(name) === true) ||
      computed?.has(name) === true;
    const others = (owner: JsonObject): readonly string[] =>
      Object.keys(owner).filter((name) => !/[$@#]/.test(name) && !isDeclared(name));
    return (text, owner) =>
      (select === undefined ? others(owner) : dynamic).reduce(
        (longer, name) => this.#undeclared(name, undefined)(longer, owner, undefined),
        text,
      );
  }

  /** JSON Format 4.5.3: `type` where the JSON value does not tell the type; else empty. */
  #propertyType({
    name,
    type,
    collection,
    definition,
  }: Pick<Property, 'name' | 'type' | 'collection' | 'definition'>): string {
    if (definition !== undefined)
      return this.control('type', `#${declaredTypeName({ type, definition }, collection)}`, name);
    if (!collection && (type.kind === 'complex' || (type.kind === 'primitive' && !type.needsTypeAnnotation))) return '';
    return this.#typeOf({ name, type, collection });
  }

  #typeOf({ name, type, collection }: Pick<Property, 'name' | 'type' | 'collection'>): string {
    // Built-in types lose their `Edm.`; 4.0 marks every name with `#`, 4.01 only those of the model.
    const builtIn = type.kind === 'primitive';
    const itemName = builtIn ? type.name.slice('Edm.'.length) : type.qualifiedName;
    const mark = builtIn && this.format.version !== '4.0' ? '' : '#';
    return this.control('type', `${mark}${collection ? `Collection(${itemName})` : itemName}`, name);
  }

  /** The writer of single values of a type. */
  value(type: ItemType, selection: Selection): WriteValue {
    if (type?.kind === 'complex') return this.#complex(type, selection);
    return type?.kind === 'primitive' ? this.#primitive(type) : stringifyJson;
  }

  #primitive(type: PrimitiveType): WriteValue {
    const isQuoted = this.format.ieee754Compatible && type.exactNumber;
    return (value) => {
      if (value === null) return 'null';
      const json = type.write(value);
      if (typeof json === 'string') return JSON.stringify(json);
      return isQuoted ? `"${stringifyJson(json)}"` : stringifyJson(json);
    };
  }

  #complex(declared: StructuredType, selection: Selection): WriteValue {
    const ofDeclared = this.object(declared, selection);
    const hasDerived = hasOthers(declared);
    return (value, changed) => {
      if (!isJsonObject(value)) return stringifyJson(value);
      const writer = hasDerived ? this.object(actualType(declared, value), selection) : ofDeclared;
      return `${writer.add(`{${writer.typeText}`, value, changed)}}`;
    };
  }
}
