import jwt from 'jsonwebtoken';
import type { Environment } from '../config/environment.js';

/**
 * What a process without configuration prints: a token that only this run accepts, and requests to try it with.
 * @param url where the process serves
 */
export function localWelcome(environment: Environment, url: string): string {
  const { JWT_SECRET = '', JWT_ISSUER = '', JWT_AUDIENCE = '' } = environment;
  const claims = { oid: 'local-user', scp: 'DecoratedProfile.ReadWrite' };
  const token = jwt.sign(claims, JWT_SECRET, { issuer: JWT_ISSUER, audience: JWT_AUDIENCE, expiresIn: '8h' });
  const root = `${url}/v1.0/decoratedProfileConnections`;
  return `
No keys are configured: this run serves on loopback only, with a secret of its own. A token for eight hours:

export TOKEN=${token}

curl -X POST ${root} -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{"id":"c1","relevanceScore":0.9}'

curl -X PATCH ${root}/c1/profile -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{"firstName":"Ann","locale":{"language":"en","country":"GB"}}'

In a browser: ${url}/v1.0/docs and ${url}/v1.0/explorer

`;
}
