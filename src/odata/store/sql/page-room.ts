import { ParsedColumn } from './parsed-column.ts';

type Row = Readonly<Record<string, unknown>>;

/** How many bytes a text has at most (RFC 3629, 3): to count them takes a look at each character. */
const mostBytes = (text: string): number => 3 * text.length;

const exactBytes = (text: string): number => Buffer.byteLength(text);

/** Bytes of the texts of a row. @param ofText how many a text has */
export function bytesOf(row: Row, ofText = exactBytes): number {
  let bytes = 0;
  for (const name in row) {
    const value = row[name];
    if (typeof value === 'string') bytes += ofText(value);
    else if (value instanceof ParsedColumn) bytes += value.bytes;
  }
  return bytes;
}

/** What a page has room for: rows until their texts have so many bytes. They are counted where they may be too many only. */
export class PageRoom {
  #left: number;
  #uncounted: Row[] = [];
  #mostUncounted = 0;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Whether the rows that were added fill the page. */
  isFull(): boolean {
    if (this.#mostUncounted >= this.#left) {
      for (const row of this.#uncounted) this.#left -= bytesOf(row);
      [this.#uncounted, this.#mostUncounted] = [[], 0];
    }
    return this.#left <= 0;
  }

  add(row: Row): void {
    this.#uncounted.push(row);
    this.#mostUncounted += bytesOf(row, mostBytes);
  }
}
