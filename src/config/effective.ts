import { Environment } from './environment.js';

/** Variables that nobody is shown. */
const secrets: ReadonlySet<string> = new Set<keyof Environment>(['JWT_SECRET', 'DATABASE_PASSWORD']);

/** One variable as it takes effect. */
export interface EffectiveVariable {
  readonly name: string;
  /** Without secrets; undefined where there is none. */
  readonly value: string | undefined;
  readonly isDefault: boolean;
}

/** A URL without its password, and without what its parameters may hold of one. */
export function withoutPassword(url: string): string {
  if (!/^\w+:\/\//.test(url)) return url;
  return url.replace(/^(\w+:\/\/[^/@:]*):[^@]*@/, '$1:…@').replace(/([?&](?:password|sslpassword)=)[^&]*/gi, '$1…');
}

function shown(name: string, value: Environment[keyof Environment]): string | undefined {
  if (value === undefined) return undefined;
  const text = Array.isArray(value) ? value.join(',') : String(value);
  if (secrets.has(name)) return '(not shown)';
  if (name === 'JWT_PUBLIC_KEY') return `${text.slice(0, 26)} …`;
  return withoutPassword(text);
}

/** Every variable, in the order in which they are declared. */
export function effectiveVariables(environment: Environment): readonly EffectiveVariable[] {
  const { ...defaults }: Readonly<Record<string, unknown>> = new Environment() as never;
  return Object.entries(environment).map(([name, value]: [string, Environment[keyof Environment]]) => ({
    name,
    value: shown(name, value),
    isDefault: String(value) === String(defaults[name]),
  }));
}

/** The variables that differ from their defaults, without secrets. */
export function differingVariables(environment: Environment): Readonly<Record<string, string | undefined>> {
  const differing = effectiveVariables(environment).filter(({ isDefault }) => !isDefault);
  return Object.fromEntries(differing.map(({ name, value }) => [name, value]));
}
