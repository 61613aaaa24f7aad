import type { DomainErrorCode } from '../odata/index.js';

/** A user may not make a connection of another user's. */
export const ownerNotAllowed: DomainErrorCode = {
  code: 'ownerNotAllowed',
  status: 403,
  meaning: 'The caller may not create a connection for another user.',
};
