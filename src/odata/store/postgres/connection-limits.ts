/** Bounds of what a process asks of its database; times in milliseconds. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectTimeout: number;
  readonly statementTimeout: number;
  readonly transactionTimeout: number;
  /** Statements that one caller may have running and waiting. */
  readonly perCaller?: number;
  /** Whether statements are prepared: not where what stands between shares sessions by transactions. Default: true. */
  readonly prepare?: boolean;
  /** How often a statement is sent at most. Default: 5. */
  readonly attempts?: number;
}
