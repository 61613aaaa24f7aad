import { isJsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { systemQueryOptions } from '../protocol/uri/query-options.js';

/** A reference to the answer of an earlier request, or to a value in its body: `$1/address/city`. */
export interface ValueReference {
  readonly id: string;
  readonly path: readonly string[];
  /** As it stands in the text. */
  readonly text: string;
}

/** 11.7.6: what begins with `$` and has a meaning of its own in expressions is never a reference. */
const reserved: ReadonlySet<string> = new Set([
  ...['it', 'this', 'these', 'root', 'count', 'value', 'ref', 'each', 'all', 'crossjoin', 'metadata', 'entity'],
  ...systemQueryOptions,
]);

/** Text in quotes is passed over. */
const token = /'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|\$([\w\-.~]+)((?:\/[\p{L}_@$][\p{L}\p{N}_@$.]*)*)/gu;

/** Replaces the references in the text of an expression. @param replace gives undefined for what is none */
export function replaceReferences(text: string, replace: (reference: ValueReference) => string | undefined): string {
  return text.replace(token, (whole, id: string | undefined, path: string | undefined) => {
    if (id === undefined || reserved.has(id)) return whole;
    return replace({ id, path: (path ?? '').split('/').slice(1), text: whole }) ?? whole;
  });
}

/** The references in the text of an expression. */
export function referencesIn(text: string): readonly ValueReference[] {
  const found: ValueReference[] = [];
  replaceReferences(text, (reference) => {
    found.push(reference);
    return undefined;
  });
  return found;
}

/**
 * The value that a path leads to in the body of an answer, null where a property on the way is null.
 * @throws ODataError 424 where the body has no such member
 */
export function valueAt(body: JsonValue, { path, text }: ValueReference): JsonValue {
  let value = body;
  for (const name of path) {
    if (value === null) return null;
    const next = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    if (next === undefined) {
      throw new ODataError(
        'dependencyFailed',
        `'${text.slice(0, 80)}' leads to nothing in the answer that it refers to.`,
      );
    }
    value = next;
  }
  return value;
}

/**
 * A value of a JSON body as a literal of an expression.
 * @throws ODataError 424 for what has none
 */
export function literalOf(value: JsonValue, { text }: ValueReference): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if ('text' in value && typeof value.text === 'string' && !isJsonObject(value)) return value.text;
  throw new ODataError('dependencyFailed', `'${text.slice(0, 80)}' is neither text, number, truth nor null.`);
}
