import type { StructuredType } from '../edm/model.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { parseOwnJson } from '../json/parse-json.js';

/** Member of a stored entity that holds its version; no EDM identifier starts with `$`, so it meets no property. */
export const versionMember = '$version';

/** Member of a stored value that names its type where that is derived from the declared one. */
export const typeMember = '$type';

/**
 * An entity as a store keeps and gives it: its structural properties by name, absent where null, its key, its version,
 * and its contained entities inside it by navigation property: one as it is, those of a collection as an object, each
 * under the name that `memberName` gives it. So every entity has a path. Nothing in it depends on a wire format.
 */
export interface StoredEntity extends JsonObject {
  [versionMember]: number;
  [property: string]: JsonValue;
  /** Of one that was not looked into: all that is not a member of it. */
  [storedText]?: string;
}

/**
 * What an entity has in the place of its members that nobody will ask for before it is written: the text of them, as the
 * store has it. Its version, and a key that the text does not have, are members all the same.
 */
export const storedText = Symbol('stored text');

/** The version at the end of the text of a stored entity; undefined where it is not there. */
export function versionInText(text: string): number | undefined {
  const [, version] = /"\$version":(\d+)\}$/.exec(text.slice(-40)) ?? [];
  return version === undefined ? undefined : Number(version);
}

/** An entity with its members, where it has them as a text. */
export function looked(entity: StoredEntity): StoredEntity {
  const { [storedText]: text, ...others } = entity;
  return text === undefined ? entity : { ...(parseOwnJson(text) as JsonObject), ...others };
}

/** The weak ETag of an entity (OData 4.01 Protocol 8.3.2): it depends on the entity's state only, not on its format. */
export function etagOf(entity: StoredEntity): string {
  return etagOfVersion(entity[versionMember]);
}

export function etagOfVersion(version: number): string {
  return `W/"${version}"`;
}

/** A step from an entity to one that it contains: the navigation property, and of a collection the name of the member. */
export interface ContainedStep {
  readonly name: string;
  readonly member?: string;
}

/** The path that steps lead, inside the document of the first entity. */
export function pathOf(steps: readonly ContainedStep[]): readonly string[] {
  return steps.flatMap(({ name, member }) => (member === undefined ? [name] : [name, member]));
}

/**
 * The name of an entity in a stored collection: the text of its key. What cannot stand in the quotes of SQLite's JSON paths
 * is percent-encoded; so are names that every object of JavaScript seems to have.
 */
export function memberName(keyText: string): string {
  const encode = (character: string): string => `%${character.charCodeAt(0).toString(16)}`;
  const name = keyText.replaceAll(/["\\%]/g, encode);
  return name in Object.prototype ? name.replace(/^./, encode) : name;
}

/** The text of the key of an entity from the name under which it is stored in a collection. */
export function keyTextOf(memberName: string): string {
  return memberName.replaceAll(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** The entities of a stored collection in their order, that of their names: short ones first, so that numbers count up. */
export function membersOf(collection: JsonValue | undefined): readonly StoredEntity[] {
  if (Array.isArray(collection)) return collection as StoredEntity[];
  if (typeof collection !== 'object' || collection === null) return [];
  return Object.entries(collection)
    .sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))
    .map(([, entity]) => entity as StoredEntity);
}

/** Member of a value that a query made, where those beside it have other structures: the number of its type. */
export const variantMember = '$variant';

/** The type of a value: the declared one, or the derived one that it says; of a union, the one that the value is of. */
export function actualType<T extends StructuredType>(declared: T, value: JsonObject | undefined): T {
  const variant = declared.kind === 'complex' ? declared.variants?.[Number(value?.[variantMember])] : undefined;
  if (variant !== undefined) return actualType(variant as T, value);
  const name = value?.[typeMember];
  if (name === undefined || name === declared.qualifiedName) return declared;
  return (declared.derived as readonly T[]).find(({ qualifiedName }) => qualifiedName === name) ?? declared;
}
