/** Where a store says what becomes of its database: a pino logger, or one like it. */
export interface StoreLogger {
  info(message: string): void;
  error(about: object, message: string): void;
}
