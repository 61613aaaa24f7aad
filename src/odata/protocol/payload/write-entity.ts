import type { ComplexType, EntityType, ItemType, NavigationProperty, Property, StructuredType } from '../edm/model.js';
import type { PrimitiveType } from '../edm/primitive-types.js';
import type { EnumType } from '../edm/schema.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { containedPath, type EntityPath } from '../uri/entity-path.js';
import type { ODataVersion } from '../versions.js';
import { keyedEntityPath } from './keyed-path.js';
import { everything, type Expansion, type Selection } from './selection.js';
import { actualType, etagOf, membersOf, type StoredEntity, versionMember } from './stored-entity.js';
import { transformWritten } from './transform-written.js';

export { keyedEntityPath };

/** How much control information a payload carries (OData JSON Format 4.01, 3.1). */
export type MetadataLevel = 'none' | 'minimal' | 'full';

/** The format of an answer, as it was negotiated. */
export interface PayloadFormat {
  readonly version: ODataVersion;
  readonly metadata: MetadataLevel;
  /** Edm.Int64 and Edm.Decimal are written as strings (OData JSON Format 4.01, 3.2). */
  readonly ieee754Compatible: boolean;
  /** Properties that are null are left out (preference `omit-values=nulls`). */
  readonly omitNulls: boolean;
  /** Absolute URL of the service root, with its final slash. */
  readonly serviceRoot: string;
  /** Values are written as they are stored: no `@Transform` is applied to them. */
  readonly asStored?: boolean;
}

/** An entity on its way into a payload. */
export interface EntityToWrite {
  /** Declared type of its place; the value may say a derived one. */
  readonly type: EntityType;
  readonly path: EntityPath;
  readonly value: StoredEntity;
  readonly selection?: Selection;
  /** The merge patch that led to the value: what it names is written even where nulls are left out. */
  readonly changed?: JsonObject;
  /** Without its key it is identified whatever the level of metadata (JSON Format 15.2). */
  readonly identified?: boolean;
  /** Instance annotations by name, as they are written (JSON Format 20). */
  readonly annotations?: JsonObject | undefined;
}

/** An entity that a delta payload says is removed. */
export interface RemovedEntity {
  readonly type: EntityType;
  readonly path: EntityPath;
  readonly set: string;
  readonly key: JsonObject;
  readonly reason: 'deleted' | 'changed';
  readonly annotations?: JsonObject | undefined;
}

/** An entity that a payload refers to, to annotate it. */
export interface ReferredEntity {
  readonly kind: 'reference';
  readonly path: EntityPath;
  readonly annotations: JsonObject;
}

/** A relation between entities that a delta payload says is added or removed (JSON Format 15.6 and 15.7). */
export interface DeltaLink {
  readonly kind: 'link';
  readonly set: string;
  readonly isAdded: boolean;
  readonly source: EntityPath;
  readonly relationship: string;
  readonly target: EntityPath | undefined;
  readonly annotations: JsonObject;
}

/** An item of a delta payload. */
export type DeltaPayloadItem = EntityToWrite | RemovedEntity | ReferredEntity | DeltaLink;

/** What a payload of several values says of them. */
export interface CollectionAnnotations {
  readonly count: number | undefined;
  readonly nextLink: string | undefined;
  readonly deltaLink?: string | undefined;
}

type Members = string[];

/** The type of a property on its way into a payload. */
interface ValueType {
  readonly type: ItemType;
  readonly collection: boolean;
  /** The declared property, where it is one. */
  readonly property?: Property | undefined;
}

/** Which properties of a structured value are written: the selected ones, and nulls where they were changed. */
interface Shape {
  readonly selection: Selection;
  readonly changed: JsonValue | undefined;
}

/** Writes JSON payloads of one format; the control information comes from the model. */
export class PayloadWriter {
  /** Prefix of control information: `@odata.` in 4.0, `@` in 4.01 (OData JSON Format 4.01, 4.6). */
  readonly #prefix: string;
  readonly #minimal: boolean;
  readonly #full: boolean;

  constructor(private readonly format: PayloadFormat) {
    this.#prefix = format.version === '4.0' ? '@odata.' : '@';
    this.#minimal = format.metadata !== 'none';
    this.#full = format.metadata === 'full';
  }

  /** A response body that is one entity. */
  entityDocument(entity: EntityToWrite, contextFragment: string): string {
    return this.#object([...this.#context(contextFragment), ...this.#entityMembers(entity)]);
  }

  /** A response body that is a collection of entities, or a page of one. */
  collectionDocument(
    entities: readonly EntityToWrite[],
    contextFragment: string,
    about: CollectionAnnotations,
  ): string {
    return this.#collection(
      entities.map((entity) => this.#object(this.#entityMembers(entity))),
      contextFragment,
      about,
    );
  }

  /**
   * A response body that is a delta payload (JSON Format 15).
   * @param form of entities that are removed, in 4.0: as OData says, or as Microsoft Graph writes them
   */
  deltaDocument(
    items: readonly DeltaPayloadItem[],
    contextFragment: string,
    { form, ...about }: Omit<CollectionAnnotations, 'count'> & { readonly form: 'graph' | 'odata' },
  ): string {
    const membersOf = (item: DeltaPayloadItem): Members => {
      if ('kind' in item && item.kind === 'link') return this.#link(item);
      if ('kind' in item) return [this.#reference(item.path), ...this.#annotations(item.annotations)];
      if ('reason' in item) return [...this.#removed(item, form), ...this.#annotations(item.annotations)];
      return this.#entityMembers({ ...item, identified: true });
    };
    const written = items.map((item) => this.#object(membersOf(item)));
    return this.#collection(written, contextFragment, { ...about, count: undefined });
  }

  /**
   * 15.3: 4.01 has control information and the key. In 4.0 the member `id` is the entity-id, whatever the key is called;
   * Graph, which speaks 4.0, writes what became 4.01's form, and its clients read `id` as the key.
   */
  #removed({ type, path, set, key, reason }: RemovedEntity, form: 'graph' | 'odata'): Members {
    const context = this.#control('context', `${this.format.serviceRoot}$metadata#${set}/$deletedEntity`);
    const id = `${this.format.serviceRoot}${path.url}`;
    if (this.format.version === '4.0' && form === 'odata') {
      return [context, `"id":${JSON.stringify(id)}`, `"reason":"${reason}"`];
    }
    const members = [...(this.#full ? [context] : []), `"@removed":{"reason":"${reason}"}`];
    if (this.#full) members.push(this.#control('id', id));
    // One that was not made may have none.
    const select = new Map(Object.keys(key).map((name) => [name, everything]));
    this.#properties(members, type, key, { selection: { select }, changed: undefined });
    return members;
  }

  #link({ set, isAdded, source, relationship, target, annotations }: DeltaLink): Members {
    const root = this.format.serviceRoot;
    const id = (path: EntityPath): string => JSON.stringify(`${root}${path.url}`);
    return [
      this.#control('context', `${root}$metadata#${set}/$${isAdded ? 'link' : 'deletedLink'}`),
      `"source":${id(source)}`,
      `"relationship":${JSON.stringify(relationship)}`,
      ...(target === undefined ? [] : [`"target":${id(target)}`]),
      ...this.#annotations(annotations),
    ];
  }

  #annotations(annotations: JsonObject = {}): Members {
    return Object.entries(annotations).map(([name, value]) => `${JSON.stringify(name)}:${stringifyJson(value)}`);
  }

  /** A response body that is a property: a primitive value or a collection under `value`, a complex value as it is. */
  propertyDocument(
    { type, collection, property }: ValueType,
    stored: JsonValue,
    {
      contextFragment,
      selection = everything,
      count,
      nextLink,
    }: { contextFragment: string; selection?: Selection } & Partial<CollectionAnnotations>,
  ): string {
    const shape = { selection, changed: undefined };
    const value = property?.onWrite === undefined ? stored : this.#transformed(property, stored);
    if (collection) {
      const items = Array.isArray(value) ? value : [];
      return this.#collection(
        items.map((item) => this.#value(type, item, shape)),
        contextFragment,
        { count, nextLink },
      );
    }
    if (type?.kind === 'complex' && isJsonObject(value)) {
      return this.#object([...this.#context(contextFragment), ...this.#complexMembers(type, value, shape)]);
    }
    return this.#object([...this.#context(contextFragment), `"value":${this.#value(type, value, shape)}`]);
  }

  /** A response body that is a reference to an entity (OData JSON Format 4.01, 14). */
  referenceDocument(path: EntityPath): string {
    return this.#object([...this.#context('$ref'), this.#reference(path)]);
  }

  /** A response body that is a collection of references. */
  referencesDocument(paths: readonly EntityPath[], about: CollectionAnnotations): string {
    return this.#collection(
      paths.map((path) => this.#object([this.#reference(path)])),
      'Collection($ref)',
      about,
    );
  }

  /** Written at every level of metadata: it is all there is. */
  #reference({ url }: EntityPath): string {
    return this.#control('id', `${this.format.serviceRoot}${url}`);
  }

  /**
   * A primitive value as plain text (OData 4.01 Protocol 11.2.5.1).
   * @param property the declared property, where it is one
   * @throws Error where its transform gives what is not of its type
   */
  rawValue(type: PrimitiveType | EnumType | undefined, stored: JsonValue, property?: Property): string {
    const value = property?.onWrite === undefined ? stored : this.#transformed(property, stored);
    const json = type?.kind === 'primitive' ? type.write(value) : value;
    return typeof json === 'string' ? json : stringifyJson(json);
  }

  #transformed(property: Property, stored: JsonValue, owner?: { type: StructuredType; value: JsonObject }): JsonValue {
    return this.format.asStored === true ? stored : transformWritten(property, stored, owner);
  }

  #collection(
    items: readonly string[],
    contextFragment: string,
    { count, nextLink, deltaLink }: CollectionAnnotations,
  ): string {
    const members = this.#context(contextFragment);
    // JSON Format 4.6.5: a count is a number, or a string for readers of IEEE 754 only.
    if (count !== undefined) members.push(this.#count(count));
    members.push(`"value":[${items.join(',')}]`);
    if (nextLink !== undefined) members.push(this.#control('nextLink', nextLink));
    if (deltaLink !== undefined) members.push(this.#control('deltaLink', deltaLink));
    return this.#object(members);
  }

  #count(count: number, property = ''): string {
    const text = this.format.ieee754Compatible ? `"${count}"` : `${count}`;
    return `"${property}${this.#prefix}count":${text}`;
  }

  #object(members: readonly string[]): string {
    return `{${members.join(',')}}`;
  }

  #control(name: string, value: string, property = ''): string {
    return `"${property}${this.#prefix}${name}":${JSON.stringify(value)}`;
  }

  #context(fragment: string): Members {
    return this.#minimal ? [this.#control('context', `${this.format.serviceRoot}$metadata#${fragment}`)] : [];
  }

  #entityMembers(entity: EntityToWrite): Members {
    const { type: declared, path, value, selection = everything, changed, identified = false } = entity;
    const type = actualType(declared, value);
    const members: Members = [];
    const url = `${this.format.serviceRoot}${path.url}`;
    // JSON Format 4.6.8: without its key an entity must be identified by `id`, at `minimal` too.
    const keyless = selection.select !== undefined && type.key.some((name) => !selection.select?.has(name));
    if (identified && keyless && !this.#minimal) members.push(this.#control('id', url));
    if (this.#minimal) {
      members.push(this.#control('type', `#${type.qualifiedName}`));
      if (this.#full || keyless) members.push(this.#control('id', url));
      const tagged = typeof value[versionMember] === 'number';
      if (tagged) members.push(this.#control('etag', etagOf(value)));
      if (this.#full) members.push(this.#control('editLink', url));
    }
    members.push(...this.#annotations(entity.annotations ?? annotationsIn(value)));
    this.#properties(members, type, value, { selection, changed });
    for (const property of type.navigation.values())
      this.#navigation(members, property, { ...entity, type }, selection);
    return members;
  }

  #navigation(members: Members, property: NavigationProperty, parent: EntityToWrite, selection: Selection): void {
    const { name, collection, target, type } = property;
    const path = containedPath(parent.path, name);
    if (this.#full && (selection.select === undefined || selection.select.has(name))) {
      const url = `${this.format.serviceRoot}${path.url}`;
      members.push(this.#control('associationLink', `${url}/$ref`, name), this.#control('navigationLink', url, name));
    }
    const expanded = selection.expand?.get(name);
    if (expanded === undefined) return;
    const count = parent.value[`${name}@count`];
    if (typeof count === 'number') members.push(this.#count(count, name));
    if (expanded.only === 'count') return;
    const value = parent.value[name];
    // What is referred to is a member of its own set (URL Conventions 4.3.1).
    const among = target === undefined ? path : { url: target.name, text: target.name };
    const write = (item: StoredEntity): string => {
      const isKeyed = collection || target !== undefined;
      return this.#contained(
        property,
        item,
        isKeyed ? keyedEntityPath(among, target?.type ?? type, item) : path,
        expanded,
      );
    };
    if (collection) members.push(`"${name}":[${membersOf(value).map(write).join(',')}]`);
    else members.push(`"${name}":${isJsonObject(value) ? write(value as StoredEntity) : 'null'}`);
  }

  #contained({ type }: NavigationProperty, value: StoredEntity, path: EntityPath, selection: Expansion): string {
    if (selection.only === 'ref') return this.#object([this.#reference(path)]);
    return this.#object(this.#entityMembers({ type, path, value, selection }));
  }

  #properties(members: Members, type: StructuredType, value: JsonObject, shape: Shape): void {
    const { select } = shape.selection;
    const changed = isJsonObject(shape.changed) ? shape.changed : {};
    for (const property of type.properties.values()) {
      const { name } = property;
      const nested = select === undefined ? everything : select.get(name);
      if (nested === undefined) continue;
      const kept = value[name] ?? null;
      const stored = property.onWrite === undefined ? kept : this.#transformed(property, kept, { type, value });
      if (stored === null && !property.collection) {
        if (!this.format.omitNulls || Object.hasOwn(changed, name)) members.push(`"${name}":null`);
        continue;
      }
      if (this.#full) this.#propertyType(members, property);
      const count = value[`${name}@count`];
      if (typeof count === 'number') members.push(this.#count(count, name));
      members.push(`"${name}":${this.#property(property, stored, { selection: nested, changed: changed[name] })}`);
    }
    this.#undeclared(members, type, value, shape.selection);
  }

  /** Computed properties, and those that an open type does not declare. */
  #undeclared(
    members: Members,
    type: StructuredType,
    value: JsonObject,
    { select, computed, dynamic }: Selection,
  ): void {
    const write = (name: string, item: ItemType): void => {
      const stored = value[name] ?? null;
      if (stored === null && this.format.omitNulls) return;
      // JSON Format 4.6.3: what the metadata does not declare says its type, unless its JSON value does.
      if (this.#minimal && stored !== null && item?.kind === 'primitive' && item.needsTypeAnnotation) {
        this.#propertyType(members, { name, type: item, collection: false });
      }
      members.push(`"${name}":${this.#value(item, stored, { selection: everything, changed: undefined })}`);
    };
    for (const [name, item] of computed ?? []) write(name, item);
    if (!type.open) return;
    const declared = (name: string): boolean =>
      type.properties.has(name) ||
      (type.kind === 'entity' && type.navigation.has(name)) ||
      computed?.has(name) === true;
    const others = Object.keys(value).filter((name) => !/[$@]/.test(name) && !declared(name));
    for (const name of select === undefined ? others : (dynamic ?? [])) write(name, undefined);
  }

  /** JSON Format 4.6.3: `type` where the JSON value does not tell the type. */
  #propertyType(members: Members, { name, type, collection }: Pick<Property, 'name' | 'type' | 'collection'>): void {
    if (!collection && (type.kind === 'complex' || (type.kind === 'primitive' && !type.needsTypeAnnotation))) return;
    // Built-in types lose their `Edm.`; 4.0 marks every name with `#`, 4.01 only those of the model.
    const builtIn = type.kind === 'primitive';
    const itemName = builtIn ? type.name.slice('Edm.'.length) : type.qualifiedName;
    const mark = builtIn && this.format.version !== '4.0' ? '' : '#';
    members.push(this.#control('type', `${mark}${collection ? `Collection(${itemName})` : itemName}`, name));
  }

  #property(property: Property, value: JsonValue, shape: Shape): string {
    if (!property.collection) return this.#value(property.type, value, shape);
    const items = Array.isArray(value) ? value : [];
    const ofItem = { selection: shape.selection, changed: undefined };
    return `[${items.map((item) => this.#value(property.type, item, ofItem)).join(',')}]`;
  }

  #value(type: ItemType, value: JsonValue, shape: Shape): string {
    if (type?.kind === 'complex' && isJsonObject(value)) return this.#complex(type, value, shape);
    const json = type?.kind === 'primitive' && value !== null ? type.write(value) : value;
    if (typeof json === 'string') return JSON.stringify(json);
    const text = stringifyJson(json);
    const quoted = this.format.ieee754Compatible && type?.kind === 'primitive' && type.exactNumber && json !== null;
    return quoted ? `"${text}"` : text;
  }

  #complex(type: ComplexType, value: JsonObject, shape: Shape): string {
    return this.#object(this.#complexMembers(type, value, shape));
  }

  #complexMembers(declared: ComplexType, value: JsonObject, shape: Shape): Members {
    const type = actualType(declared, value);
    // What only a query made has no name.
    const named = this.#minimal && type.qualifiedName !== '';
    const members = named ? [this.#control('type', `#${type.qualifiedName}`)] : [];
    this.#properties(members, type, value, shape);
    return members;
  }
}

/** Instance annotations that a value carries for its answer. */
function annotationsIn(value: StoredEntity): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name.startsWith('@')));
}
