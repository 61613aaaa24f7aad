import { currentWork } from '../../work.js';
import { inTurns } from '../../in-turns.js';
import { parseOwnJson } from '../../protocol/json/parse-json.js';
import { parseInSlices } from '../../protocol/json/parse-in-slices.js';
import { ParsedColumn } from './parsed-column.js';
import type { SqlRow } from './rows.js';

/** Characters that rows may have together to be parsed when they are asked for. */
const fewCharacters = 65_536;
/** About what an object, an array or one value of them takes in memory. */
const valueBytes = 48;

/** The columns that have JSON. */
const columns = ['document', 'value'] as const;

function charactersOf(rows: readonly SqlRow[]): number {
  let characters = 0;
  for (const { document, value } of rows) {
    if (typeof document === 'string') characters += document.length;
    else if (typeof value === 'string') characters += value.length;
  }
  return characters;
}

async function parsed(text: string): Promise<ParsedColumn> {
  const parse = (part: string) => ({ value: parseOwnJson(part), duplicates: [] });
  const { value, values } = await inTurns(parseInSlices(text, { depth: Number.POSITIVE_INFINITY, parse }));
  currentWork()?.hold?.(values * valueBytes);
  return new ParsedColumn(value, Buffer.byteLength(text));
}

/**
 * Rows as they came, or, where they are large, with their JSON parsed: in turns, so that nobody waits for it, and as far as
 * there is memory for whom they are for.
 * @throws ODataError 429, 503
 */
export function preparedRows(rows: readonly SqlRow[]): readonly SqlRow[] | Promise<readonly SqlRow[]> {
  const characters = charactersOf(rows);
  return characters <= fewCharacters ? rows : parsedRows(rows, characters);
}

async function parsedRows(rows: readonly SqlRow[], characters: number): Promise<readonly SqlRow[]> {
  currentWork()?.hold?.(2 * characters);
  const made: SqlRow[] = [];
  for (const row of rows) {
    const column = columns.find((name) => typeof row[name] === 'string');
    made.push(column === undefined ? row : { ...row, [column]: await parsed(row[column] as string) });
  }
  return made;
}
