/**
 * A variant of the service, to compare with: SQLite on the thread that serves HTTP, each write its own transaction. What
 * most Node services do, and what the worker threads are there to better.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';

type Parameters = Record<string, string | number | null>;
const compiled = new URL('../dist/odata/store/sqlite/sqlite-thread.js', import.meta.url);
const { SqliteThread } = (await import(compiled.href)) as { SqliteThread: { open: unknown } };

SqliteThread.open = ({ path, role }: { path: string; role: 'reader' | 'writer' }) => {
  const database = new DatabaseSync(path, { readOnly: role === 'reader', timeout: 5000 });
  if (role === 'writer') database.exec('PRAGMA synchronous = FULL');
  const statements = new Map<string, StatementSync>();
  return Promise.resolve({
    load: 0,
    run({ text, parameters }: { readonly text: string; readonly parameters: Parameters }) {
      let statement = statements.get(text);
      if (statement === undefined) statements.set(text, (statement = database.prepare(text)));
      return Promise.resolve(statement.all(parameters));
    },
    close() {
      database.close();
      return Promise.resolve();
    },
  });
};
