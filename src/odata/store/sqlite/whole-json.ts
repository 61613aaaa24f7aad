/**
 * Structured values as texts that are the same where the values are. Node runs this file as it stands when the sources are
 * not compiled, so it names the files that it imports as they are.
 */
import type { DatabaseSync } from 'node:sqlite';
import { parse, print } from './decimal.ts';

const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** A number by its digits: without zeros at its end, and without exponent where those are not what makes it short. */
function numberText(source: string): string {
  const value = parse(source);
  if (value === null || typeof value === 'string' || Math.abs(value.scale) > 400) return source;
  const text = print(value);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/**
 * A structured value with the members of its objects by name, in the order that PostgreSQL has them in, without those that
 * are null, and with its numbers as they are written shortest: two are the same text where they are equal (OData 4.01 URL
 * Conventions 5.1.1.1.1).
 */
export function wholeJson(text: string): string | null {
  const sorted = (_: string, value: unknown, { source }: { readonly source?: string }): unknown => {
    if (typeof value === 'number' && source !== undefined) return rawJson(numberText(source));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const members = Object.entries(value).filter(([, inner]) => inner !== null);
    return Object.fromEntries(
      members.sort(([a], [b]) => Buffer.byteLength(a) - Buffer.byteLength(b) || (a < b ? -1 : 1)),
    );
  };
  const read = (JSON.parse as (text: string, reviver: typeof sorted) => unknown)(text, sorted);
  return read === null ? null : JSON.stringify(read);
}

/** Adds the function to a connection. */
export function addFunctions(database: DatabaseSync): void {
  database.function('odata_whole', { deterministic: true }, (text) => (text === null ? null : wholeJson(String(text))));
}
