import type { ComplexType, EntityType, NavigationProperty, Property } from '../edm/model.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { containedPath, type EntityPath } from '../uri/entity-path.js';
import type { ODataVersion } from '../versions.js';
import { everything, type Selection } from './selection.js';
import { etagOf, type StoredEntity } from './stored-entity.js';

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
}

/** An entity on its way into a payload. */
export interface EntityToWrite {
  readonly type: EntityType;
  readonly path: EntityPath;
  readonly value: StoredEntity;
  readonly selection?: Selection;
  /** The merge patch that led to the value: what it names is written even where nulls are left out. */
  readonly changed?: JsonObject;
}

type Members = string[];

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

  /** A response body that is a page of a collection of entities. */
  collectionDocument(
    entities: readonly EntityToWrite[],
    contextFragment: string,
    nextLink: string | undefined,
  ): string {
    const value = entities.map((entity) => this.#object(this.#entityMembers(entity))).join(',');
    const members = [...this.#context(contextFragment), `"value":[${value}]`];
    if (nextLink !== undefined) members.push(this.#control('nextLink', nextLink));
    return this.#object(members);
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
    const { type, path, value, selection = everything, changed } = entity;
    const members: Members = [];
    if (this.#minimal) {
      const url = `${this.format.serviceRoot}${path.url}`;
      members.push(this.#control('type', `#${type.qualifiedName}`));
      // JSON Format 4.6.8: without its key an entity must be identified by `id`, at `minimal` too.
      const keyless = selection.select !== undefined && type.key.some((name) => !selection.select?.has(name));
      if (this.#full || keyless) members.push(this.#control('id', url));
      members.push(this.#control('etag', etagOf(value)));
      if (this.#full) members.push(this.#control('editLink', url));
    }
    this.#properties(members, type.properties, value, { selection, changed });
    for (const property of type.navigation.values()) this.#navigation(members, property, entity, selection);
    return members;
  }

  #navigation(members: Members, property: NavigationProperty, parent: EntityToWrite, selection: Selection): void {
    const { name, type } = property;
    const path = containedPath(parent.path, name);
    if (this.#full && (selection.select === undefined || selection.select.has(name))) {
      const url = `${this.format.serviceRoot}${path.url}`;
      members.push(this.#control('associationLink', `${url}/$ref`, name), this.#control('navigationLink', url, name));
    }
    const expanded = selection.expand?.get(name);
    if (expanded === undefined) return;
    const value = parent.value[name];
    if (isJsonObject(value)) {
      const entity = { type, path, value: value as StoredEntity, selection: expanded };
      members.push(`"${name}":${this.#object(this.#entityMembers(entity))}`);
    } else {
      members.push(`"${name}":null`);
    }
  }

  #properties(members: Members, properties: ReadonlyMap<string, Property>, value: JsonObject, shape: Shape): void {
    const { select } = shape.selection;
    const changed = isJsonObject(shape.changed) ? shape.changed : {};
    for (const property of properties.values()) {
      const { name } = property;
      const nested = select === undefined ? everything : select.get(name);
      if (nested === undefined) continue;
      const stored = value[name] ?? null;
      if (stored === null && !property.collection) {
        if (!this.format.omitNulls || Object.hasOwn(changed, name)) members.push(`"${name}":null`);
        continue;
      }
      if (this.#full) this.#propertyType(members, property);
      members.push(`"${name}":${this.#property(property, stored, { selection: nested, changed: changed[name] })}`);
    }
  }

  /** JSON Format 4.6.3: `type` where the JSON value does not tell the type. */
  #propertyType(members: Members, { name, type, collection }: Property): void {
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

  #value(type: Property['type'], value: JsonValue, shape: Shape): string {
    if (type.kind === 'complex' && isJsonObject(value)) return this.#complex(type, value, shape);
    const json = type.kind === 'primitive' ? type.write(value) : value;
    if (typeof json === 'string') return JSON.stringify(json);
    const text = stringifyJson(json);
    return this.format.ieee754Compatible && type.kind === 'primitive' && type.exactNumber ? `"${text}"` : text;
  }

  #complex(type: ComplexType, value: JsonObject, shape: Shape): string {
    const members = this.#minimal ? [this.#control('type', `#${type.qualifiedName}`)] : [];
    this.#properties(members, type.properties, value, shape);
    return this.#object(members);
  }
}
