import { JsonNumber, type JsonValue } from '../json/json-value.js';
import { storedMembers } from './enum-values.js';
import type { Property } from './model.js';
import type { DefaultValue } from './schema.js';

/**
 * The stored form of what `@Default` says.
 * @param what class and property, for errors
 * @throws Error where it is no value of the property
 */
export function defaultOf(
  what: string,
  value: DefaultValue | undefined,
  { type, collection, rules }: Pick<Property, 'type' | 'collection' | 'rules'>,
): JsonValue | undefined {
  if (value === undefined) return undefined;
  if (collection || type.kind === 'complex')
    throw new Error(`${what}: only single primitive and enumeration values have a @Default`);
  const said = typeof value === 'bigint' ? new JsonNumber(String(value)) : value;
  const stored =
    type.kind === 'enum'
      ? storedMembers(type, String(value))
      : type.read(said, { ieee754Compatible: type.exactNumber });
  const broken = stored === undefined ? undefined : rules.find((rule) => !rule.accepts(stored));
  if (stored !== undefined && broken === undefined) return stored;
  const reason = broken === undefined ? 'is no value of its type' : `breaks a rule of the property: ${broken.name}`;
  throw new Error(`${what}: what @Default says ${reason}`);
}
