/** Items of collections that a document has in one piece, and characters: writing so much takes some milliseconds. */
const mostItems = 1000;
const mostText = 524_288;
/** Characters of one of the pieces behind, about. */
const pieceText = 32_768;

/** Stands in a text for what is written later. No text of JSON has it: it is escaped there (RFC 8259, 7). */
const hole = '\u0000';

/** What of a document is written later, in the order of its holes. */
interface Unfinished {
  items: number;
  readonly later: (() => Iterable<string>)[];
}

/** The document that is being written; writing does not wait for anything, so there is one at a time. */
let unfinished: Unfinished | undefined;

/** Runs what writes a part of a document, and gives what it has left for later. */
function begun<T>(write: () => T): { readonly text: T; readonly later: Unfinished['later'] } {
  const outer = unfinished;
  const { later } = (unfinished = { items: 0, later: [] });
  try {
    return { text: write(), later };
  } finally {
    unfinished = outer;
  }
}

function* filled(text: string, later: Unfinished['later']): Generator<string, void> {
  let from = 0;
  for (const write of later) {
    const at = text.indexOf(hole, from);
    yield text.slice(from, at);
    yield* write();
    from = at + 1;
  }
  if (from < text.length) yield text.slice(from);
}

function* listed<T>(items: readonly T[], from: number, write: (item: T) => string): Generator<string, void> {
  let text = '';
  for (let at = from; at < items.length; at++) {
    const item = begun(() => write(items[at] as T));
    text = at === from ? item.text : `${text},${item.text}`;
    if (item.later.length === 0 && text.length < pieceText) continue;
    yield* filled(text, item.later);
    text = '';
  }
  if (text !== '') yield text;
}

/**
 * The texts of items with commas between. Of a document that is written in pieces, what is much is left for later.
 */
export function list<T>(items: readonly T[], write: (item: T) => string): string {
  if (unfinished === undefined) return items.map((item) => write(item)).join(',');
  if ((unfinished.items += items.length) > mostItems) return later(items, 0, write);
  let text = '';
  for (let at = 0; at < items.length; at++) {
    const item = write(items[at] as T);
    text = at === 0 ? item : `${text},${item}`;
    if (text.length > mostText && at + 1 < items.length) return `${text},${later(items, at + 1, write)}`;
  }
  return text;
}

function later<T>(items: readonly T[], from: number, write: (item: T) => string): string {
  unfinished?.later.push(() => listed(items, from, write));
  return hole;
}

/**
 * Writes a document of JSON: as one text where it is small, else in pieces, each written when it is asked for. So a large
 * one keeps nobody waiting, and no more of it is in memory than its reader takes.
 */
export function inPieces<T extends string | undefined>(write: () => T): T | Generator<string, void> {
  const { text, later } = begun(write);
  return text === undefined || later.length === 0 ? text : filled(text, later);
}
