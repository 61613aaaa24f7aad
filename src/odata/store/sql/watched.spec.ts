import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { salesModel } from '../../../../test/models/sales.js';
import { bindRead } from '../../../../test/support/bound-reads.js';
import { postgresDialect } from '../postgres/postgres-dialect.js';
import { sqliteDialect } from '../sqlite/sqlite-dialect.js';
import { compileRead } from './compile-read.js';
import type { Dialect } from './dialect.js';

const textOf = (dialect: Dialect, url: string, model = libraryModel): string =>
  compileRead(dialect, bindRead(model, url), { tenant: 't' }).text;

/** The sources of rows of a statement, and the conditions by which SQLite can end it, each of one of them. */
function watchedRows(url: string, model = libraryModel): readonly string[] {
  return [...textOf(sqliteDialect, url, model).matchAll(/odata_go_on\(([^()]+)\)/g)].map(([, column = '']) => column);
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

  it.each([
    ['isroot', '', ['e.rowid', 'i1.rowid']],
    ['isdescendant', ",Ancestor='a'", ['e.rowid', 'i1.rowid', 'n.id', 'n.id']],
  ])('at every node that it goes through: %s', (name, more, expected) => {
    const call = `HierarchyNodes=$root/SalesOrganizations,HierarchyQualifier='SalesOrgHierarchy',Node=ID${more}`;
    const rows = watchedRows(`SalesOrganizations?$filter=Aggregation.${name}(${call})`, salesModel);
    expect(rows.toSorted()).toEqual(expected);
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
