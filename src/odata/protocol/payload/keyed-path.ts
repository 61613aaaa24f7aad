import { keyPart, keyProperty } from '../edm/key-parts.js';
import { keyOf } from '../edm/key-text.js';
import type { EntityType, ItemType } from '../edm/model.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { type EntityPath, keyedPath } from '../uri/entity-path.js';

/** A key value as a literal of a URL (OData 4.01 URL Conventions 4.3.1). */
function keyLiteral(type: ItemType, value: JsonValue): string {
  const json = type?.kind === 'primitive' ? type.write(value) : value;
  const text = typeof json === 'string' ? json : stringifyJson(json);
  if (type?.kind !== 'primitive') return `${type?.qualifiedName ?? ''}'${text}'`;
  if (type.family === 'string') return `'${text.replaceAll("'", "''")}'`;
  return type.family === 'duration' || type.family === 'binary' ? `${type.family}'${text}'` : text;
}

/** The canonical path of an entity in a collection, by the key inside it. */
export function keyedEntityPath(collection: EntityPath, type: EntityType, value: JsonObject): EntityPath {
  return keyedPath(
    collection,
    type.key.map((name) => [name, keyLiteral(keyProperty(type, name)?.type, keyPart(type, name, value) ?? null)]),
  );
}

/** The same by the text of the key: put together where somebody asks for it, as few answers say it. */
export class PathByKey implements EntityPath {
  #path: EntityPath | undefined;

  constructor(
    private readonly collection: EntityPath,
    private readonly type: EntityType,
    private readonly keyText: string,
  ) {}

  get #known(): EntityPath {
    return (this.#path ??= keyedEntityPath(this.collection, this.type, keyOf(this.type, this.keyText)));
  }

  get url(): string {
    return this.#known.url;
  }

  get text(): string {
    return this.#known.text;
  }
}
