import type { JsonObject, JsonValue } from '../json/json-value.js';
import { parseOwnJson } from '../json/parse-json.js';
import { stringifyJson } from '../json/stringify-json.js';
import { keyPartsOf, keyProperty, putPart } from './key-parts.js';
import type { EntityType } from './model.js';
import type { TypeFamily } from './primitive-types.js';

/** Families whose values are no text in stored form. */
const notText: ReadonlySet<TypeFamily> = new Set(['boolean', 'integer', 'decimal', 'double', 'duration']);

function isOneText(entity: EntityType): boolean {
  const { key } = entity;
  const [name = ''] = key;
  const type = keyProperty(entity, name)?.type;
  return key.length === 1 && type?.kind === 'primitive' && !notText.has(type.family);
}

/**
 * The text under which a store keeps an entity: a key of one text as it is, any other key as a JSON array. The type tells
 * which, never the text: a key may look like JSON.
 * @param values of the key properties, in their order, in stored form
 */
export function keyText(type: EntityType, values: readonly JsonValue[]): string {
  return isOneText(type) ? (values[0] as string) : stringifyJson([...values]);
}

/** The values of the key properties out of such a text. */
export function keyValues(type: EntityType, text: string): readonly JsonValue[] {
  return isOneText(type) ? [text] : (parseOwnJson(text) as JsonValue[]);
}

/** The key of an entity from the text under which the store keeps it. */
export function keyOf(type: EntityType, text: string): JsonObject {
  const values = keyValues(type, text);
  const key: JsonObject = {};
  for (const [index, part] of type.key.entries()) putPart(type, key, part, values[index] ?? null);
  return key;
}

/** Whether the service makes keys of a type where clients give none: those of one text or one Guid. */
export function makesKeys({ key, properties }: EntityType): boolean {
  const [name = ''] = key;
  const type = properties.get(name)?.type;
  return key.length === 1 && type?.kind === 'primitive' && (type.family === 'string' || type.family === 'guid');
}

/** Whether clients may say the key of a new entity of a type. */
export function takesKeys(type: EntityType): boolean {
  return type.key.every((name) => keyProperty(type, name)?.computed !== true);
}

/** The text under which a store keeps an entity, out of the entity or an object that has its key. */
export function keyTextIn(type: EntityType, entity: JsonObject): string {
  return keyText(type, keyPartsOf(type, entity));
}
