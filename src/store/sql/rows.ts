import { isJsonObject, type JsonObject } from '../../odata/json/json-value.js';
import { parseOwnJson } from '../../odata/json/parse-json.js';
import { type StoredEntity, versionMember } from '../../odata/payload/stored-entity.js';
import type { BoundRead, OrderValue, ReadResult } from '../../odata/query/bound.js';
import { textKeyOf } from '../aggregate-set.js';
import type { CompiledRead } from './compile-read.js';
import type { SqlParameter } from './parameters.js';

/** A row of a result, by column. Numbers may come as text. */
export type SqlRow = Readonly<Record<string, SqlParameter>>;

/** The aggregate of a row of `id`, `version` and `document`. @param key name of the property whose value is the id */
export function entityOf(row: SqlRow, key: string | undefined): StoredEntity {
  const document = parseOwnJson(row.document as string) as JsonObject;
  return {
    ...document,
    ...(key === undefined ? {} : { [key]: row.id as string }),
    [versionMember]: Number(row.version),
  };
}

/** The contained entity of a row of `document`; its version is in it. */
export function containedOf(row: SqlRow): StoredEntity {
  return parseOwnJson(row.document as string) as StoredEntity;
}

function numberOf(value: SqlParameter | undefined): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

/** The values by which a row was ordered: columns `o0`, `o1` and so on. */
function orderOf(row: SqlRow): readonly OrderValue[] {
  const order: OrderValue[] = [];
  for (let value = row.o0; value !== undefined; value = row[`o${order.length}`]) order.push(value);
  return order;
}

/** What the rows of a compiled read say. */
export function readResult(read: BoundRead, kind: CompiledRead['kind'], rows: readonly SqlRow[]): ReadResult {
  const [first] = rows;
  const count = numberOf(first?.count);
  // What `$apply` gives has its key, if any, in the document.
  const inColumn = !read.path.isSingleton && read.apply === undefined;
  const key = inColumn ? textKeyOf(read.path.root.type) : undefined;
  if (kind === 'count') return { kind, count: count ?? 0 };
  if (kind === 'page') {
    const found = rows.filter(({ id }) => id !== null);
    const entity = (row: SqlRow): StoredEntity => (read.apply === undefined ? entityOf(row, key) : containedOf(row));
    return { kind, count, rows: found.map((row) => ({ entity: entity(row), order: orderOf(row) })) };
  }
  if (first === undefined) return { kind: 'missing' };
  const value = first.value === null || first.value === undefined ? null : parseOwnJson(first.value as string);
  const isRoot = read.path.steps.length === 0 && isJsonObject(value);
  const entity = isRoot && key !== undefined ? { ...value, [key]: first.id as string } : value;
  return { kind: 'one', present: Number(first.present) === 1, value: entity, version: numberOf(first.version), count };
}
