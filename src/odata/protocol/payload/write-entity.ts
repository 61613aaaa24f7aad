import { keyPath } from '../edm/key-parts.js';
import type { ComplexType, EntityType, ItemType, NavigationProperty, Property } from '../edm/model.js';
import type { StructuredType } from '../edm/model.js';
import { mediaName } from '../edm/streams.js';
import type { PrimitiveType } from '../edm/primitive-types.js';
import type { EnumType } from '../edm/schema.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { containedPath, type EntityPath } from '../uri/entity-path.js';
import { keyedEntityPath } from './keyed-path.js';
import type { PayloadFormat } from './payload-format.js';
import { list } from './in-pieces.js';
import { storedStream, streamTag } from './stored-stream.js';
import { everything, type Expansion, type Selection } from './selection.js';
import { actualType, looked, membersOf, type StoredEntity, storedText, versionMember } from './stored-entity.js';
import { transformWritten } from './transform-written.js';
import { refersInside, ValueWriters, withMember } from './write-values.js';

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
  /** Its own context, where that of the payload does not say where it is (JSON Format 4.5.1). */
  readonly contextFragment?: string | undefined;
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

/** A relation between entities that a delta payload says is added or removed (JSON Format 15.4 and 15.5). */
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

/** An entity of one set in a row of a cross join; undefined where only a link to it is asked for. */
export interface JoinedToWrite {
  readonly set: { readonly name: string; readonly type: EntityType };
  readonly path: EntityPath;
  readonly value: StoredEntity | null | undefined;
  readonly selection: Expansion;
}

/** A row of a cross join: its entities, and what `$compute` adds. */
export interface JoinedRowToWrite {
  readonly entities: readonly JoinedToWrite[];
  readonly value: JsonObject;
}

/** An annotation that a property carries, at the URL of the property: the name of its term, its type, its value. */
export interface CarriedAnnotation {
  readonly term: string;
  readonly about: Property;
  readonly stored: JsonValue;
}

/** What a payload of several values says of them. */
export interface CollectionAnnotations {
  readonly count: number | undefined;
  readonly nextLink: string | undefined;
  readonly deltaLink?: string | undefined;
  /** The collection of entities that it is: its type, and its path behind the service root. */
  readonly of?: { readonly type: EntityType; readonly url: string } | undefined;
}

/** The same of rows of a cross join: the virtual type that they are of, and what is computed of them. */
export interface CrossJoinAnnotations extends CollectionAnnotations {
  readonly type: EntityType;
  readonly computed: Selection['computed'];
}

type Members = string[];

/** Member of a complex value that holds its path, for the links of its references. */
const pathMember = '$path';

/** A value whose complex values know their paths: an item of a collection has none. */
function placed(type: StructuredType, value: JsonObject, url: string): JsonObject {
  const copy = { ...value };
  for (const { name, type: inner, collection } of type.properties.values()) {
    const one = value[name];
    if (inner.kind !== 'complex' || collection || !isJsonObject(one) || !refersInside(inner)) continue;
    const path = `${url}/${name}`;
    copy[name] = { ...placed(actualType(inner, one), one, path), [pathMember]: path };
  }
  return copy;
}

/** The path of a complex value, which contains no entities. */
const nowhere: EntityPath = { url: '', text: '' };

/** The type of a property on its way into a payload. */
interface ValueType {
  readonly type: ItemType;
  readonly collection: boolean;
  /** The declared property, where it is one. */
  readonly property?: Property | undefined;
}

/** Writes JSON payloads of one format; the control information comes from the model. */
export class PayloadWriter {
  readonly #values: ValueWriters;
  readonly #minimal: boolean;
  readonly #full: boolean;

  constructor(private readonly format: PayloadFormat) {
    const adding =
      (members: Members) =>
      (text: string): string =>
        members.length === 0 ? text : withMember(text, members.join(','));
    this.#values = new ValueWriters(
      format,
      (type, selection) => (text, owner) => adding(this.#references(type, owner, selection))(text),
      (type, selection) => (text, owner) => adding(this.#carriedBy(type, owner, selection))(text),
    );
    this.#minimal = format.metadata !== 'none';
    this.#full = format.metadata === 'full';
  }

  /** A response body that is one entity. */
  entityDocument(entity: EntityToWrite, contextFragment: string): string {
    return this.#entity(entity, this.#context(contextFragment).join());
  }

  /** A response body that is a collection of entities, or a page of one. */
  collectionDocument(
    entities: readonly EntityToWrite[],
    contextFragment: string,
    about: CollectionAnnotations,
  ): string {
    const write = (entity: EntityToWrite): string => {
      const own = entity.contextFragment;
      return this.#entity(entity, own === undefined ? '' : this.#context(own).join());
    };
    return this.#collection(entities, write, { ...about, contextFragment });
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
    const write = (item: DeltaPayloadItem): string => {
      if ('kind' in item && item.kind === 'link') return this.#object(this.#link(item));
      if ('kind' in item) return this.#object([this.#reference(item.path), ...this.#annotations(item.annotations)]);
      if ('reason' in item) return this.#object([...this.#removed(item, form), ...this.#annotations(item.annotations)]);
      return this.#entity({ ...item, identified: true });
    };
    return this.#collection(items, write, { ...about, contextFragment, count: undefined });
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
    const select = selectionOfKey(key);
    const written = this.#values.object(type, { select }).add('', key, undefined);
    return written === '' ? members : [...members, written];
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

  /** What is said of an entity for this answer, and what it carries of that which is asked for. */
  #annotationsOf({ carries }: EntityType, { annotations, value, selection }: EntityToWrite): Members {
    if (carries === undefined) return this.#annotations(annotations ?? annotationsIn(value));
    const all = Object.entries(annotationsIn(value) ?? {});
    const others = Object.fromEntries(all.filter(([name]) => !carries.has(name)));
    return [...this.#annotations(annotations ?? others), ...this.#carriedBy({ carries }, value, selection)];
  }

  /** What a value carries of that which is asked for: itself, and its properties as far as they are selected. */
  #carriedBy(
    { carries = new Map() }: Pick<StructuredType, 'carries'>,
    value: JsonObject,
    selection: Selection = everything,
  ): Members {
    return [...carries].flatMap(([name, term]) => {
      const [property = '', about = ''] = name.split('@');
      const isShown = property === '' || selection.select?.has(property) !== false;
      const isWanted =
        selection.annotations?.includes(name) === true || (isShown && this.format.includesAnnotation?.(about) === true);
      return isWanted ? this.#carried(name, { term, stored: value[name] ?? null }) : [];
    });
  }

  #carried(name: string, { term, stored }: { readonly term: Property; readonly stored: JsonValue }): Members {
    if (stored === null) return [];
    const write = this.#values.value(term.type, everything);
    const text = Array.isArray(stored) ? `[${list(stored, write)}]` : write(stored);
    return [`${JSON.stringify(name)}:${text}`];
  }

  #annotations(annotations: JsonObject | undefined): Members {
    if (annotations === undefined) return [];
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
      annotations = [],
    }: {
      contextFragment: string;
      selection?: Selection;
      annotations?: readonly CarriedAnnotation[] | undefined;
    } & Partial<CollectionAnnotations>,
  ): string {
    const carried = annotations.flatMap(({ term, about, stored }) =>
      this.format.includesAnnotation?.(term) === true ? this.#carried(`value@${term}`, { term: about, stored }) : [],
    );
    const write = this.#values.value(type, selection);
    const value = property?.onWrite === undefined ? stored : this.#transformed(property, stored);
    if (collection) {
      const items = Array.isArray(value) ? value : [];
      return this.#collection(items, (item) => write(item), { contextFragment, count, nextLink, carried });
    }
    if (type?.kind === 'complex' && isJsonObject(value)) {
      // Its members stand beside the context.
      const inside = write(value).slice(1, -1);
      return this.#object([...this.#context(contextFragment), ...(inside === '' ? [] : [inside])]);
    }
    return this.#object([...this.#context(contextFragment), ...carried, `"value":${write(value)}`]);
  }

  /** A response body that is a reference to an entity (OData JSON Format 4.01, 14). */
  referenceDocument(path: EntityPath): string {
    return this.#object([...this.#context('$ref'), this.#reference(path)]);
  }

  /** A response body that is a collection of references. */
  referencesDocument(paths: readonly EntityPath[], about: CollectionAnnotations): string {
    const write = (path: EntityPath): string => this.#object([this.#reference(path)]);
    return this.#collection(paths, write, { ...about, contextFragment: 'Collection($ref)' });
  }

  /**
   * A response body that is rows of a cross join (URL Conventions 4.15): of each set the entity where it is expanded, and
   * otherwise where to read it.
   */
  crossJoinDocument(rows: readonly JoinedRowToWrite[], about: CrossJoinAnnotations): string {
    const { type, computed } = about;
    const write = ({ entities, value }: JoinedRowToWrite): string => {
      const members = entities.flatMap((one) => this.#joined(one));
      if (computed !== undefined)
        members.push(this.#values.object(type, { select: new Map(), computed }).add('', value, undefined));
      return this.#object(members);
    };
    return this.#collection(rows, write, { ...about, contextFragment: 'Collection(Edm.ComplexType)' });
  }

  #joined({ set: { name, type }, path, value, selection }: JoinedToWrite): Members {
    const isLinked = this.#full || (this.#minimal && value === undefined);
    const link = isLinked ? [this.#control('navigationLink', `${this.format.serviceRoot}${path.url}`, name)] : [];
    if (value === undefined) return link;
    if (value === null) return [...link, `"${name}":null`];
    const written =
      selection.only === 'ref' ? this.#object([this.#reference(path)]) : this.#entity({ type, path, value, selection });
    return [...link, `"${name}":${written}`];
  }

  /** Written at every level of metadata: it is all there is. */
  #reference({ url }: EntityPath): string {
    return this.#control('id', `${this.format.serviceRoot}${url}`);
  }

  /**
   * A primitive value as plain text (OData 4.01 Protocol 11.2.4.1).
   * @param property the declared property, where it is one
   * @throws Error where its transform gives what is not of its type
   */
  rawValue(type: PrimitiveType | EnumType | undefined, stored: JsonValue, property?: Property): string {
    const value = property?.onWrite === undefined ? stored : this.#transformed(property, stored);
    const json = type?.kind === 'primitive' ? type.write(value) : value;
    return typeof json === 'string' ? json : stringifyJson(json);
  }

  #transformed(property: Property, stored: JsonValue): JsonValue {
    return this.format.asStored === true ? stored : transformWritten(property, stored);
  }

  #collection<T>(
    items: readonly T[],
    write: (item: T) => string,
    {
      contextFragment,
      count,
      nextLink,
      deltaLink,
      of,
      carried = [],
    }: CollectionAnnotations & { readonly contextFragment: string; readonly carried?: Members },
  ): string {
    const members = this.#context(contextFragment);
    if (of !== undefined && this.#full)
      members.push(...this.#operations(of.type, everything, `${this.format.serviceRoot}${of.url}`, 'several'));
    if (count !== undefined) members.push(this.#values.count(count));
    members.push(...carried, `"value":[${list(items, write)}]`);
    if (nextLink !== undefined) members.push(this.#control('nextLink', nextLink));
    if (deltaLink !== undefined) members.push(this.#control('deltaLink', deltaLink));
    return this.#object(members);
  }

  #object(members: readonly string[]): string {
    // Joining would copy what may be a whole page.
    return `${members.reduce(withMember, '{')}}`;
  }

  #control(name: string, value: string, property = ''): string {
    return this.#values.control(name, value, property);
  }

  #context(fragment: string): Members {
    return this.#minimal ? [this.#control('context', `${this.format.serviceRoot}$metadata#${fragment}`)] : [];
  }

  /** @param before a member that stands before those of the entity */
  #entity(entity: EntityToWrite, before = ''): string {
    if (entity.value[storedText] === undefined) return this.#looked(entity, before);
    return this.#copied(entity, before) ?? this.#looked({ ...entity, value: looked(entity.value) }, before);
  }

  /** The text of one that was not looked into; undefined where it has to be. */
  #copied(entity: EntityToWrite, before: string): string | undefined {
    const { type, value, selection = everything, changed, annotations } = entity;
    if (changed !== undefined || annotations !== undefined) return undefined;
    const copier = this.#values.copier(type, selection);
    if (copier === undefined) return undefined;
    const head = this.#identity(`{${before}`, entity, type, this.#values.object(type, everything).typeText);
    const [key = ''] = type.key;
    const own = Object.hasOwn(value, key) ? value[key] : undefined;
    return copier(value[storedText] ?? '', head, own === undefined ? undefined : stringifyJson(own));
  }

  #looked(entity: EntityToWrite, before: string): string {
    const { type: declared, path, value, selection = everything, changed } = entity;
    const type = actualType(declared, value);
    const writer = this.#values.object(type, selection);
    const identified = this.#identity(`{${before}`, entity, type, writer.typeText);
    const begun = type.streams === undefined ? identified : this.#streams(identified, entity, type.streams);
    const annotations = this.#annotationsOf(type, entity);
    const text = writer.add(
      annotations.length === 0 ? begun : withMember(begun, annotations.join(',')),
      this.#full && refersInside(type) ? placed(type, value, path.url) : value,
      changed,
    );
    if (!this.#full && selection.expand === undefined && selection.operations === undefined) return `${text}}`;
    const others: Members = this.#operations(type, selection, `${this.format.serviceRoot}${path.url}`, 'one');
    for (const property of type.navigation.values()) this.#navigation(others, property, { ...entity, type }, selection);
    return `${others.length === 0 ? text : withMember(text, others.join(','))}}`;
  }

  /** Adds what an entity says of itself before its values. */
  #identity(
    text: string,
    { path, value, selection: { select } = everything, identified = false }: EntityToWrite,
    type: EntityType,
    typeText: string,
  ): string {
    // JSON Format 4.5.8: without its key an entity must be identified by `id`, at `minimal` too.
    const keyless = select !== undefined && type.key.some((part) => !selects(select, keyPath(type, part)));
    const control = (name: string, url = `${this.format.serviceRoot}${path.url}`) => this.#control(name, url);
    if (!this.#minimal) return identified && keyless ? withMember(text, control('id')) : text;
    let longer = withMember(text, typeText);
    if (this.#full || keyless) longer += `,${control('id')}`;
    const version = value[versionMember];
    if (typeof version === 'number') {
      const [before, behind] = this.#values.etag;
      longer += `${before}${version}${behind}`;
    }
    return this.#full ? `${longer},${control('editLink')}` : longer;
  }

  /**
   * JSON Format 4.5.12, 9 and 10: what is known of the streams of an entity. Their links are those of the conventions, which
   * are left out but where everything is said of an entity, or the stream is selected.
   */
  #streams(
    text: string,
    { path, value, selection: { select } = everything }: EntityToWrite,
    streams: NonNullable<EntityType['streams']>,
  ): string {
    if (!this.#minimal || this.format.asStored === true) return text;
    let longer = text;
    for (const name of streams.keys()) {
      const isMedia = name === mediaName;
      if (!isMedia && select?.has(name) === false) continue;
      const say = (control: string, said: string): void => {
        longer = withMember(longer, this.#control(control, said, isMedia ? '' : name));
      };
      const link = `${this.format.serviceRoot}${path.url}/${name}`;
      const isLinked = this.#full || (select?.has(name) ?? false);
      if (isLinked) for (const one of ['mediaEditLink', 'mediaReadLink']) say(one, link);
      const stream = storedStream(value[name]);
      if (stream === undefined) continue;
      say('mediaContentType', stream.type);
      say('mediaEtag', streamTag(stream));
    }
    return longer;
  }

  /**
   * JSON Format 16 and 17: the operations that can be called on what is written, where everything is said of it, or where
   * they are selected.
   */
  #operations(
    { callable }: EntityType,
    { select, operations }: Selection,
    url: string,
    of: 'one' | 'several',
  ): Members {
    if (callable === undefined || !this.#minimal) return [];
    if (operations === undefined && (!this.#full || select !== undefined)) return [];
    const [place = ''] = url.slice(this.format.serviceRoot.length).split(/[(/]/, 1);
    const shown = callable[of].filter(
      ({ onlyOn, qualifiedName }) => onlyOn?.has(place) !== false && operations?.includes(qualifiedName) !== false,
    );
    const names = new Map(shown.map((one) => [one.qualifiedName, one]));
    return [...names].map(([name, { description, name: title }]) => {
      const about = this.#full ? { title: description ?? title, target: `${url}/${name}` } : {};
      return `${JSON.stringify(`#${name}`)}:${JSON.stringify(about)}`;
    });
  }

  #navigation(members: Members, property: NavigationProperty, parent: EntityToWrite, selection: Selection): void {
    const { name } = property;
    const path = containedPath(parent.path, name);
    this.#links(members, property, path.url, selection);
    this.#expanded(members, property, { path, value: parent.value }, selection);
  }

  #links(members: Members, { name }: NavigationProperty, path: string, { select }: Selection): void {
    if (!this.#full || select?.has(name) === false) return;
    const url = `${this.format.serviceRoot}${path}`;
    members.push(this.#control('associationLink', `${url}/$ref`, name), this.#control('navigationLink', url, name));
  }

  /** What is said of the references of a complex value, and what it is expanded by. */
  #references(type: ComplexType, owner: JsonObject, selection: Selection): Members {
    const members: Members = [];
    const path = owner[pathMember];
    for (const property of type.navigation?.values() ?? []) {
      if (typeof path === 'string') this.#links(members, property, `${path}/${property.name}`, selection);
      this.#expanded(members, property, { path: nowhere, value: owner as StoredEntity }, selection);
    }
    return members;
  }

  /** @param at path of the navigation property, and what has it */
  #expanded(
    members: Members,
    property: NavigationProperty,
    { path, value: owner }: Pick<EntityToWrite, 'path' | 'value'>,
    selection: Selection,
  ): void {
    const { name, collection, target, type } = property;
    const expanded = selection.expand?.get(name);
    if (expanded === undefined) return;
    const count = owner[`${name}@count`];
    if (typeof count === 'number') members.push(this.#values.count(count, name));
    if (expanded.only === 'count') return;
    const value = owner[name];
    const made = expanded.made?.type;
    if (made?.kind === 'complex') {
      members.push(`"${name}":[${list(Array.isArray(value) ? value : [], this.#values.value(made, expanded))}]`);
      return;
    }
    // What is referred to is a member of its own set (URL Conventions 4.3.1).
    const among = target === undefined ? path : { url: target.name, text: target.name };
    const write = (item: StoredEntity): string => {
      const isKeyed = collection || target !== undefined;
      return this.#contained(
        made?.kind === 'entity' ? { ...property, type: made } : property,
        item,
        isKeyed ? keyedEntityPath(among, target?.type ?? type, item) : path,
        expanded,
      );
    };
    if (collection) members.push(`"${name}":[${list(membersOf(value), write)}]`);
    else members.push(`"${name}":${isJsonObject(value) ? write(value as StoredEntity) : 'null'}`);
  }

  #contained({ type }: NavigationProperty, value: StoredEntity, path: EntityPath, selection: Expansion): string {
    if (selection.only === 'ref') return this.#object([this.#reference(path)]);
    return this.#entity({ type, path, value, selection });
  }
}

/** What a key says, and nothing else of the complex values that parts of it are inside of. */
function selectionOfKey(key: JsonObject): NonNullable<Selection['select']> {
  const inside = (value: JsonValue): Selection =>
    isJsonObject(value) ? { select: selectionOfKey(value) } : everything;
  return new Map(Object.entries(key).map(([name, value]) => [name, inside(value)]));
}

/** Whether a path is selected as a whole. */
function selects(select: NonNullable<Selection['select']>, [name = '', ...inside]: readonly string[]): boolean {
  const selected = select.get(name);
  if (selected?.select === undefined || inside.length === 0) return selected !== undefined;
  return selects(selected.select, inside);
}

/** Instance annotations that a value carries for its answer. */
function annotationsIn(value: StoredEntity): JsonObject | undefined {
  let annotations: JsonObject | undefined;
  for (const name in value) {
    if (name.startsWith('@')) (annotations ??= {})[name] = value[name] ?? null;
  }
  return annotations;
}
