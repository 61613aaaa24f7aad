import type { ItemType } from '../../protocol/edm/model.js';
import type { TypeFamily } from '../../protocol/edm/primitive-types.js';
import { JsonNumber, type JsonValue } from '../../protocol/json/json-value.js';
import type { JsonSource } from '../sql/dialect.js';
import type { Parameters } from '../sql/parameters.js';
import { jsonText } from './jsonb.js';

/** The expression of null. Without a type it fits everywhere but where the database must guess one. */
export const null_ = 'NULL';

/** A literal of SQL; the text comes from the model, or is a constant. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The text of an array of texts. */
export function textArray(items: readonly string[]): string {
  const quoted = items.map((item) =>
    /^[A-Za-z_$][\w$]*$/.test(item) && !/^null$/i.test(item) ? item : `"${item.replaceAll(/["\\]/g, '\\$&')}"`,
  );
  return `{${quoted.join(',')}}`;
}

function at(operator: '#>' | '#>>', { json, path }: JsonSource): string {
  return `${json} ${operator} ${quoteText(textArray(path))}`;
}

/** A value inside JSON, as JSON. */
export function asJson(source: JsonSource): string {
  return source.path.length === 0 ? source.json : `(${at('#>', source)})`;
}

/** Text by the order of its code points, as every store has it, whatever the database's own order is. */
export function byCodePoint(text: string): string {
  return `(${text} COLLATE "C")`;
}

const sqlTypes: Readonly<Partial<Record<TypeFamily, string>>> = {
  boolean: 'boolean',
  // What is computed of integers need not be one of 64 bits.
  integer: 'numeric',
  decimal: 'numeric',
  duration: 'numeric',
  double: 'float8',
};

/** The family of a type; enumerations are kept as text. */
export function familyOf(type: ItemType): TypeFamily | undefined {
  if (type?.kind === 'enum') return 'string';
  return type?.kind === 'primitive' ? type.family : undefined;
}

function isGeo(type: ItemType): boolean {
  return familyOf(type) === 'geo';
}

/** A value inside JSON, as the SQL value of its type. */
export function scalar(source: JsonSource, type: ItemType): string {
  // What a query has made may hold null.
  if (type === undefined || isGeo(type)) return `nullif(${asJson(source)}, 'null'::jsonb)`;
  const text = `(${at('#>>', source)})`;
  const sqlType = sqlTypes[familyOf(type) ?? 'string'];
  return sqlType === undefined ? byCodePoint(text) : `${text}::${sqlType}`;
}

/** NULL as a value of a type. */
export function absent(type: ItemType): string {
  if (type === undefined || isGeo(type)) return `${null_}::jsonb`;
  const sqlType = sqlTypes[familyOf(type) ?? 'string'];
  return sqlType === undefined ? byCodePoint(`${null_}::text`) : `${null_}::${sqlType}`;
}

const jsonTypes: Readonly<Partial<Record<TypeFamily, string>>> = {
  boolean: 'boolean',
  integer: 'number',
  decimal: 'number',
  duration: 'number',
  double: 'number',
};

/** The same, where nobody has tested that it is of that type. */
export function dynamic(source: JsonSource, type: ItemType): string {
  if (type === undefined || isGeo(type)) return asJson(source);
  const jsonType = jsonTypes[familyOf(type) ?? 'string'] ?? 'string';
  const sqlType = jsonType === 'number' ? 'numeric' : jsonType === 'boolean' ? 'boolean' : undefined;
  const text = `(${at('#>>', source)})`;
  const value = sqlType === undefined ? text : `${text}::${sqlType}`;
  const whereSo = `CASE jsonb_typeof(${asJson(source)}) WHEN '${jsonType}' THEN ${value} END`;
  return sqlType === undefined ? byCodePoint(`(${whereSo})`) : `(${whereSo})`;
}

/** A value of a request, as a parameter. */
export function literal(value: JsonValue, type: ItemType, parameters: Parameters): string {
  if (value === null) return null_;
  if (typeof value === 'boolean') return `${parameters.add(String(value))}::boolean`;
  if (typeof value === 'string') return `${parameters.add(value)}::${sqlTypes[familyOf(type) ?? 'string'] ?? 'text'}`;
  if (typeof value === 'object' && !(value instanceof JsonNumber)) return `${parameters.add(jsonText(value))}::jsonb`;
  const text = value instanceof JsonNumber ? value.text : String(value);
  const infinite = Math.abs(Number(text)) === Infinity;
  if (familyOf(type) === 'double') return `${parameters.add(infinite ? String(Number(text)) : text)}::float8`;
  // As documents have infinity; of a decimal it has all its digits.
  return `${parameters.add(text.replace('9e999', 'Infinity'))}::numeric`;
}
