/** Why a store cannot be opened at all: the wrong file, a schema of a later version. The process must not start. */
export class StoreSetupError extends Error {
  override readonly name: string = 'StoreSetupError';
}

/** The store has the schema of an earlier release, or another log of changes, and was not to be migrated. */
export class StoreOutdatedError extends StoreSetupError {
  override readonly name = 'StoreOutdatedError';
}
