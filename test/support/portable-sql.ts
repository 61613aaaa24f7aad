import { readFileSync } from 'node:fs';
import { loadModule, parseSync } from 'libpg-query';

type Node = Readonly<Record<string, any>>;

/** Functions that are volatile (`provolatile = 'v'` in `pg_proc`), of those that anybody might use here. */
const volatile =
  /^(?:set_config|nextval|currval|setval|random|random_normal|gen_random_uuid|clock_timestamp|timeofday|pg_sleep|txid_current|pg_current_xact_id|pg_notify|pg_(?:try_)?advisory.*)$/;

function nameOf({ funcname = [] }: Node): string {
  return funcname.at(-1)?.String?.sval ?? '';
}

/** Whether a node of a kind is anywhere below a value, such as this. */
function contains(value: unknown, kind: string, is: (node: Node) => boolean = () => true): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, below]) => (name === kind && is(below)) || contains(below, kind, is));
}

const calls = (value: unknown, names: RegExp): boolean =>
  contains(value, 'FuncCall', (call) => names.test(nameOf(call)));

/** A construct: nodes of these kinds, where they are like this. */
interface Construct {
  readonly kinds: readonly string[];
  readonly is?: (node: Node, kind: string) => boolean;
}

/**
 * The constructs of the table in docs/distributed.md, by their names there, and what of PostgreSQL's syntax trees they are
 * (`parsenodes.h`).
 */
export const constructs: Readonly<Record<string, Construct>> = {
  rules: { kinds: ['RuleStmt'] },
  'subqueries in `INSERT`': {
    kinds: ['InsertStmt'],
    is: ({ selectStmt }) => selectStmt?.SelectStmt?.valuesLists === undefined || contains(selectStmt, 'SubLink'),
  },
  'volatile functions in `UPDATE` and `DELETE`': {
    kinds: ['UpdateStmt', 'DeleteStmt'],
    is: (node) => calls(node, volatile),
  },
  'volatile functions in `RETURNING`': {
    kinds: ['InsertStmt', 'UpdateStmt', 'DeleteStmt'],
    is: ({ returningClause }) => calls(returningClause, volatile),
  },
  triggers: { kinds: ['CreateTrigStmt'] },
  'triggers for statements, `INSTEAD OF`, `REFERENCING`': {
    kinds: ['CreateTrigStmt'],
    is: ({ row, timing, transitionRels }) => row !== true || timing === insteadOf || transitionRels !== undefined,
  },
  'recursive queries': { kinds: ['withClause'], is: ({ recursive }) => recursive === true },
  'grouping sets': { kinds: ['GroupingSet', 'GroupingFunc'] },
  '`TABLESAMPLE`': { kinds: ['RangeTableSample'] },
  'advisory locks': { kinds: ['FuncCall'], is: (node) => /^pg_(?:try_)?advisory/.test(nameOf(node)) },
  '`LISTEN`, `NOTIFY`': {
    kinds: ['ListenStmt', 'NotifyStmt', 'UnlistenStmt', 'FuncCall'],
    is: (node, kind) => kind !== 'FuncCall' || nameOf(node) === 'pg_notify',
  },
  'XML functions': {
    kinds: ['XmlExpr', 'XmlSerialize', 'FuncCall'],
    is: (node, kind) => kind !== 'FuncCall' || /^xml|^xpath/.test(nameOf(node)),
  },
  'two-phase commits': {
    kinds: ['TransactionStmt'],
    is: ({ kind }) => /^TRANS_STMT_(?:PREPARE|COMMIT_PREPARED|ROLLBACK_PREPARED)$/.test(kind),
  },
  'foreign data wrappers': { kinds: ['CreateFdwStmt', 'CreateForeignServerStmt', 'CreateForeignTableStmt'] },
  'privileges of columns': { kinds: ['AccessPriv'], is: ({ cols }) => cols !== undefined },
  '`LOCK TABLE`': { kinds: ['LockStmt'] },
  'table inheritance': {
    kinds: ['CreateStmt'],
    is: ({ inhRelations, partbound }) => inhRelations !== undefined && partbound === undefined,
  },
  'exclusion constraints': { kinds: ['Constraint'], is: ({ contype }) => contype === 'CONSTR_EXCLUSION' },
  'deferrable constraints': {
    kinds: ['Constraint'],
    is: ({ contype, deferrable }) => contype === 'CONSTR_ATTR_DEFERRABLE' || deferrable === true,
  },
  'GiST indexes': { kinds: ['IndexStmt'], is: ({ accessMethod }) => accessMethod === 'gist' },
  'GIN indexes on several columns': {
    kinds: ['IndexStmt'],
    is: ({ accessMethod, indexParams }) => accessMethod === 'gin' && indexParams.length > 1,
  },
  'generated columns': { kinds: ['Constraint'], is: ({ contype }) => contype === 'CONSTR_GENERATED' },
  '`ALTER TYPE`': { kinds: ['AlterTypeStmt', 'AlterEnumStmt'] },
};

/** `TRIGGER_TYPE_INSTEAD` of `pg_trigger.h`. */
const insteadOf = 64;

const byKind = Map.groupBy(
  Object.entries(constructs).flatMap(([name, { kinds, is }]) => kinds.map((kind) => ({ name, kind, is }))),
  ({ kind }) => kind,
);

/** Every construct of them in a text of statements. @throws Error where the text is none that PostgreSQL reads */
export function constructsIn(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [kind, node] of Object.entries(value)) {
      for (const { name, is } of byKind.get(kind) ?? []) if (is?.(node, kind) !== false) found.add(name);
      walk(node);
    }
  };
  walk(parseSync(text));
  return found;
}

/** What texts share that differ in their values and names only: of those one is enough. */
export function shapeOf(text: string): string {
  return text.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\d+|\b\d+(?:\.\d+)?\b/g, (one) =>
    one.charAt(0).replace(/\d/, '0'),
  );
}

/** A row of the table: where a construct is missing, and where it is used all the same. */
export interface Row {
  readonly construct: string;
  readonly missing: readonly string[];
  readonly used: string;
  readonly source: string;
}

/** The table of docs/distributed.md. */
export function missingConstructs(): readonly Row[] {
  const page = readFileSync('docs/distributed.md', 'utf8');
  const [, table = ''] = /\n\| construct .*\n\|[-| ]+\n((?:\|.*\n)+)/.exec(page) ?? [];
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [, construct = '', missing = '', used = '', source = ''] = line.split('|').map((cell) => cell.trim());
      return { construct, missing: missing.split(', '), used, source };
    });
}

/** What statements are like that may have a construct, by where the table says that it is used. */
const uses: Readonly<Record<string, RegExp>> = {
  never: /^$(?!)/,
  'to log changes': /odata\.actor|_log_change"|pg_current_xact_id/,
  'to keep streams': /\bmedia_content\b|\bodata_media_/,
  'to migrate': /^SELECT pg_try_advisory_xact_lock\(\d+\) AS locked$/,
  'in `hassubsequence`': /WITH RECURSIVE walk\(i, found\)/,
  'in hierarchies': /WITH RECURSIVE "#(?:found|reached)"/,
};

/** Texts that are longer are the same again and again: a thousand conditions, a thousand members. */
const longest = 65_536;

/**
 * Reads statements by PostgreSQL's own grammar.
 * @throws Error that names what the table says is missing somewhere, with the statements that have it elsewhere than there
 */
export async function checkPortable(statements: readonly string[]): Promise<void> {
  await loadModule();
  const usedAt = new Map(
    missingConstructs().map(({ construct, used }) => [
      construct,
      used.split(', ').map((use) => uses[use] ?? uses.never!),
    ]),
  );
  const shapes = new Map(statements.filter(({ length }) => length <= longest).map((text) => [shapeOf(text), text]));
  const faults = [...shapes.values()].flatMap((text) =>
    [...constructsIn(text)]
      .filter((construct) => usedAt.get(construct)?.some((use) => use.test(text)) !== true)
      .map((construct) => `${construct}: ${text.slice(0, 2000)}`),
  );
  if (faults.length === 0) return;
  throw new Error(`Statements have what docs/distributed.md says is missing elsewhere:\n${faults.join('\n')}`);
}
