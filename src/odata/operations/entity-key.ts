import { randomUUID } from 'node:crypto';
import { makesKeys } from '../protocol/edm/key-text.js';
import type { EntityType } from '../protocol/edm/model.js';
import type { JsonObject } from '../protocol/json/json-value.js';

/** The key of a new entity: what the client gave, or one that the service makes. */
export function wholeKey(type: EntityType, key: JsonObject): JsonObject {
  const [name = ''] = type.key;
  return makesKeys(type) && key[name] === undefined ? { [name]: randomUUID() } : key;
}
