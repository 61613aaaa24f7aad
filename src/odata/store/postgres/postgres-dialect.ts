import type { ItemType } from '../../protocol/edm/model.js';
import { Edm } from '../../protocol/edm/primitive-types.js';
import type { Dialect, NamedJson } from '../sql/dialect.js';
import { kindOf } from '../sql/number-kind.js';
import { tooMuch } from './bounded-statement.js';
import { jsonText } from './jsonb.js';
import { once } from './once.js';
import { cast, rounded } from './postgres-cast.js';
import { functions, of, text } from './postgres-functions.js';
import { arithmetic, digitsOf, toDouble, toKind } from './postgres-numbers.js';
import { postgresPattern } from '../sql/portable-pattern.js';
import {
  absent,
  asJson,
  byCodePoint,
  dynamic,
  familyOf,
  literal,
  null_,
  quoteText,
  scalar,
  textArray,
} from './postgres-values.js';

/** What databases that speak PostgreSQL's protocol have, or lack. */
export interface PostgresFeatures {
  /** How a column of text is declared that sorts by code points; empty where every text does. */
  readonly columnCollation: string;
  /** The collation by whose rules letters change their case; undefined where the database does that by itself. */
  readonly caseCollation: string | undefined;
  /** Has `normalize`: search looks through accents. */
  readonly normalizes: boolean;
  /**
   * Expressions that have other values in a database that was restored, or that another server has taken over: what was
   * committed last may be missing there.
   */
  readonly history?: readonly string[];
}

/** Ranges of the combining marks, for a bracket expression. */
function combiningMarks(): string {
  const ranges: string[] = [];
  let first: number | undefined;
  const escape = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
  for (let code = 0x300; code <= 0xffff; code++) {
    const isMark = /\p{M}/u.test(String.fromCharCode(code));
    if (isMark) first ??= code;
    else if (first !== undefined) {
      ranges.push(first === code - 1 ? escape(first) : `${escape(first)}-${escape(code - 1)}`);
      first = undefined;
    }
  }
  return ranges.join('');
}

function object(members: readonly NamedJson[]): string {
  if (members.length === 0) return `'{}'::jsonb`;
  const parts: string[] = [];
  // A function takes a hundred arguments.
  for (let start = 0; start < members.length; start += 50) {
    const pairs = members
      .slice(start, start + 50)
      .map(([name, json]) => `${quoteText(name)}, ${json === null_ ? 'NULL::jsonb' : json}`);
    parts.push(`jsonb_build_object(${pairs.join(', ')})`);
  }
  return parts.length === 1 ? parts.join('') : `(${parts.join(' || ')})`;
}

function toJson(expression: string, type: ItemType): string {
  if (expression === null_) return 'NULL::jsonb';
  const family = familyOf(type);
  if (family !== 'double' && family !== 'decimal') return `to_jsonb(${expression})`;
  // JSON has no word for infinity, OData has these.
  const infinities = `WHEN 'Infinity' THEN '"INF"' WHEN '-Infinity' THEN '"-INF"'`;
  return `(CASE (${expression})::text ${infinities} ELSE to_jsonb(${expression}) END)`;
}

/** Decimals keep what a quotient of decimals has; of other numbers the sum is one double, its quotient another. */
function average(expression: string, type: ItemType): string {
  const kind = kindOf(type);
  if (kind === 'decimal') {
    const quotient = type?.kind === 'primitive' && type.family === 'duration' ? 'duration' : 'decimal';
    return arithmetic('divide', quotient, [`sum(${expression})`, `count(${expression})::numeric`]);
  }
  const sum = `sum(${kind === 'double' ? digitsOf(expression) : expression})`;
  return arithmetic('divide', 'double', [toDouble(sum), `nullif(count(${expression}), 0)::float8`]);
}

function milliseconds(moment: string): string {
  return `round(extract(epoch FROM ${moment}) * 1000)::bigint`;
}

const ordered = (expression: string): string => (expression === null_ ? 'NULL::text' : expression);

type FeatureDependent = 'fetched' | 'searched' | 'hasTerm' | 'functions';

/** What every database that speaks PostgreSQL's protocol writes alike. */
const common: Omit<Dialect, FeatureDependent> = {
  name: (identifier) => `"${identifier.replaceAll('"', '""')}"`,
  placeholder: (_name, position) => `$${position}`,
  limitsAreText: false,
  printsCompactJson: false,
  literal,
  absent,
  jsonLiteral: (value, parameters) => `${parameters.add(jsonText(value))}::jsonb`,
  pattern: (source, parameters) => `${parameters.add(postgresPattern(source))}::text`,
  scalar,
  indexed: (row, { path, type }) => scalar({ json: `${row}.document`, path }, type),
  dynamic,
  json: asJson,
  whole: (source) => `nullif(jsonb_strip_nulls(${asJson(source)}), 'null'::jsonb)`,
  wholeText: (json) => byCodePoint(`(${json})::text`),
  isThere: (source) => `${asJson(source)} IS NOT NULL`,
  jsonAt: (json, path, parameters) => `(${json} #> ${parameters.add(textArray(path))}::text[])`,
  collection: (source) => `coalesce(${asJson(source)}, '[]'::jsonb)`,
  items: (source, alias) => `jsonb_array_elements(${asJson(source)}) WITH ORDINALITY AS ${alias}(value, position)`,
  item: (alias, type) => ({
    document: `${alias}.value`,
    json: `${alias}.value`,
    scalar: scalar({ json: `${alias}.value`, path: [] }, type),
    position: `${alias}.position`,
    place: `${alias}.position`,
  }),
  itemAt: ({ json, path }, index) => asJson({ json, path: [...path, String(index)] }),
  coordinate: (position, index) => `((${position}) ->> ${index})::float8`,
  members: (source, alias) => `jsonb_each(${asJson(source)}) AS ${alias}(name, value)`,
  member: (alias) => ({
    document: `${alias}.value`,
    json: `${alias}.value`,
    scalar: scalar({ json: `${alias}.value`, path: [] }, Edm.String),
    position: `char_length(${alias}.name), ${byCodePoint(`${alias}.name`)}`,
    place: byCodePoint(`${alias}.name`),
  }),
  // Its `statement_timeout` ends them.
  watched: () => [],
  size: (source) => `coalesce(jsonb_array_length(${asJson(source)}), 0)::numeric`,
  once,
  same: (left, right) => `${left} IS NOT DISTINCT FROM ${right}`,
  certain: (condition) => `coalesce(${condition}, false)`,
  isTrue: (value) => value,
  isNumber: (value) => `${value} IS DISTINCT FROM 'NaN'`,
  toKind,
  decimalOfCount: (value) => `(${value})::numeric`,
  arithmetic,
  flags: (value, members) => {
    const known = members.map(([name, bits]) => `(${quoteText(name)}, ${bits}::bigint)`);
    const said = String.raw`coalesce(bits, CASE WHEN btrim(name) ~ '^[+-]?\d{1,18}$' THEN btrim(name)::bigint END)`;
    return `(SELECT CASE WHEN count(*) = count(${said}) THEN bit_or(${said}) END
      FROM unnest(string_to_array(${value}, ',')) AS names(name)
      LEFT JOIN (VALUES ${known.join(', ')}) AS members(member, bits) ON member = btrim(name))`;
  },
  object,
  withMembers: (document, members) => (members.length === 0 ? document : `(${document} || ${object(members)})`),
  withoutMembers: (document, names) =>
    names.length === 0 ? document : `(${document} - ${quoteText(textArray(names))}::text[])`,
  merged: (document, other) => `(${document} || ${other})`,
  toJson,
  column: (json) => json,
  array: (column, order) => `coalesce(jsonb_agg(${column} ORDER BY ${order}), '[]'::jsonb)`,
  joined: (value) => `string_agg(${value}, E'\\n')`,
  collated: (value) => (value.endsWith(' COLLATE "C")') ? value : byCodePoint(value)),
  order: (expression, descending) => `${ordered(expression)} ${descending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`,
  aggregate: (method, expression, type) => {
    switch (method) {
      case 'sum':
        // Doubles are added as they are written, so that their order says nothing.
        return kindOf(type) === 'double' ? toDouble(`sum(${digitsOf(expression)})`) : `sum(${expression})`;
      case 'average':
        return average(expression, type);
      default:
        if (familyOf(type) === 'boolean') return `bool_${method === 'min' ? 'and' : 'or'}(${expression})`;
        return `${method}(${type === undefined ? text(expression, type) : expression})`;
    }
  },
  holding: 'FOR KEY SHARE',
  log: {
    order: ['xid', 'sequence'],
    findsEntities: true,
    indexed: () => '',
    // Numbers are taken before their transactions commit, so that one may become visible after a greater one was read.
    // The log is therefore ordered by transaction first, and read below the oldest transaction that is not over yet in
    // the snapshot of the statement (PostgreSQL documentation, 9.27.8): everything below it is visible or was undone,
    // and what commits later is not below it.
    end: () => `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid, 0::bigint AS sequence,
      ${milliseconds('clock_timestamp()')} AS at`,
    epoch: (kept) => kept,
    // What the statistics say: to count would read all of it.
    size: (table) => `SELECT greatest(reltuples, 0)::bigint AS rows, coalesce((SELECT extract(epoch FROM
        clock_timestamp() - min(xact_start)) FROM pg_stat_activity WHERE backend_xid IS NOT NULL), 0) AS lag
      FROM pg_class WHERE oid = to_regclass(${quoteText(`"${table}"`)})`,
    milliseconds,
    moment: (value, parameters) => `${parameters.add(new Date(value).toISOString())}::timestamptz`,
    oldest: (columns, { log, before, limit }) =>
      `SELECT ${columns} FROM ${log} WHERE at < ${before} ORDER BY at LIMIT ${limit} FOR UPDATE SKIP LOCKED`,
  },
  prepended: (item, array) => `(jsonb_build_array(${item}) || ${array})`,
  first: (json, order) => `(jsonb_agg(${json} ORDER BY ${order}) FILTER (WHERE ${json} IS NOT NULL) -> 0)`,
  cast,
  rounded,
};

/** What the dialect depends on: what the database has, and how many bytes one item of an answer may have. */
type DialectFeatures = Omit<PostgresFeatures, 'columnCollation'> & { readonly itemBytes?: number };

/** The SQL of PostgreSQL, and of the databases that speak it. Truth is `boolean`, documents are `jsonb`. */
export function postgresDialect({
  caseCollation,
  normalizes,
  history = [],
  itemBytes = 8_388_608,
}: DialectFeatures): Dialect {
  const cased = (name: 'lower' | 'upper', value: string): string =>
    caseCollation === undefined ? `${name}(${value})` : byCodePoint(`${name}(${value} COLLATE "${caseCollation}")`);
  const marks = normalizes ? combiningMarks() : '';
  const folded = (value: string): string =>
    cased('lower', normalizes ? `regexp_replace(normalize(${value}, NFKD), '[${marks}]', '', 'g')` : value);
  const fold = (term: string): string =>
    (normalizes ? term.normalize('NFKD').replaceAll(/\p{M}/gu, '') : term).toLowerCase();
  return {
    ...common,
    fetched: (json) => {
      const bounded = `CASE WHEN octet_length(text) > ${itemBytes} THEN ${tooMuch('text')} ELSE text END`;
      return `(SELECT ${bounded} FROM (SELECT (${json})::text AS text OFFSET 0) AS fetched)`;
    },
    log: { ...common.log, epoch: (kept) => [kept, ...history].join(" || '/' || ") },
    searched: (texts) => folded(`concat_ws(E'\\n', ${texts.join(', ')})`),
    hasTerm: (searched, term, parameters) => `(strpos(${searched}, ${parameters.add(fold(term))}::text) > 0)`,
    functions: {
      ...functions,
      toLower: of(text, (value) => cased('lower', value)),
      toUpper: of(text, (value) => cased('upper', value)),
    },
  };
}
