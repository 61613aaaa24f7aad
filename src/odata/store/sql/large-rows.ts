import { currentWork } from '../../work.js';
import { inTurns } from '../../in-turns.js';
import { parseOwnJson } from '../../protocol/json/parse-json.js';
import { parseInSlices, valuesIn } from '../../protocol/json/parse-in-slices.js';
import { ParsedColumn } from './parsed-column.js';
import type { SqlRow } from './rows.js';

/** Characters of the JSON of rows that are parsed as if they were nothing, and of those that are parsed at once. */
const [fewCharacters, mostAtOnce] = [65_536, 262_144];
/** About what an object, an array or one value of them takes in memory. */
const valueBytes = 48;

/** The column of a row that has JSON. */
function columnOf({ document, value }: SqlRow): 'document' | 'value' | undefined {
  return typeof document === 'string' ? 'document' : typeof value === 'string' ? 'value' : undefined;
}

/** Its JSON; empty where there is none. */
function textOf(row: SqlRow): string {
  const column = columnOf(row);
  return column === undefined ? '' : (row[column] as string);
}

/**
 * Rows as they came, or, where they are large, with their JSON parsed: in turns, so that nobody waits for it, and as far as
 * there is memory for whom they are for.
 * @throws ODataError 429, 503
 */
export function preparedRows(rows: readonly SqlRow[]): readonly SqlRow[] | Promise<readonly SqlRow[]> {
  const characters = rows.reduce((sum, row) => sum + textOf(row).length, 0);
  if (characters <= fewCharacters) return rows;
  const work = currentWork();
  const hold = (bytes: number): void => work?.hold?.(bytes);
  if (characters > mostAtOnce) {
    hold(2 * characters);
    return inTurns(parsing(rows, (values) => hold(values * valueBytes)));
  }
  const values = rows.reduce((sum, row) => sum + valuesIn(textOf(row)), 0);
  hold(2 * characters + values * valueBytes);
  return rows;
}

const parse = (part: string) => ({ value: parseOwnJson(part), duplicates: [] });

/** Parses the rows, some at one time; a row that is large by itself in slices. @param hold is told of values that were read */
function* parsing(rows: readonly SqlRow[], hold: (values: number) => void): Generator<void, readonly SqlRow[], void> {
  const made: SqlRow[] = [];
  let [characters, values] = [0, 0];
  for (const row of rows) {
    const column = columnOf(row);
    if (column === undefined) {
      made.push(row);
      continue;
    }
    const text = row[column] as string;
    if (characters > 0 && characters + text.length > fewCharacters) {
      hold(values);
      [characters, values] = [0, 0];
      yield;
    }
    const parsed =
      text.length > fewCharacters
        ? yield* parseInSlices(text, { depth: Number.POSITIVE_INFINITY, parse })
        : { ...parse(text), values: valuesIn(text) };
    characters += text.length;
    values += parsed.values;
    made.push({ ...row, [column]: new ParsedColumn(parsed.value, Buffer.byteLength(text)) });
  }
  hold(values);
  return made;
}
