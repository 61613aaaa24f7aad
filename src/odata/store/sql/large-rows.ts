import { currentWork } from '../../work.js';
import { inTurns } from '../../in-turns.js';
import { parseOwnJson } from '../../protocol/json/parse-json.js';
import { parseInSlices } from '../../protocol/json/parse-in-slices.js';
import { ParsedColumn } from './parsed-column.js';
import type { SqlRow } from './rows.js';

/** Characters of the JSON of rows that are parsed as if they were nothing, and of those that are parsed at once. */
const [fewCharacters, mostAtOnce] = [65_536, 262_144];
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

/** Values of a JSON text, about: its commas, arrays and objects. */
function valuesIn(text: string): number {
  let values = 0;
  for (const sign of [',', '[', '{'])
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) values += 1;
  return values;
}

const jsonOf = (row: SqlRow): string | undefined => {
  const column = columns.find((name) => typeof row[name] === 'string');
  return column && (row[column] as string);
};

/**
 * Rows as they came, or, where they are large, with their JSON parsed: in turns, so that nobody waits for it, and as far as
 * there is memory for whom they are for.
 * @throws ODataError 429, 503
 */
export function preparedRows(rows: readonly SqlRow[]): readonly SqlRow[] | Promise<readonly SqlRow[]> {
  const characters = charactersOf(rows);
  if (characters <= fewCharacters) return rows;
  const work = currentWork();
  const hold = (bytes: number): void => work?.hold?.(bytes);
  if (characters > mostAtOnce) {
    hold(2 * characters);
    return inTurns(parsing(rows, (values) => hold(values * valueBytes)));
  }
  const values = rows.reduce((sum, row) => sum + valuesIn(jsonOf(row) ?? ''), 0);
  hold(2 * characters + values * valueBytes);
  return rows;
}

const parse = (part: string) => ({ value: parseOwnJson(part), duplicates: [] });

/** Parses the rows, some at one time; a row that is large by itself in slices. @param hold is told of values that were read */
function* parsing(rows: readonly SqlRow[], hold: (values: number) => void): Generator<void, readonly SqlRow[], void> {
  const made: SqlRow[] = [];
  let [characters, values] = [0, 0];
  for (const row of rows) {
    const text = jsonOf(row);
    if (text === undefined) {
      made.push(row);
      continue;
    }
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
    const column = new ParsedColumn(parsed.value, Buffer.byteLength(text));
    made.push(typeof row.document === 'string' ? { ...row, document: column } : { ...row, value: column });
  }
  hold(values);
  return made;
}
