import type { EntityType, NavigationProperty } from '../edm/model.js';
import { copyOf, isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { parseJson } from '../json/parse-json.js';
import type { NewEntity } from '../payload/change.js';
import { readNewEntity } from '../payload/read-body.js';
import type { Selection } from '../payload/selection.js';
import { type StoredEntity, versionMember } from '../payload/stored-entity.js';
import { PayloadWriter } from '../payload/write-entity.js';
import type { EntityPath } from '../uri/entity-path.js';

/** Where the examples are said to be served. */
const host = 'https://api.example.com';

/** Writes the example of a type as the service writes its entities: by the same reader, the same writer. */
export class Examples {
  readonly #stored: StoredEntity | undefined;
  readonly #writer: PayloadWriter;

  /** @param root path of the service root */
  constructor(
    private readonly type: EntityType,
    private readonly path: EntityPath,
    root: string,
  ) {
    const about = { version: '4.0', metadata: 'minimal', ieee754Compatible: false, omitNulls: false } as const;
    this.#writer = new PayloadWriter({ ...about, serviceRoot: `${host}${root}/` });
    const { example } = type;
    if (example === undefined) return;
    const body = parseJson(stringifyJson(example), 64);
    this.#stored = stored(readNewEntity(type, body, { version: '4.0', ieee754Compatible: false }), example, type);
  }

  /** A body that creates the entity. */
  get create(): JsonValue | undefined {
    return this.type.example;
  }

  /** A body that changes a few of its properties. */
  get update(): JsonValue | undefined {
    const { example, key, navigation } = this.type;
    if (example === undefined) return undefined;
    const changeable = Object.entries(example).filter(([name]) => !key.includes(name) && !navigation.has(name));
    return { '@odata.type': `#${this.type.qualifiedName}`, ...Object.fromEntries(changeable.slice(0, 5)) };
  }

  /** The entity as an answer. */
  entity(fragment: string, expanded: readonly NavigationProperty[] = []): JsonValue | undefined {
    if (this.#stored === undefined) return undefined;
    return JSON.parse(this.#writer.entityDocument(this.#entity(this.#stored, expanded), fragment)) as JsonValue;
  }

  /** The entity as the only one of a collection. */
  collection(fragment: string): JsonValue | undefined {
    if (this.#stored === undefined) return undefined;
    const about = { count: undefined, nextLink: undefined };
    return JSON.parse(this.#writer.collectionDocument([this.#entity(this.#stored, [])], fragment, about)) as JsonValue;
  }

  #entity(value: StoredEntity, expanded: readonly NavigationProperty[]) {
    const expand = new Map(expanded.map(({ name }): [string, Selection] => [name, {}]));
    return { type: this.type, path: this.path, value, selection: expand.size === 0 ? {} : { expand } };
  }
}

/** The versions of the examples: the later one changed. */
const version = 1_790_000_000_000;

const exampleKey = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';

/** An entity as it would be stored: keys that the service makes are those of the example. */
function stored({ properties, inside }: NewEntity, example: JsonObject, type: EntityType): StoredEntity {
  const keys =
    type.keyPaths === undefined ? Object.fromEntries(type.key.map((name) => [name, example[name] ?? exampleKey])) : {};
  const document = copyOf(properties);
  for (const [name] of inside.filter(({ length }) => length === 1)) {
    const [entity, given, target] = [document[name ?? ''], example[name ?? ''], type.navigation.get(name ?? '')?.type];
    if (!isJsonObject(entity) || !isJsonObject(given) || target === undefined) continue;
    if (target.keyPaths === undefined) for (const key of target.key) entity[key] = given[key] ?? exampleKey;
    entity[versionMember] = version;
  }
  return { ...keys, ...document, $version: version };
}
