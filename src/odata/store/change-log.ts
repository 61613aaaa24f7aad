import { shortName } from './sql/short-name.js';

/**
 * What is kept of every change: `full`; `positions`: enough to track changes, neither who made them nor which properties
 * they touched; `off`: nothing.
 */
export type ChangeLogMode = 'full' | 'positions' | 'off';

/** How a store that is opened has its changes logged; `any`: as it finds it, where it may not change the schema. */
export type ChangeLogOption = ChangeLogMode | 'any';

/** One change, as the log has it. */
export interface LoggedChange {
  readonly tenant: string;
  readonly id: string;
  readonly owner: string;
  /** The version that the change gave; of a deleted entity its last one. */
  readonly version: number;
  readonly kind: 'created' | 'updated' | 'deleted';
  /** Names of the properties whose values changed; inside a contained entity behind its navigation property, `a/b`. */
  readonly properties: readonly string[] | undefined;
  /** Id of the user or application; undefined where nobody was named, or the log does not keep it. */
  readonly actor: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Place in the log: its transaction and its number. */
  readonly transaction: bigint;
  readonly sequence: bigint;
}

/** Which changes of a log are asked for. */
export interface HistoryQuery {
  readonly tenant?: string | undefined;
  readonly id?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  readonly after?: Pick<LoggedChange, 'tenant' | 'transaction' | 'sequence'> | undefined;
  readonly limit: number;
}

/** Name of the table of the log of an entity set. */
export function changeTable(set: string): string {
  return shortName(`${set}_change`);
}

/** Whom changes are logged as that come from an archive. */
export const importer = 'import';
