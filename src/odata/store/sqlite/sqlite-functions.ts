/**
 * The functions of OData that SQLite lacks, as they are added to each connection. They take and give SQL values; null in
 * gives null out. Node runs this file as it stands when the sources are not compiled, so it imports packages only.
 */
import { createRequire } from 'node:module';
import type { DatabaseSync } from 'node:sqlite';
import type * as Re2 from 're2js';

type Value = string | number | bigint | null | Uint8Array;
type Known = Exclude<Value, null | Uint8Array>;

const patterns = new Map<string, Re2.RE2JS | null>();

const load = createRequire(import.meta.url);

/** Linear in the length of the text, whatever the pattern; a pattern that is none matches nothing. */
function pattern(source: string): Re2.RE2JS | null {
  let compiled = patterns.get(source);
  if (compiled === undefined) {
    try {
      // Loaded with the first pattern: every thread would wait for it at its start.
      const engine = load('re2js') as typeof Re2;
      compiled = source.length > 1000 ? null : engine.RE2JS.compile(source);
    } catch {
      compiled = null;
    }
    if (patterns.size > 500) patterns.clear();
    patterns.set(source, compiled);
  }
  return compiled;
}

/** Text as search compares it: no case, no accents. */
function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

const isBlank = (character = ''): boolean => /^\p{White_Space}$/u.test(character);

/** 5.1.1.7.4: blanks are what Unicode says; every one of them is one UTF-16 unit. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text[start])) start += 1;
  while (start < end && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

/** 5.1.1.5.7: a negative length has no value. */
function substring(text: string, start: number, length?: number): string | null {
  if (length !== undefined && length < 0) return null;
  const characters = Array.from(text);
  // OData 4.01 URL Conventions 5.1.1.5.7: a negative start counts from the end.
  const from = Math.max(start < 0 ? characters.length + start : start, 0);
  const to = length === undefined ? characters.length : from + length;
  return characters.slice(from, to).join('');
}

/** The items of a collection, the same text where they are equal; integers to the last digit. */
function itemsOf(json: string): readonly string[] {
  const exact = (_: string, value: unknown, context: { readonly source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source ?? '')
      ? { integer: context.source }
      : value;
  const parse = JSON.parse as (text: string, reviver: typeof exact) => unknown[];
  return parse(json, exact).map((item) => JSON.stringify(item));
}

/** Whether every item of one collection is in another as often (5.1.1.6.1). */
function hasSubset(left: string, right: string): number {
  const counts = new Map<string, number>();
  for (const item of itemsOf(left)) counts.set(item, (counts.get(item) ?? 0) + 1);
  for (const item of itemsOf(right)) {
    const count = counts.get(item) ?? 0;
    if (count === 0) return 0;
    counts.set(item, count - 1);
  }
  return 1;
}

/** Whether the items of one collection are in another, in their order (5.1.1.6.2). */
function hasSubsequence(left: string, right: string): number {
  const wanted = itemsOf(right);
  let found = 0;
  for (const item of itemsOf(left)) if (item === wanted[found]) found += 1;
  return found === wanted.length ? 1 : 0;
}

const functions: Readonly<Record<string, (...values: never[]) => Value>> = {
  odata_fold: (text: Known) => fold(String(text)),
  odata_lower: (text: Known) => String(text).toLowerCase(),
  odata_upper: (text: Known) => String(text).toUpperCase(),
  odata_trim: (text: Known) => trimmed(String(text)),
  odata_ends_with: (text: Known, end: Known) => (String(text).endsWith(String(end)) ? 1 : 0),
  odata_substring: (text: Known, start: Known, length?: Known) =>
    substring(String(text), Number(start), length === undefined ? undefined : Number(length)),
  odata_matches_pattern: (text: Known, source: Known) =>
    pattern(String(source))?.matcher(String(text)).find() === true ? 1 : 0,
  odata_has_subset: (left: Known, right: Known) => hasSubset(String(left), String(right)),
  odata_has_subsequence: (left: Known, right: Known) => hasSubsequence(String(left), String(right)),
};

/** Adds the functions to a connection. */
export function addFunctions(database: DatabaseSync): void {
  const options = { deterministic: true, varargs: true, useBigIntArguments: true };
  for (const [name, body] of Object.entries(functions)) {
    database.function(name, options, (...values) =>
      values.includes(null) ? null : (body as (...known: unknown[]) => Value)(...values),
    );
  }
}
