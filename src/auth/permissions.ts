import type { Permissions } from '../odata/index.js';

/**
 * The permission names of the service, in the pattern of Microsoft Graph: delegated ones stand in the claim `scp` and
 * reach what the signed-in user owns, application ones stand in `roles` and reach the whole tenant.
 */
export const permissionNames = {
  user: ['DecoratedProfile.Read', 'DecoratedProfile.ReadWrite'],
  application: ['DecoratedProfile.Read.All', 'DecoratedProfile.ReadWrite.All'],
} as const;

/** What they grant. */
export const permissions: Permissions = {
  read: [...permissionNames.user, ...permissionNames.application],
  write: ['DecoratedProfile.ReadWrite', 'DecoratedProfile.ReadWrite.All'],
};
