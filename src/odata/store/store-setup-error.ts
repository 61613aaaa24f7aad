/** Why a store cannot be opened at all: the wrong file, a schema of a later version. The process must not start. */
export class StoreSetupError extends Error {
  override readonly name = 'StoreSetupError';
}
