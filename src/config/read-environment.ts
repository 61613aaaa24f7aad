import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { checkStoreUrl, isStoreOfMany } from '../odata/tools.js';
import { Environment, fileVariables, jwtAlgorithms } from './environment.js';
import { localName, localSecret } from './local-key.js';
import { unknownVariables } from './unknown-variables.js';

/** Every fault of the environment, one a line. The process must not start. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';

  constructor(readonly faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n- ${faults.join('\n- ')}`,
    );
  }
}

function withFiles(variables: NodeJS.ProcessEnv, faults: string[]): NodeJS.ProcessEnv {
  const values = { ...variables };
  for (const name of fileVariables) {
    const file = variables[`${name}_FILE`];
    if (file === undefined || file === '') continue;
    try {
      values[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      faults.push(`${name}_FILE cannot be read: ${(error as Error).message}`);
    }
  }
  return values;
}

function keyFaults({ JWT_PUBLIC_KEY }: Environment): string[] {
  try {
    if (
      JWT_PUBLIC_KEY === undefined ||
      (createPublicKey(JWT_PUBLIC_KEY).asymmetricKeyDetails?.modulusLength ?? 2048) >= 2048
    )
      return [];
    return ['JWT_PUBLIC_KEY is an RSA key of less than 2048 bits'];
  } catch (error) {
    return [`JWT_PUBLIC_KEY is not a public key: ${(error as Error).message}`];
  }
}

function databaseFaults(environment: Environment): string[] {
  const { DATABASE_PASSWORD: password, DATABASE_URL, DATABASE_READ_URL } = environment;
  const faults: string[] = [];
  for (const [name, url] of Object.entries({ DATABASE_URL, DATABASE_READ_URL })) {
    try {
      if (url !== undefined) checkStoreUrl({ url, password });
    } catch (error) {
      faults.push(`${name} ${(error as Error).message}`);
    }
  }
  if (DATABASE_READ_URL !== undefined && !isStoreOfMany(DATABASE_URL))
    faults.push('DATABASE_READ_URL names standbys, and DATABASE_URL no PostgreSQL that they could follow');
  return faults;
}

/** Faults that concern more than one variable. */
function crossFaults(environment: Environment, serves: boolean): string[] {
  const faults = [...keyFaults(environment), ...databaseFaults(environment)];
  const keys = [environment.JWKS_URL, environment.JWT_PUBLIC_KEY, environment.JWT_SECRET];
  const given = keys.filter((key) => key !== undefined).length;
  if (given > 1) faults.push('JWKS_URL, JWT_PUBLIC_KEY and JWT_SECRET exclude each other: set one');
  const isDevelopment = environment.NODE_ENV !== 'production';
  const signsItself = isDevelopment && (given === 0 || environment.JWT_SECRET !== undefined);
  if (serves && !signsItself) {
    if (given === 0) faults.push('one of JWKS_URL, JWT_PUBLIC_KEY and JWT_SECRET is required in production');
    if (environment.JWT_ISSUER === undefined) faults.push('JWT_ISSUER is required');
    if (environment.JWT_AUDIENCE === undefined) faults.push('JWT_AUDIENCE is required');
  }
  const fitting = environment.JWT_SECRET === undefined ? jwtAlgorithms.asymmetric : jwtAlgorithms.symmetric;
  for (const algorithm of environment.JWT_ALGORITHMS ?? []) {
    // A public key must never be usable as a shared secret (RFC 8725, 2.1).
    if (given === 1 && !fitting.includes(algorithm))
      faults.push(`JWT_ALGORITHMS: ${algorithm} does not fit the kind of key`);
  }
  // Of 0 each has one that is free.
  if (environment.PORT !== 0 && environment.PORT === environment.METRICS_PORT)
    faults.push('PORT and METRICS_PORT must not be the same');
  if (environment.PAGE_SIZE > environment.MAX_PAGE_SIZE)
    faults.push('PAGE_SIZE must not be greater than MAX_PAGE_SIZE');
  if (environment.ENTITY_BYTES < environment.BODY_LIMIT) faults.push('ENTITY_BYTES must not be less than BODY_LIMIT');
  // One caller may hold a quarter.
  if (environment.BODY_MEMORY < 12 * Math.max(environment.BODY_LIMIT, environment.BATCH_MEMORY))
    faults.push('BODY_MEMORY must be at least twelve times BODY_LIMIT and BATCH_MEMORY');
  return faults;
}

/** What is wrong with one variable; what is no number is neither too large nor too small. */
function constraintFaults({ isInt, isNumber, ...others }: Readonly<Record<string, string>> = {}): readonly string[] {
  const noNumber = isInt ?? isNumber;
  return noNumber === undefined ? Object.values(others) : [noNumber];
}

/** Every variable there is. */
export const variableNames: ReadonlySet<string> = new Set([
  ...Object.keys(new Environment()),
  ...fileVariables.map((name) => `${name}_FILE`),
]);

function hasKey({ JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET }: Environment): boolean {
  return (JWKS_URL ?? JWT_PUBLIC_KEY ?? JWT_SECRET) !== undefined;
}

/** In development tokens that the machine signs itself need no configuration; without any key it serves on loopback only. */
function withLocalNames(environment: Environment, isLocal: boolean): void {
  if (environment.NODE_ENV === 'production') return;
  if (isLocal) {
    environment.JWT_SECRET = localSecret();
    environment.HOST = '127.0.0.1';
  }
  if (environment.JWT_SECRET === undefined) return;
  environment.JWT_ISSUER ??= localName;
  environment.JWT_AUDIENCE ??= localName;
}

/** A validated configuration. */
export interface ReadEnvironment {
  readonly environment: Environment;
  /** Whether no key is configured, so that tokens of this machine's own secret are accepted. */
  readonly hasLocalKey: boolean;
  /** Sentences about what is probably not meant as it stands. */
  readonly warnings: readonly string[];
}

/**
 * Reads and validates the configuration.
 * @param variables of the environment; empty ones count as absent, those that are not known are told of where they are nearly known
 * @param serves false for a command that needs no keys, because it answers nobody
 * @throws EnvironmentError with every fault
 */
export function readEnvironment(
  variables: NodeJS.ProcessEnv,
  { serves = true }: { readonly serves?: boolean } = {},
): ReadEnvironment {
  const faults: string[] = [];
  const values = Object.entries(withFiles(variables, faults)).filter(([, value]) => value !== '');
  const environment = plainToInstance(Environment, Object.fromEntries(values), {
    excludeExtraneousValues: true,
    exposeDefaultValues: true,
  });
  for (const { constraints } of validateSync(environment)) faults.push(...constraintFaults(constraints));
  if (faults.length === 0) faults.push(...crossFaults(environment, serves));
  if (faults.length > 0) throw new EnvironmentError(faults);
  environment.EXPLORER ??= environment.NODE_ENV !== 'production';
  const hasLocalKey = serves && !hasKey(environment);
  if (serves) withLocalNames(environment, hasLocalKey);
  return { environment, hasLocalKey, warnings: unknownVariables(variables, variableNames) };
}
