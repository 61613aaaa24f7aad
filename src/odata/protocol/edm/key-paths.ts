import type { EntityType, Property, StructuredType } from './model.js';
import type { TypeClass } from './schema.js';

/** What a class declares of the key of its entities, and what is known of its type when its properties are. */
interface DeclaredKey {
  readonly own: { readonly key: readonly string[]; readonly keyPaths: ReadonlyMap<string, readonly string[]> };
  readonly base: EntityType | undefined;
  readonly properties: ReadonlyMap<string, Property>;
  /** Names of members, which no alias may have. */
  readonly taken: ReadonlySet<string>;
}

const alias = /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]{0,127}$/u;

/**
 * Where the parts of a key are that stand inside complex values, by alias (OData CSDL 4.01, 6.5); undefined where none does.
 * @throws Error naming class and member, where there can be no such part
 */
export function keyPathsOf(
  { name: owner }: TypeClass,
  { own, base, properties, taken }: DeclaredKey,
): EntityType['keyPaths'] {
  const inherited = new Set(base?.key);
  for (const [part, path] of own.keyPaths) {
    const what = `${owner}.${path[0] ?? ''}`;
    const isTaken = taken.has(part) || inherited.has(part) || own.key.filter((one) => one === part).length > 1;
    if (!alias.test(part) || isTaken)
      throw new Error(`${what}: '${part}' must be an alias that nothing else is called`);
    checkPart(what, path, properties);
  }
  for (const part of own.key) {
    if (own.keyPaths.has(part) || properties.get(part)?.type.kind !== 'complex') continue;
    throw new Error(`${owner}.${part}: say which values inside are in the key, by alias: @Key({ alias: 'path' })`);
  }
  return own.keyPaths.size === 0 ? base?.keyPaths : new Map([...(base?.keyPaths ?? []), ...own.keyPaths]);
}

/** Whether URLs can have a value of the property in a key (6.5). */
function isKeyValue({ type }: Property): boolean {
  return type.kind === 'primitive' && !['double', 'geo', 'binary'].includes(type.family);
}

/** @throws Error where a path does not lead to a value that is always there, and never another one */
function checkPart(what: string, path: readonly string[], declared: ReadonlyMap<string, Property>): void {
  let properties: StructuredType['properties'] | undefined = declared;
  for (const [index, name] of path.entries()) {
    const property: Property | undefined = properties?.get(name);
    const at = path.slice(1, index + 1).join('/');
    const isEnd = index === path.length - 1;
    if (property === undefined) throw new Error(`${what}: there is no '${at}' for its key`);
    if (property.collection || property.nullable)
      throw new Error(`${what}: '${at === '' ? name : at}' must be single and never null: it is in the key`);
    if (!isEnd && property.type.kind !== 'complex') throw new Error(`${what}: '${at}' has no properties for its key`);
    if (isEnd && !isKeyValue(property)) throw new Error(`${what}: '${at}' is of a type that no key can have`);
    if (isEnd && (!property.immutable || property.computed || property.default !== undefined))
      throw new Error(`${what}: '${at}' must be @Immutable(), and said by who makes the entity: it is in the key`);
    properties = property.type.kind === 'complex' ? property.type.properties : undefined;
  }
}
