import { JsonNumber, type JsonValue } from '../../protocol/json/json-value.js';

/** How documents elsewhere have them. */
const infinities: Readonly<Record<string, string>> = { '9e999': '"INF"', '-9e999': '"-INF"' };

/**
 * The text of a stored value for `jsonb`. Its numbers are decimal and have no infinity, which is kept as OData's JSON has
 * it: `"INF"`, which casts to a floating-point number as it is.
 */
export function jsonText(value: JsonValue): string {
  if (value instanceof JsonNumber) return infinities[value.text] ?? value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`);
  return `{${members.join(',')}}`;
}
