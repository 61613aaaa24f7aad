import { localCaller, signToken, widestScope } from '../auth/sign-token.js';
import type { Environment } from '../config/environment.js';
import { localSecretFile } from '../config/local-key.js';

/**
 * What a process without configuration prints: a token of this machine, and requests to try it with.
 * @param url where the process serves
 */
export function localWelcome(environment: Environment, url: string): string {
  const { tenant, user } = localCaller;
  const token = signToken({ tenant, id: user, scopes: [widestScope], hours: 8 }, environment);
  const root = `${url}/v1.0/decoratedProfileConnections`;
  return `
No keys are configured: this process serves on loopback only, and takes tokens that are signed with the secret in
${localSecretFile}. One for the user ${user} of the tenant '${tenant}', for eight hours; npm run token makes others:

export TOKEN=${token}

curl -X POST ${root} -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{"id":"c1","relevanceScore":0.9}'

curl -X PATCH ${root}/c1/profile -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{"firstName":"Ann","locale":{"language":"en","country":"GB"}}'

In a browser: ${url}/v1.0/docs and ${url}/v1.0/explorer. Profiles to query: npm run sample

`;
}
