import { permissionNames } from '../auth/permissions.js';
import { localCaller, signToken, type TokenRequest, widestScope } from '../auth/sign-token.js';
import type { Environment } from '../config/environment.js';
import { readEnvironment } from '../config/read-environment.js';
import { UsageError } from '../exit.js';
import { didYouMean } from '../odata/tools.js';
import { type Given, runCommand } from './command.js';

/** @throws UsageError that names what there is */
function readNames(text: string, known: readonly string[]): readonly string[] {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  const meant = didYouMean(unknown, known);
  throw new UsageError(`There is no permission '${unknown}'${meant || '.'} They are ${known.join(', ')}.`);
}

/** @throws UsageError */
function readRequest({ roles, scopes, user, application, tenant, hours: text = '8' }: Given['options']): TokenRequest {
  if ((roles ?? application) !== undefined && (scopes ?? user) !== undefined)
    throw new UsageError('A token is of a user, with --scopes, or of an application, with --roles.');
  const hours = Number(text);
  if (!(hours > 0 && hours <= 24 * 365)) throw new UsageError('--hours takes a number up to 8760.');
  const about = { tenant: tenant ?? localCaller.tenant, hours };
  const isApplication = (roles ?? application) !== undefined;
  if (!isApplication)
    return { ...about, id: user ?? localCaller.user, scopes: readNames(scopes ?? widestScope, permissionNames.user) };
  const names = readNames(roles ?? permissionNames.application.join(), permissionNames.application);
  return { ...about, id: application ?? localCaller.application, roles: names };
}

/** @throws UsageError where the service takes no token that is signed here */
function checkSigns({ NODE_ENV, JWT_SECRET }: Environment): void {
  if (NODE_ENV === 'production')
    throw new UsageError('In production the identity provider makes tokens: NODE_ENV says so.');
  if (JWT_SECRET === undefined)
    throw new UsageError(
      'The service verifies tokens with a public key, and this machine does not have the private one.',
    );
}

await runCommand(
  {
    name: 'token',
    about:
      "Prints a token that the service takes on this machine: of a user with --scopes, of an application with --roles.\nWithout either, of a user who may do everything with what is the user's own. Refused in production.",
    options: {
      scopes: { value: '<names>', about: `delegated permissions: ${permissionNames.user.join(', ')}` },
      roles: { value: '<names>', about: `permissions of an application: ${permissionNames.application.join(', ')}` },
      user: { value: '<id>', about: `id of the user, else ${localCaller.user}` },
      application: { value: '<id>', about: `id of the application, else ${localCaller.application}` },
      tenant: { value: '<name>', about: `else '${localCaller.tenant}'` },
      hours: { value: '<number>', about: 'how long it is good for, else 8' },
    },
    variables: ['NODE_ENV', 'JWT_SECRET', 'JWT_ISSUER', 'JWT_AUDIENCE'],
  },
  ({ options }) => {
    const request = readRequest(options);
    const { environment } = readEnvironment(process.env);
    checkSigns(environment);
    process.stdout.write(`${signToken(request, environment)}\n`);
    return 0;
  },
);
