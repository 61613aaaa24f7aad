import type { ItemType } from '../../protocol/edm/model.js';
import { isStructured } from '../../protocol/query/value-types.js';
import { JsonNumber, type JsonValue } from '../../protocol/json/json-value.js';
import { stringifyJson } from '../../protocol/json/stringify-json.js';
import type { Dialect, JsonSource } from '../sql/dialect.js';
import { kindOf } from '../sql/number-kind.js';
import { portablePattern } from '../sql/portable-pattern.js';
import type { SqlParameter } from '../sql/parameters.js';
import { decimalKey } from './decimal-key.js';
import { arithmetic, cast, rounded, toKind } from './sqlite-numbers.js';

/** Beyond 64 bits an integer is as good as a double. */
function integer(text: string): bigint | number {
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : Number(value);
}

/** The SQL value of a stored primitive one; truth is 1 and 0. */
function sqlValue(value: JsonValue, type: ItemType): SqlParameter {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (kindOf(type) === 'decimal') return decimalKey(typeof value === 'string' ? value : stringifyJson(value));
  // As an integer to the database too: it divides integers otherwise than other numbers.
  if (typeof value === 'number' && type?.kind === 'primitive' && type.family === 'integer') return BigInt(value);
  if (value instanceof JsonNumber) {
    // SQLite compares an integer with a double as they are: a double is to be one before.
    const isInteger = kindOf(type) !== 'double' && /^-?\d+$/.test(value.text);
    return isInteger ? integer(value.text) : Number(value.text);
  }
  return typeof value === 'object' && value !== null ? stringifyJson(value) : value;
}

function quoteName(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** Name of the column that keeps the value of an indexed property; no other one has a slash in it. */
export function indexColumn(path: readonly string[]): string {
  return `on/${path.join('/')}`;
}

/** The JSON path of a value. No name has a quotation mark: neither those of a model nor those of members. */
export function jsonPath(path: readonly string[]): string {
  return `$${path.map((name) => `."${name.replaceAll('"', '')}"`).join('')}`;
}

function steps(path: readonly string[]): string {
  return `'${jsonPath(path).replaceAll("'", "''")}'`;
}

function part(start: number, length: number) {
  return ([value = '']: readonly string[]): string => `CAST(substr(${value}, ${start}, ${length}) AS INTEGER)`;
}

/** The clock of a moment or a time of day: what stands behind `T`, or all of it. */
function clock(value: string): string {
  return `substr(${value}, instr(${value}, 'T') + 1)`;
}

function clockPart(start: number) {
  return ([value = '']: readonly string[]): string => `CAST(substr(${clock(value)}, ${start}, 2) AS INTEGER)`;
}

function infix(operator: string) {
  return (values: readonly string[]): string => `(${values.join(` ${operator} `)})`;
}

function custom(name: string) {
  return (values: readonly string[]): string => `${name}(${values.join(', ')})`;
}

/**
 * The JSON of an item of a collection, or of a member, with all of its digits. To find it takes as long as all items before
 * it.
 */
function byItsPath(alias: string): string {
  return `(${alias}.json -> ${alias}.fullkey)`;
}

/** The JSON of an item: of many, only those are found by their paths that are numbers which SQLite has not exactly. */
function jsonOfItem(alias: string, type: ItemType): string {
  const value = `${alias}.value`;
  if (kindOf(type) !== undefined)
    return `CASE typeof(${value}) WHEN 'integer' THEN json_quote(${value}) WHEN 'null' THEN 'null' ELSE ${byItsPath(alias)} END`;
  const isOfOneForm = type?.kind === 'enum' || (type?.kind === 'primitive' && type.family !== 'geo');
  return isOfOneForm ? sqliteDialect.toJson(value, type) : byItsPath(alias);
}

/** A decimal is taken from the text of its JSON: SQLite's own number has not all of its digits. */
function scalar(source: JsonSource, type: ItemType): string {
  const { json, path } = source;
  if (type === undefined) return `odata_untyped(${asJson(source)})`;
  return kindOf(type) === 'decimal' ? `odata_decimal(${asJson(source)})` : `json_extract(${json}, ${steps(path)})`;
}

/** What JSON has for the values of a type. */
function jsonTypes(type: Exclude<ItemType, undefined>): string {
  const family = type.kind === 'primitive' ? type.family : 'string';
  if (family === 'boolean') return "'true', 'false'";
  return ['integer', 'decimal', 'double', 'duration'].includes(family) ? "'integer', 'real'" : "'text'";
}

/** SQLite orders numbers before texts, and truth is a number: a value of another type must not be compared at all. */
function dynamic(source: JsonSource, type: ItemType): string {
  if (type === undefined || (type.kind === 'primitive' && type.family === 'geo')) return scalar(source, type);
  return `iif(json_type(${source.json}, ${steps(source.path)}) IN (${jsonTypes(type)}), ${scalar(source, type)}, NULL)`;
}

function asJson({ json, path }: JsonSource): string {
  return path.length === 0 ? json : `(${json} -> ${steps(path)})`;
}

/** The text of a decimal that is no number. */
const notANumber = decimalKey('NaN') ?? '';

function difference(values: readonly string[]): string {
  return `odata_decimal(odata_difference(${values.join(', ')}))`;
}

function members(pairs: readonly (readonly [string, string])[], key: (name: string) => string): string {
  return pairs.map(([name, json]) => `${key(name)}, ${json}`).join(', ');
}

/** The SQL of SQLite; what it lacks are functions that the threads of the store add to it (`sqlite-functions.ts`). */
export const sqliteDialect: Dialect = {
  name: quoteName,
  placeholder: (name) => `:${name}`,
  // SQLite reads a number behind LIMIT while it plans (`computeLimitRegisters`), and plans a statement anew whenever a
  // parameter there is bound.
  limitsAreText: true,
  printsCompactJson: true,
  literal: (value, type, parameters) => parameters.add(sqlValue(value, type)),
  absent: () => 'NULL',
  jsonLiteral: (value, parameters) => `json(${parameters.add(stringifyJson(value))})`,
  // What another store cannot say is not said here either: the same query has the same answer.
  pattern: (source, parameters) => parameters.add(portablePattern(source)),
  scalar,
  indexed: (row, { path }) => `${row}.${quoteName(indexColumn(path))}`,
  dynamic,
  // `->` gives the JSON text `null` for a member that is null; stored documents have none outside of collections.
  json: asJson,
  whole: (source) => `odata_whole(${asJson(source)})`,
  wholeText: (json) => json,
  isThere: ({ json, path }) => `${path.length === 0 ? json : `json_type(${json}, ${steps(path)})`} IS NOT NULL`,
  jsonAt: (json, path, parameters) => `(${json} -> ${parameters.add(jsonPath(path))})`,
  collection: (source) => `coalesce(${asJson(source)}, '[]')`,
  items: ({ json, path }, alias) => `json_each(${json}${path.length === 0 ? '' : `, ${steps(path)}`}) AS ${alias}`,
  item: (alias, type) => ({
    document: `${alias}.value`,
    scalar: kindOf(type) === 'decimal' ? `odata_decimal(${byItsPath(alias)})` : `${alias}.value`,
    json: jsonOfItem(alias, type),
    position: `${alias}.id`,
    place: `${alias}.key`,
  }),
  itemAt: ({ json, path }, index) => {
    const place = `${jsonPath(path)}[${index < 0 ? `#${index}` : index}]`;
    return `(${json} -> '${place.replaceAll("'", "''")}')`;
  },
  coordinate: (position, index) => `CAST(json_extract(${position}, '$[${index}]') AS REAL)`,
  members: ({ json, path }, alias) => `json_each(${json}${path.length === 0 ? '' : `, ${steps(path)}`}) AS ${alias}`,
  member: (alias) => ({
    document: `${alias}.value`,
    scalar: `${alias}.value`,
    json: byItsPath(alias),
    position: `length(${alias}.key), ${alias}.key`,
    place: `${alias}.key`,
  }),
  watched: (rows, alias) => {
    const columns = { table: 'rowid', items: 'id', result: 'document' } as const;
    const column = `${alias}.${columns[rows]}`;
    // Calling into JavaScript costs as much as reading a row: of some rows, and nobody can know of which.
    // Its length is at hand, while the text of a document would have to be copied.
    return [`(random() & 15 OR odata_go_on(${rows === 'result' ? `octet_length(${column})` : column}))`];
  },
  size: ({ json, path }) => `coalesce(json_array_length(${json}, ${steps(path)}), 0)`,
  // Without the hint the values would be put back into the body.
  once: (values, body) => {
    const columns = Object.entries(values).map(([name, value]) => `${value} AS ${name}`);
    return `(WITH q AS MATERIALIZED (SELECT ${columns.join(', ')}) SELECT ${body} FROM q)`;
  },
  same: (left, right) => `${left} IS ${right}`,
  certain: (condition) => `coalesce(${condition}, 0)`,
  isTrue: (value) => `(${value} = 1)`,
  isNumber: (value, kind) => `${value} IS NOT '${kind === 'decimal' ? notANumber : 'NaN'}'`,
  toKind,
  decimalOfCount: (value) => toKind(value, 'integer', 'decimal'),
  arithmetic,
  flags: (text, all) => `odata_flags(${text}, '${all.map((one) => one.join('=')).join(',')}')`,
  object: (pairs) => `json_object(${members(pairs, (name) => `'${name.replaceAll("'", "''")}'`)})`,
  withMembers: (document, pairs) =>
    pairs.length === 0 ? document : `json_set(${document}, ${members(pairs, (name) => steps([name]))})`,
  withoutMembers: (document, names) =>
    names.length === 0 ? document : `jsonb_remove(${document}, ${names.map((name) => steps([name])).join(', ')})`,
  merged: (document, other) => `json_patch(${document}, ${other})`,
  toJson: (expression, type) => {
    if (type === undefined || isStructured(type)) return `json(coalesce(${expression}, 'null'))`;
    if (kindOf(type) === 'decimal') return `json(coalesce(odata_decimal_json(${expression}), 'null'))`;
    return type.kind === 'primitive' && type.family === 'boolean'
      ? `json(CASE ${expression} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)`
      : `json(json_quote(${expression}))`;
  },
  // A subquery forgets that a text is JSON.
  column: (json) => `json(${json})`,
  array: (column, order) => `json_group_array(json(${column}) ORDER BY ${order})`,
  fetched: (json) => `json(${json})`,
  searched: (texts) => `odata_fold(concat_ws(char(10), ${texts.join(', ')}))`,
  hasTerm: (searched, term, parameters) => `(instr(${searched}, odata_fold(${parameters.add(term)})) > 0)`,
  joined: (text) => `group_concat(${text}, char(10))`,
  collated: (text) => text,
  // NULL is less than everything: first, and last where descending, as OData 4.01 Protocol 11.2.6.2 asks.
  order: (expression, descending) => (descending ? `${expression} DESC` : expression),
  // SQLite's own sum ends the statement where integers overflow, and rounds everything else.
  aggregate: (method, expression, type) => {
    if (method === 'min' || method === 'max') return `${method}(${expression})`;
    const isDuration = type?.kind === 'primitive' && type.family === 'duration' && method === 'average';
    return `odata_${isDuration ? 'duration' : (kindOf(type) ?? 'decimal')}_${method}(${expression})`;
  },
  prepended: (item, array) => `json('[' || ${item} || iif(${array} = '[]', '', ',') || substr(${array}, 2))`,
  first: (json, order) => `(json_group_array(json(${json}) ORDER BY ${order}) FILTER (WHERE ${json} IS NOT NULL) -> 0)`,
  cast,
  rounded,
  holding: '',
  log: {
    // Writes are serialised: the order of the numbers is the order of the commits, whichever process they came from.
    order: ['sequence'],
    findsEntities: false,
    // Without statistics the number of columns does not count.
    indexed: (table, index) => `INDEXED BY "${table}_${index}"`,
    // The number outlives the rows that are forgotten.
    end: (table) => `SELECT 0 AS xid,
      coalesce((SELECT seq FROM sqlite_sequence WHERE name = '${table.replaceAll("'", "''")}'), 0) AS sequence,
      CAST(unixepoch('subsec') * 1000 AS INTEGER) AS at`,
    // A copy that begins to serve renews it, see `beginAnew`.
    epoch: (kept) => kept,
    // Numbers are handed out in order; what is forgotten is a beginning. Whoever reads sees what is committed.
    size: (table) => `SELECT coalesce(max(sequence) - min(sequence) + 1, 0) AS rows, 0 AS lag FROM "${table}"`,
    milliseconds: (moment) => moment,
    moment: (milliseconds, parameters) => parameters.add(milliseconds),
    // The order of the numbers is that of the times, so that these need no index. Where a clock was ahead for a while its
    // changes keep those behind them only where they are very many.
    oldest: (columns, { log, before, limit }) =>
      `SELECT ${columns} FROM (SELECT ${columns}, at FROM ${log} ORDER BY sequence LIMIT 100000)
        WHERE at < ${before} LIMIT ${limit}`,
  },
  functions: {
    shiftDate: ([date = '', by = '']) => `odata_shift_date(${date}, odata_decimal_text(${by}))`,
    shiftMoment: ([moment = '', by = '']) => `odata_shift_moment(${moment}, odata_decimal_text(${by}))`,
    differenceOfDates: difference,
    differenceOfMoments: difference,
    concat: infix('||'),
    contains: ([text = '', part_ = '']) => `(instr(${text}, ${part_}) > 0)`,
    endsWith: custom('odata_ends_with'),
    indexOf: ([text = '', part_ = '']) => `(instr(${text}, ${part_}) - 1)`,
    length: custom('length'),
    matchesPattern: custom('odata_matches_pattern'),
    startsWith: ([text = '', start = '']) => `(instr(${text}, ${start}) = 1)`,
    substring: custom('odata_substring'),
    toLower: custom('odata_lower'),
    toUpper: custom('odata_upper'),
    trim: custom('odata_trim'),
    year: part(1, 4),
    month: part(6, 2),
    day: part(9, 2),
    hour: clockPart(1),
    minute: clockPart(4),
    second: clockPart(7),
    fractionalSeconds: ([value = '']) => `odata_decimal('0' || substr(${clock(value)}, 9))`,
    dateOf: ([value = '']) => `substr(${value}, 1, 10)`,
    timeOf: ([value = '']) => clock(value),
    totalOffsetMinutes: ([value = '']) => `iif(${value} IS NULL, NULL, 0)`,
    totalSeconds: ([value = '']) => value,
    hasSubset: custom('odata_has_subset'),
    hasSubsequence: custom('odata_has_subsequence'),
    hasFlags: ([value = '', flags = '']) => `((${value} & ${flags}) = ${flags})`,
  },
};
