import type { Caller } from '../auth/caller.js';
import type { BoundRead, ReadResult } from '../odata/query/bound.js';

/** Reads what bound queries ask for, of what a caller may see. */
export abstract class EntityReader {
  abstract read(read: BoundRead, caller: Caller): Promise<ReadResult>;
}
