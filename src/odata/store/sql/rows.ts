import { isJsonObject, type JsonValue } from '../../protocol/json/json-value.js';
import { parseOwnJson } from '../../protocol/json/parse-json.js';
import { type StoredEntity, storedText, versionInText, versionMember } from '../../protocol/payload/stored-entity.js';
import type { BoundRead, OrderValue, PageBounds, ReadResult, UnitedRead } from '../../protocol/query/bound.js';
import type { ChangedEntity, ChangesResult, LogPosition } from '../../protocol/query/changes.js';
import { textKeyOf } from '../aggregate-set.js';
import type { LoggedChange } from '../change-log.js';
import type { CompiledRead } from './compiled-read.js';
import { PageRoom } from './page-room.js';
import { ParsedColumn } from './parsed-column.js';
import type { SqlParameter } from './parameters.js';

/** A row of a result, by column. Numbers may come as text. */
export type SqlRow = Readonly<Record<string, SqlParameter | ParsedColumn>>;

/** The JSON of a column. */
export function jsonOf(column: SqlRow[string] | undefined): JsonValue {
  return column instanceof ParsedColumn ? column.value : parseOwnJson(column as string);
}

/**
 * What a column has that nobody looks into: the text of an entity, where its version is beside it, or at its end.
 */
function unlooked(column: SqlRow[string] | undefined, version: number | undefined): JsonValue {
  const known = typeof column === 'string' ? (version ?? versionInText(column)) : undefined;
  if (known === undefined) return jsonOf(column);
  return { [versionMember]: known, [storedText]: column as string } as StoredEntity;
}

/**
 * The aggregate of a row of `id`, `version` and `document`.
 * @param key name of the property whose value is the id
 * @param asText whether it may be given as its text
 */
export function entityOf(row: SqlRow, key: string | undefined, asText = false): StoredEntity {
  const version = Number(row.version);
  const entity = (asText ? unlooked(row.document, version) : jsonOf(row.document)) as StoredEntity;
  if (key !== undefined) entity[key] = row.id as string;
  entity[versionMember] = version;
  return entity;
}

/** The contained entity of a row of `document`; its version is in it. */
export function containedOf(row: SqlRow): StoredEntity {
  return jsonOf(row.document) as StoredEntity;
}

function numberOf(value: SqlRow[string] | undefined): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

/** The values by which a row was ordered: columns `o0`, `o1` and so on. */
function orderOf(row: SqlRow): readonly OrderValue[] {
  const order: OrderValue[] = [];
  for (let value = row.o0; value !== undefined; value = row[`o${order.length}`]) order.push(value as OrderValue);
  return order;
}

/** The rows until there are as many bytes as a page may have; what follows tells that there is more. */
function within(rows: readonly SqlRow[], page: PageBounds | undefined): readonly SqlRow[] {
  const room = new PageRoom(page?.bytes ?? Infinity);
  const end = rows.findIndex((row) => {
    const isFull = room.isFull();
    room.add(row);
    return isFull;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

/** The name of the property that is the id of a row of one of several sets: the order has the number of the set. */
function keyIn(union: readonly UnitedRead[], order: readonly OrderValue[]): string | undefined {
  const part = union[Number(order.at(-2))];
  return part === undefined || part.path.isSingleton ? undefined : textKeyOf(part.path.root.type);
}

/** What the rows of a compiled read say. @param asTexts whether entities may be given as their texts */
export function readResult(
  read: BoundRead,
  { kind, asTexts }: { readonly kind: CompiledRead['kind']; readonly asTexts: boolean },
  rows: readonly SqlRow[],
): ReadResult {
  const [first] = rows;
  const count = numberOf(first?.count);
  // What `$apply` gives has its key, if any, in the document; so have the entities of a cross join.
  const isMade = read.apply !== undefined || read.join !== undefined;
  const inColumn = !read.path.isSingleton && !isMade;
  const key = inColumn ? textKeyOf(read.path.root.type) : undefined;
  if (kind === 'count') return { kind, count: count ?? 0 };
  if (kind === 'page') {
    const found = rows.filter(({ id }) => id !== null);
    const kept = within(found, read.page);
    const entity = (row: SqlRow, order: readonly OrderValue[]): StoredEntity =>
      isMade ? containedOf(row) : entityOf(row, read.union === undefined ? key : keyIn(read.union, order), asTexts);
    const page = kept.map((row) => {
      const order = orderOf(row);
      return { entity: entity(row, order), order };
    });
    return { kind, count, rows: page, isCut: kept.length < found.length };
  }
  if (first === undefined) return { kind: 'missing' };
  const beside = read.path.steps.length === 0 ? numberOf(first.version) : undefined;
  const given = (column: NonNullable<SqlRow[string]>) => (asTexts ? unlooked(column, beside) : jsonOf(column));
  const value = first.value === null || first.value === undefined ? null : given(first.value);
  const inside = isJsonObject(value) ? Number(value[versionMember]) : undefined;
  const isRoot = read.path.steps.length === 0 && isJsonObject(value);
  const entity = isRoot && key !== undefined ? { ...value, [key]: first.id as string } : value;
  const anchor = first.anchor === null || first.anchor === undefined ? undefined : (first.anchor as string);
  return {
    kind: 'one',
    present: first.present === undefined ? value !== null : Number(first.present) === 1,
    anchor,
    value: entity,
    version: first.version === undefined ? inside : numberOf(first.version),
    count,
  };
}

/** The end of a log. @param row with `epoch`, `end_xid`, `end_sequence` and `end_at` */
export function endOfLog(row: SqlRow): LogPosition {
  const { epoch, end_xid, end_sequence, end_at } = row as Record<string, string>;
  return {
    epoch: String(epoch),
    transaction: BigInt(end_xid ?? 0),
    sequence: BigInt(end_sequence ?? 0),
    at: Number(end_at),
  };
}

function isBehind(one: LogPosition, other: LogPosition): boolean {
  if (one.transaction !== other.transaction) return one.transaction > other.transaction;
  return one.sequence > other.sequence;
}

/** What the rows of compiled changes say. A position behind the end is of a log that was lost since, with its database. */
export function changesResult({ path, page }: BoundRead, after: LogPosition, rows: readonly SqlRow[]): ChangesResult {
  const [first] = rows;
  if (first === undefined) return { kind: 'lost' };
  const end = endOfLog(first);
  if (end.epoch !== after.epoch || isBehind(after, end)) return { kind: 'lost' };
  if (path.suffix === 'count') return { kind: 'changes', rows: [], isCut: false, end, count: Number(first.count) };
  const key = textKeyOf(path.root.type);
  const kept = within(rows, page);
  const changed = kept.flatMap((row): readonly ChangedEntity[] => {
    if (row.id === null) return [];
    const id = row.id as string;
    const { xid, sequence, at } = row as Record<string, string>;
    const position = {
      epoch: end.epoch,
      transaction: BigInt(xid ?? 0),
      sequence: BigInt(sequence ?? 0),
      at: Number(at),
    };
    if (row.document !== null) return [{ kind: 'present', id, position, entity: entityOf(row, key) }];
    return [{ kind: 'removed', id, position, reason: row.present === null ? 'deleted' : 'changed' }];
  });
  return { kind: 'changes', rows: changed, isCut: kept.length < rows.length, end };
}

/** A change, as a row of the log has it. */
export function loggedChange(row: SqlRow): LoggedChange {
  return {
    tenant: row.tenant as string,
    id: row.id as string,
    owner: row.owner as string,
    version: Number(row.version),
    kind: row.kind as LoggedChange['kind'],
    properties: row.properties === null ? undefined : (JSON.parse(row.properties as string) as string[]),
    actor: row.actor === null ? undefined : (row.actor as string),
    at: Number(row.at),
    transaction: BigInt((row.xid as string | null) ?? 0),
    sequence: BigInt((row.sequence as string | null) ?? 0),
  };
}
