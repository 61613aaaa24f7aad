/** The floor: the statements that a GET and a PATCH of a profile need at least, in a loop, with nothing around them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Statements a second: reads; writes that each sync; writes of which sixteen share a sync. */
export interface Floor {
  readonly reads: number;
  readonly commits: number;
  readonly groupedWrites: number;
}

export function bareStatements(profile: object, count: number, seconds: number): Floor {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const database = new DatabaseSync(join(folder, 'bare.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE t (tenant TEXT, id TEXT, document BLOB, PRIMARY KEY (tenant, id)) WITHOUT ROWID');
  const insert = database.prepare("INSERT INTO t VALUES ('tenant', ?, jsonb(?))");
  const document = JSON.stringify({ profile });
  database.exec('BEGIN');
  for (let i = 0; i < count; i++) insert.run(`c${i}`, document);
  database.exec('COMMIT');
  const key = (): string => `c${Math.floor(Math.random() * count)}`;
  const select = database.prepare("SELECT json(document) FROM t WHERE tenant = 'tenant' AND id = ?");
  const update = database.prepare(
    "UPDATE t SET document = jsonb_patch(document, jsonb(?)) WHERE tenant = 'tenant' AND id = ? RETURNING json(document)",
  );
  let headline = 0;
  const write = (): unknown => update.get(`{"profile":{"headline":"${++headline}"}}`, key());
  const floor = {
    reads: rate(seconds, 1, () => JSON.parse(select.get(key())!['json(document)'] as string) as unknown),
    commits: rate(seconds, 1, write),
    groupedWrites: rate(seconds, 16, () => {
      database.exec('BEGIN');
      for (let i = 0; i < 16; i++) write();
      database.exec('COMMIT');
    }),
  };
  database.close();
  rmSync(folder, { recursive: true });
  return floor;
}

function rate(seconds: number, perTurn: number, turn: () => unknown): number {
  const began = performance.now();
  let done = 0;
  while (performance.now() - began < seconds * 1000) {
    turn();
    done += perTurn;
  }
  return (done / (performance.now() - began)) * 1000;
}
