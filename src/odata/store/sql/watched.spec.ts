import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { bindRead } from '../../../../test/support/bound-reads.js';
import { postgresDialect } from '../postgres/postgres-dialect.js';
import { sqliteDialect } from '../sqlite/sqlite-dialect.js';
import { compileRead } from './compile-read.js';
import type { Dialect } from './dialect.js';

const textOf = (dialect: Dialect, url: string): string =>
  compileRead(dialect, bindRead(libraryModel, url), { tenant: 't' }).text;

/** The sources of rows of a statement, and the conditions by which SQLite can end it, each of one of them. */
function watchedRows(url: string): readonly string[] {
  return [...textOf(sqliteDialect, url).matchAll(/odata_go_on\(([^()]+)\)/g)].map(([, column = '']) => column);
}

describe('a statement of SQLite can be ended', () => {
  it.each([
    ['notes', ['e.rowid']],
    ['notes/$count', ['e.rowid']],
    ["notes?$count=true&$filter=text eq 'a'", ['e.rowid', 'e.rowid']],
    ['works?$filter=numbers/any(k:k eq 1)', ['e.rowid', 'i1.id']],
    ['works?$filter=numbers/any(k:numbers/any(l:l eq k))', ['e.rowid', 'i1.id', 'i2.id']],
    ['works?$filter=chapters/any(c:c/number gt 1)', ['e.rowid', 'i1.id']],
    ["works?$filter=writers/any(w:w/name eq 'a')", ['e.rowid', 'i2.id']],
    ['works?$expand=chapters', ['i1.id', 'e.rowid']],
    ['$crossjoin(works,authors,notes)', ['i1.rowid', 'i2.rowid', 'i3.rowid']],
  ])('at every row that it goes through: %s', (url, expected) => {
    expect(watchedRows(url).toSorted()).toEqual(expected.toSorted());
  });

  it('before anything else is computed of the row', () => {
    const text = textOf(sqliteDialect, 'works?$filter=numbers/any(k:k eq 1)');
    expect(text).toContain('WHERE (random() & 15 OR odata_go_on(e.rowid)) AND ');
    expect(text).toContain('WHERE (random() & 15 OR odata_go_on(i1.id)) AND ');
  });

  it('is not slowed down where it reads one row by its key', () => {
    expect(watchedRows('works/A1')).toEqual([]);
  });

  it('by PostgreSQL itself', () => {
    const text = textOf(
      postgresDialect({ caseCollation: undefined, normalizes: false }),
      'works?$filter=numbers/any(k:k eq 1)',
    );
    expect(text).not.toContain('go_on');
  });
});
