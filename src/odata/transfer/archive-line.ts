import { keyPart, withKey } from '../protocol/edm/key-parts.js';
import { keyOf, keyTextIn } from '../protocol/edm/key-text.js';
import type { EntitySet, EntityType, Model, Singleton, StructuredType } from '../protocol/edm/model.js';
import { streamNames } from '../protocol/edm/streams.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { parseJson } from '../protocol/json/parse-json.js';
import { stringifyJson } from '../protocol/json/stringify-json.js';
import { type StoredPath, valueAt } from '../protocol/payload/change.js';
import { readNewEntity } from '../protocol/payload/read-body.js';
import { everything, type Selection } from '../protocol/payload/selection.js';
import { type StoredStream, storedStream } from '../protocol/payload/stored-stream.js';
import { ModelEntityIds } from '../protocol/query/entity-ids.js';
import { actualType, type StoredEntity, typeMember, versionMember } from '../protocol/payload/stored-entity.js';
import { PayloadWriter } from '../protocol/payload/write-entity.js';
import { memberPath } from '../protocol/uri/entity-path.js';
import { aggregateSet, textKeyOf } from '../store/aggregate-set.js';
import type { AggregateSet, StoredAggregate } from '../store/aggregate-store.js';

/**
 * A line of an archive is a JSON object:
 * `{"set", "tenant", "owner", "version", "versions": {"summary": …}, "createdAt", "modifiedAt", "entity": {…}}`, and where there
 * are streams `"streams": {"cover": …}`, what is known of each; their contents are files beside the archive.
 * The entity is what a POST would carry, so that it is read, and tested, as a POST is, but for transforms: its values are
 * those that are stored. Versions keep ETags valid.
 */
const members = ['set', 'tenant', 'owner', 'version', 'versions', 'createdAt', 'modifiedAt', 'streams', 'entity'];

const format = {
  version: '4.01',
  ieee754Compatible: false,
  omitNulls: true,
  serviceRoot: '',
  asStored: true,
  includesAnnotation: () => true,
} as const;
const writers = {
  plain: new PayloadWriter({ ...format, metadata: 'none' }),
  typed: new PayloadWriter({ ...format, metadata: 'minimal' }),
};

/** Whether values in entities of a type may be of derived types, which they must say then. */
function hasDerived(type: StructuredType): boolean {
  if (type.derived.length > 0) return true;
  const complex = [...type.properties.values()]
    .map((property) => property.type)
    .filter((one) => one.kind === 'complex');
  const contained = type.kind === 'entity' ? [...type.navigation.values()].filter((one) => one.containsTarget) : [];
  return complex.some(hasDerived) || contained.some((one) => hasDerived(one.type));
}

/** Deeper than any entity of a model is; a line is not from a client. */
const maxDepth = 100;

/** An aggregate, and the set that it is a member of. */
export interface ArchivedAggregate {
  readonly set: AggregateSet;
  readonly aggregate: StoredAggregate;
  readonly streams: readonly StoredStream[];
}

/** Why a line cannot be taken. */
export class ArchiveLineError extends Error {
  override readonly name = 'ArchiveLineError';
}

/** The type of a stored entity. */
function ownType(declared: EntityType, entity: JsonObject): EntityType {
  return declared.derived.find(({ qualifiedName }) => qualifiedName === entity[typeMember]) ?? declared;
}

/** Every entity inside a stored one, and its path. */
function entitiesInside(
  type: EntityType,
  document: JsonObject,
  before: StoredPath = [],
): readonly { readonly path: StoredPath; readonly entity: JsonObject; readonly type: EntityType }[] {
  return [...ownType(type, document).navigation.values()].flatMap(
    ({ name, type: inner, collection, containsTarget }) => {
      const value = document[name];
      if (!containsTarget || !isJsonObject(value)) return [];
      const members = collection ? Object.keys(value).map((member) => [name, member]) : [[name]];
      return members.flatMap((steps) => {
        const entity = valueAt(document, steps);
        if (!isJsonObject(entity)) return [];
        const path = [...before, ...steps];
        return [{ path, entity, type: ownType(inner, entity) }, ...entitiesInside(inner, entity, path)];
      });
    },
  );
}

/** A stored entity, and every one inside it. */
function allEntities(declared: EntityType, document: JsonObject): ReturnType<typeof entitiesInside> {
  const own = { path: [], entity: document, type: ownType(declared, document) };
  return [own, ...entitiesInside(declared, document)];
}

/** The streams of a stored entity, and of what it contains, by their paths. */
export function streamsInside(declared: EntityType, document: JsonObject): ReadonlyMap<string, StoredStream> {
  const found = allEntities(declared, document).flatMap(({ path, entity, type }) =>
    streamNames(type).flatMap((name): [string, StoredStream][] => {
      const stream = storedStream(entity[name]);
      return stream === undefined ? [] : [[[...path, name].join('/'), stream]];
    }),
  );
  return new Map(found);
}

/** Everything that an entity contains, and references to what it refers to. */
function expanded(declared: StructuredType): Selection {
  const types: readonly StructuredType[] = [declared, ...declared.derived];
  const navigation = types.flatMap((type) => [...(type.navigation?.values() ?? [])]);
  const complex = types
    .flatMap(({ properties }) => [...properties.values()])
    .flatMap(({ name, type }) => (type.kind === 'complex' ? [[name, expanded(type)] as const] : []))
    .filter(([, inner]) => inner !== everything);
  if (navigation.length + complex.length === 0) return everything;
  const expand = navigation.map(
    ({ name, type, containsTarget }) => [name, containsTarget ? expanded(type) : { only: 'ref' as const }] as const,
  );
  return {
    ...(expand.length === 0 ? {} : { expand: new Map(expand) }),
    ...(complex.length === 0 ? {} : { inside: new Map(complex) }),
  };
}

/** A stored entity whose references are entities of which only the key is known, as they are written. */
function withReferences(declared: StructuredType, entity: JsonObject): JsonObject {
  const { navigation, properties } = actualType(declared, entity);
  const copy = { ...entity };
  const map = (value: JsonValue | undefined, collection: boolean, of: (one: JsonValue) => JsonValue): JsonValue => {
    if (value === undefined || value === null) return null;
    if (!collection || !isJsonObject(value)) return of(value);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, of(one)]));
  };
  for (const { name, type, collection } of properties.values()) {
    const value = copy[name];
    if (type.kind !== 'complex') continue;
    if (collection && Array.isArray(value))
      copy[name] = value.map((one) => (isJsonObject(one) ? withReferences(type, one) : one));
    else if (isJsonObject(value)) copy[name] = withReferences(type, value);
  }
  for (const { name, type, collection, target } of navigation?.values() ?? []) {
    if (copy[name] === undefined) continue;
    copy[name] = map(copy[name], collection, (one) => {
      if (target !== undefined) return keyOf(target.type, one as string);
      return isJsonObject(one) ? withReferences(type, one) : one;
    });
  }
  return copy;
}

/** Writes an aggregate as a line, without its end. */
export function writeArchiveLine(entitySet: EntitySet | Singleton, aggregate: StoredAggregate): string {
  const { tenant, owner, id, version, createdAt, modifiedAt, document } = aggregate;
  // The one entity of a singleton has its key inside.
  const key = entitySet.isSingleton === true ? undefined : textKeyOf(entitySet.type);
  const value: StoredEntity = {
    ...withReferences(entitySet.type, document),
    ...(key === undefined ? {} : { [key]: id }),
    [versionMember]: version,
  };
  const inside = entitiesInside(entitySet.type, document);
  const streams = streamsInside(entitySet.type, document);
  const versions = inside.map(({ path, entity }) => [path.join('/'), entity[versionMember] ?? version] as const);
  const entity = writers[hasDerived(entitySet.type) ? 'typed' : 'plain'].entityDocument(
    { type: entitySet.type, path: memberPath(entitySet.name, id), value, selection: expanded(entitySet.type) },
    '',
  );
  const about = {
    set: entitySet.name,
    tenant,
    owner,
    version,
    versions: Object.fromEntries(versions),
    createdAt: new Date(createdAt).toISOString(),
    modifiedAt: new Date(modifiedAt).toISOString(),
    ...(streams.size === 0 ? {} : { streams: Object.fromEntries(streams) }),
  };
  return `${stringifyJson(about).slice(0, -1)},"entity":${entity}}`;
}

/** What every line begins with, whatever is in it. */
const opening = '{"set":"';

/**
 * Whether a text that ends anywhere is the beginning of a line, of a set of the model; less than `{"set":"` may be the
 * beginning of anything.
 */
export function beginsLine(text: string, { entitySets, singletons }: Model): boolean {
  if (!text.startsWith(opening)) return false;
  return [...entitySets.keys(), ...singletons.keys()].some((name) => {
    const begin = `${opening}${name}","tenant":"`;
    return text.startsWith(begin) || begin.startsWith(text);
  });
}

function textOf(line: JsonObject, name: string): string {
  const value = line[name];
  if (typeof value === 'string' && value !== '' && value.isWellFormed() && !value.includes('\0')) return value;
  throw new ArchiveLineError(`'${name}' must be a text that is not empty`);
}

function versionOf(value: JsonValue | undefined, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new ArchiveLineError(`'${name}' must be a positive integer`);
}

function timeOf(line: JsonObject, name: string): number {
  const time = Date.parse(textOf(line, name));
  if (Number.isNaN(time)) throw new ArchiveLineError(`'${name}' must be a moment, 2000-12-31T23:59:59Z`);
  return time;
}

function lineOf(text: string): JsonObject {
  const { value, duplicates } = parseJson(text, maxDepth);
  if (!isJsonObject(value)) throw new ArchiveLineError('it is no JSON object');
  const [duplicate] = duplicates;
  if (duplicate !== undefined) throw new ArchiveLineError(`'${duplicate}' stands twice in its object`);
  const unknown = Object.keys(value).find((name) => !members.includes(name));
  if (unknown !== undefined) throw new ArchiveLineError(`'${unknown}' is no member of a line`);
  return value;
}

/**
 * Reads a line.
 * @throws ArchiveLineError where it is no line of an archive of this model
 * @throws JsonSyntaxError where it is no JSON
 * @throws ODataError with every fault of the entity and its path
 */
export function readArchiveLine(text: string, model: Model): ArchivedAggregate {
  const line = lineOf(text);
  const name = textOf(line, 'set');
  const entitySet = model.entitySets.get(name) ?? model.singletons.get(name);
  if (entitySet === undefined) throw new ArchiveLineError(`there is no entity set or singleton '${name}'`);
  const { key, properties, inside } = readNewEntity(
    entitySet.type,
    { value: line.entity ?? null, duplicates: [] },
    { version: '4.01', ieee754Compatible: false, isOwn: true, entityIds: new ModelEntityIds(model, []) },
  );
  const missing = entitySet.type.key.find((part) => keyPart(entitySet.type, part, key) === undefined);
  if (missing !== undefined) throw new ArchiveLineError(`the entity has no '${missing}'`);
  const versions = isJsonObject(line.versions) ? line.versions : {};
  for (const path of inside) {
    const entity = valueAt(properties, path);
    const name = path.join('/');
    if (isJsonObject(entity)) entity[versionMember] = versionOf(versions[name], `versions/${name}`);
  }
  const set = aggregateSet(entitySet);
  const aggregate = {
    tenant: textOf(line, 'tenant'),
    owner: textOf(line, 'owner'),
    id: entitySet.isSingleton === true ? '' : keyTextIn(entitySet.type, key),
    version: versionOf(line.version, 'version'),
    createdAt: timeOf(line, 'createdAt'),
    modifiedAt: timeOf(line, 'modifiedAt'),
    document: set.key === undefined ? withKey(entitySet.type, key, properties) : properties,
  };
  return { set, aggregate, streams: withStreams(entitySet.type, aggregate.document, line.streams) };
}

/** Names of files of contents; what stands in a line leads nowhere else. */
const contentName = /^[\w-]{1,64}$/;

function streamOf(value: JsonValue, path: string): StoredStream {
  const { content, type, length, etag } = isJsonObject(value) ? value : {};
  const isWhole = typeof content === 'string' && contentName.test(content) && typeof type === 'string';
  const areNumbers = Number.isSafeInteger(length) && Number(length) >= 0 && Number.isSafeInteger(etag);
  if (isWhole && areNumbers) return { content, type, length, etag } as StoredStream;
  throw new ArchiveLineError(`'streams/${path}' must have 'content', 'type', 'length' and 'etag'`);
}

/**
 * Puts the streams of a line into the document that it has.
 * @throws ArchiveLineError where there is no entity that has such a stream
 */
function withStreams(type: EntityType, document: JsonObject, said: JsonValue | undefined): readonly StoredStream[] {
  if (said === undefined) return [];
  if (!isJsonObject(said)) throw new ArchiveLineError("'streams' must be an object");
  const places = new Map(
    allEntities(type, document).flatMap(({ path, entity, type: own }) =>
      streamNames(own).map((name) => [[...path, name].join('/'), { entity, name }] as const),
    ),
  );
  return Object.entries(said).map(([path, value]) => {
    const place = places.get(path);
    if (place === undefined) throw new ArchiveLineError(`there is no stream '${path}' in the entity`);
    const stream = streamOf(value, path);
    place.entity[place.name] = stream;
    return stream;
  });
}
