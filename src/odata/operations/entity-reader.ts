import type { Caller } from './caller.js';
import type { BoundRead, ReadResult } from '../protocol/query/bound.js';
import type { ChangesResult, LogPosition } from '../protocol/query/changes.js';

/** Reads what bound queries ask for, of what a caller may see. */
export abstract class EntityReader {
  abstract read(read: BoundRead, caller: Caller): Promise<ReadResult>;

  /** The end of what is settled in the log of an entity set; undefined where its changes are not logged. */
  abstract endOfChanges(set: string): Promise<LogPosition | undefined>;

  /** Reads what changed behind a position of what a bound query gives. */
  abstract changes(read: BoundRead, caller: Caller, after: LogPosition): Promise<ChangesResult>;
}
