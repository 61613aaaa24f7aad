/** What an operation needs of its caller. */
export type Permission = 'read' | 'write';

/**
 * The permission names of the service, in the pattern of Microsoft Graph: delegated ones stand in the claim `scp` and
 * reach what the signed-in user owns, application ones stand in `roles` and reach the whole tenant.
 */
export const permissionNames = {
  user: { 'DecoratedProfile.Read': ['read'], 'DecoratedProfile.ReadWrite': ['read', 'write'] },
  application: { 'DecoratedProfile.Read.All': ['read'], 'DecoratedProfile.ReadWrite.All': ['read', 'write'] },
} as const satisfies Record<string, Readonly<Record<string, readonly Permission[]>>>;

/** The names that grant a permission, least first. */
export function namesGranting(permission: Permission): readonly string[] {
  return Object.values(permissionNames)
    .flatMap((names) => Object.entries<readonly Permission[]>(names))
    .filter(([, granted]) => granted.includes(permission))
    .map(([name]) => name);
}
