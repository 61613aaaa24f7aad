import { createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';

/** The configuration that `tokenFor` signs for. */
export const testKeys = {
  JWT_SECRET: 'a secret of the tests, long enough for HS256',
  JWT_ISSUER: 'urn:test:issuer',
  JWT_AUDIENCE: 'urn:test:audience',
};

/** Claims of a signed-in user with every delegated permission. */
export const ann = { tid: 'contoso', oid: 'ann', scp: 'DecoratedProfile.ReadWrite' };
/** Another user of the same tenant. */
export const bob = { ...ann, oid: 'bob' };
/** A user of another tenant who has the same object id as Ann. */
export const annElsewhere = { ...ann, tid: 'fabrikam' };
/** An application with every permission in Ann's tenant. */
export const daemon = { tid: 'contoso', oid: 'daemon', roles: ['DecoratedProfile.ReadWrite.All'] };

const secret = createSecretKey(testKeys.JWT_SECRET, 'utf8');

/** A real signed token. */
export function tokenFor(claims: object, options: jwt.SignOptions = {}): string {
  return jwt.sign(claims, secret, {
    issuer: testKeys.JWT_ISSUER,
    audience: testKeys.JWT_AUDIENCE,
    expiresIn: 600,
    ...options,
  });
}
