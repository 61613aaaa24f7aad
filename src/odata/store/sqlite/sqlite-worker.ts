/**
 * The thread that owns one SQLite connection. It runs the statements it is sent and knows nothing of what they mean.
 * A writer runs all the statements that wait in one transaction and answers them together after its commit has reached
 * the disk, so that one sync carries many writes.
 *
 * Node runs this file as it stands when the sources are not compiled, so what it imports ends with `.ts`.
 */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { bytesOf, PageRoom } from '../sql/page-room.ts';
import type { PageOfBytes } from '../sql/parameters.ts';
import type { SqlRow } from '../sql/rows.ts';
import { addFunctions as addDocumentFunctions } from './document-functions.ts';
import { addFunctions as addNumberFunctions } from './number-functions.ts';
import { Gathering } from './gathering.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { HalfWrittenError, RowMerger } from './row-merger.ts';
import { addFunctions as addTextFunctions } from './sqlite-functions.ts';
import type { Ended, SqliteReply, SqliteTask, SqliteThreadOptions } from './sqlite-protocol.ts';
import { addFunctions as addTimeFunctions } from './time-functions.ts';
import { addFunctions as addWholeJson } from './whole-json.ts';

const { path, role, logs, sets, statementTimeout, textBytes, gatherFor, callbacks } = workerData as SqliteThreadOptions;
if (parentPort === null) throw new Error('This file is the start of a worker thread');
const port = parentPort;
const database = new DatabaseSync(path, { readOnly: role === 'reader', timeout: 5000 });
// With WAL, FULL syncs the log at every commit: an answered write survives a power cut.
if (role === 'writer') {
  database.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  // Pages that are written often between two checkpoints are copied once: 16 MB of log are copied at a time, not 4.
  database.exec('PRAGMA wal_autocheckpoint = 4000');
}
database.exec('PRAGMA cache_size = -4096');

for (const add of [addTextFunctions, addNumberFunctions, addTimeFunctions, addDocumentFunctions, addWholeJson])
  add(database);

const calledBack = new Int32Array(callbacks);
// The file of the number of places is not one that can be imported here.
const everything = calledBack.length - 3;
const whatRuns = calledBack.length - 2;
const sent = calledBack.length - 1;

/** The task that is being run, and when its time is over. */
let running = 0;
let deadline = Infinity;
/** Why it was ended. */
let ended: Ended | undefined;

function isCalledBack(id: number): boolean {
  return Atomics.load(calledBack, id % everything) === id || Atomics.load(calledBack, everything) !== 0;
}

/**
 * Ends a statement: SQLite gives Node no way to interrupt one, but a function that throws. The compiler has it called
 * with a column of each row, without which it would be called once.
 */
database.function('odata_go_on', { varargs: true }, () => {
  if (isCalledBack(running)) ended = 'called back';
  else if (Date.now() > deadline) ended = 'late';
  else return 1;
  throw new Error('the statement was ended');
});

/** Who acts in the task that is being run. */
let actor: string | undefined;

/**
 * Lets the log of changes learn who acts. The triggers that log are the database's own, so that nothing escapes them that
 * anybody writes; who acts is known to this connection only.
 */
function nameActors(): void {
  database.function('odata_actor', () => actor ?? null);
  for (const log of logs) {
    const name = (suffix: string): string => `"${log.replaceAll('"', '""')}${suffix}"`;
    database.exec(`CREATE TEMP TRIGGER ${name('_actor')} AFTER INSERT ON main.${name('')}
      WHEN NEW.properties IS NOT NULL AND NEW.actor IS NULL AND odata_actor() IS NOT NULL BEGIN
        UPDATE ${name('')} SET actor = odata_actor() WHERE sequence = NEW.sequence;
      END`);
  }
}

if (role === 'writer') nameActors();

const statements = new PreparedStatements(database);

function failure(id: number, error: unknown): SqliteReply {
  const { message, errcode } = error as Error & { errcode?: number };
  // The low byte is the primary result code, https://sqlite.org/rescode.html
  return { id, error: { message, code: errcode === undefined ? undefined : errcode & 0xff, ended } };
}

const merger = new RowMerger((sql) => statements.get(sql), sets);

/** SQLITE_ABORT: the transaction ended under its statements, by a fault of the machine. */
const aborted = 4;

/** @throws Error where the transaction of a statement is gone */
function requireTransaction(reply: SqliteReply): void {
  if (database.isTransaction) return;
  const message = 'error' in reply ? reply.error.message : 'the transaction was lost';
  throw Object.assign(new Error(message), { errcode: aborted });
}

/** The rows of a page: as many as its bytes take, and one more. */
function pageOf(rows: Iterable<SqlRow>, { bytes }: PageOfBytes): readonly SqlRow[] {
  const page: SqlRow[] = [];
  const room = new PageRoom(bytes);
  for (const row of rows) {
    page.push(row);
    if (room.isFull()) break;
    room.add(row);
  }
  return page;
}

/** SQLITE_TOOBIG */
const tooBig = 18;

/** All rows, where they have no more bytes together. What the statement has done is undone where they have. */
function allOf(rows: Iterable<SqlRow>, bytes: number): readonly SqlRow[] {
  const all: SqlRow[] = [];
  let left = bytes;
  database.exec('SAVEPOINT bounded');
  try {
    for (const row of rows) {
      all.push(row);
      if ((left -= bytesOf(row)) < 0) throw Object.assign(new Error('too many bytes'), { errcode: tooBig });
    }
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK TO bounded');
    throw error;
  } finally {
    if (database.isTransaction) database.exec('RELEASE bounded');
  }
  return all;
}

let textsAreLarge: boolean | undefined;

/** SQLite builds a text in memory. */
function boundTexts(areLarge: boolean): void {
  if (textsAreLarge === areLarge) return;
  database.limits.length = textBytes[areLarge ? 'large' : 'usual'];
  textsAreLarge = areLarge;
}

function rowsOf({ sql, parameters, page, mostBytes }: SqliteTask): readonly SqlRow[] {
  const statement = statements.get(sql);
  if ((page ?? mostBytes) === undefined) return statement.all(parameters);
  const rows = statement.iterate(parameters) as Iterable<SqlRow>;
  return page === undefined ? allOf(rows, mostBytes ?? 0) : pageOf(rows, page);
}

/** @throws HalfWrittenError where the transaction must be undone */
function run(task: SqliteTask): SqliteReply {
  const { id, parameters, merge, isLarge = false } = task;
  actor = task.actor;
  boundTexts(isLarge);
  running = id;
  Atomics.store(calledBack, whatRuns, id);
  deadline = Date.now() + statementTimeout;
  ended = isCalledBack(id) ? 'called back' : undefined;
  if (ended !== undefined) return failure(id, new Error('the statement was called back'));
  try {
    const merged = merge === undefined ? undefined : merger.run(merge, parameters, actor);
    return { id, rows: merged ?? rowsOf(task) };
  } catch (error) {
    // An iteration that failed leaves its statement as it was: the next one would fail of the same.
    statements.forget(task.sql);
    if (error instanceof HalfWrittenError) throw error;
    return failure(id, error);
  } finally {
    Atomics.store(calledBack, whatRuns, 0);
  }
}

/** A statement that fails undoes itself only; a commit that fails undoes, and fails, every statement of the group. */
function runGroup(tasks: readonly SqliteTask[]): readonly SqliteReply[] {
  ended = undefined;
  try {
    database.exec('BEGIN IMMEDIATE');
    merger.begin();
    const replies = tasks.map((task) => {
      const reply = run(task);
      // A full disk ends the transaction by itself; what came after would be committed piecemeal.
      requireTransaction(reply);
      return reply;
    });
    database.exec('COMMIT');
    return replies;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    ended = undefined;
    return tasks.map(({ id }) => failure(id, error));
  }
}

/** What has arrived and was not run yet, in its order. */
let waiting: SqliteTask[] = [];
/** The unit of work whose transaction is open. */
let openUnit: number | undefined;
let closing = false;

/** Everything that has arrived: while a commit syncs, more writes arrive, and the next commit carries them all. */
function drain(): void {
  for (;;) {
    const next = receiveMessageOnPort(port) as { message: SqliteTask[] | 'close' } | undefined;
    if (next === undefined) return;
    if (next.message === 'close') closing = true;
    else waiting.push(...next.message);
  }
}

function begin(unit: number | undefined): void {
  if (openUnit !== undefined) return;
  database.exec('BEGIN IMMEDIATE');
  merger.begin();
  openUnit = unit;
}

/** Ends the open unit; a rollback of one that is not open has nothing to undo. */
function end(sql: string): void {
  if (openUnit === undefined && sql === 'ROLLBACK') return;
  database.exec(sql);
  openUnit = undefined;
}

/** Whatever fails but a statement alone ends the unit: its caller learns of it, and sends no commit. */
function runInUnit(task: SqliteTask): SqliteReply {
  const { id, sql, unit } = task;
  ended = undefined;
  try {
    if (sql === 'COMMIT' || sql === 'ROLLBACK') {
      end(sql);
      return { id, rows: [] };
    }
    begin(unit);
    const reply = run(task);
    requireTransaction(reply);
    return reply;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    openUnit = undefined;
    return failure(id, error);
  }
}

const gathering = new Gathering(gatherFor);

/** How much had been sent before what has arrived was taken in: what is sent later ends a pause, or keeps it from beginning. */
let seen = 0;

/** Takes in what has arrived, and says how much waits. */
function arrived(): number {
  seen = Atomics.load(calledBack, sent);
  drain();
  return waiting.length;
}

/** Waits until more is sent; false where nothing is in so many milliseconds, and at the end. */
function pause(milliseconds: number): boolean {
  return !closing && Atomics.wait(calledBack, sent, seen, milliseconds) !== 'timed-out';
}

/** The replies to what can be run next; none where everything waits for the open unit, or nothing is left. */
function runNext(): readonly SqliteReply[] {
  const unit = openUnit ?? waiting[0]?.unit;
  if (unit === undefined) {
    if (waiting.length === 0) return [];
    gathering.gather(arrived, pause);
    const next = waiting.findIndex((task) => task.unit !== undefined);
    const group = waiting.splice(0, next < 0 ? waiting.length : next);
    const replies = runGroup(group);
    // Before they are told: what somebody writes next is none of what was under way together.
    gathering.committed(replies.length, arrived());
    return replies;
  }
  const tasks = waiting.filter((task) => task.unit === unit);
  waiting = waiting.filter((task) => task.unit !== unit);
  return tasks.map(runInUnit);
}

function close(): void {
  // A unit that is open now was given up by its caller. Closing undoes it.
  database.close();
  port.close();
}

port.on('message', (message: SqliteTask[] | 'close') => {
  if (message === 'close') closing = true;
  // What is done is not kept waiting by what is not: a task of the same turn may take long.
  else if (role === 'reader') for (const task of message) port.postMessage([run(task)]);
  else {
    waiting.push(...message);
    drain();
    for (let replies = runNext(); replies.length > 0; replies = runNext()) {
      port.postMessage(replies);
      drain();
    }
  }
  if (closing) close();
});
port.postMessage('ready');
