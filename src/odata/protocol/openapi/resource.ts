import { keyPart, keyProperty } from '../edm/key-parts.js';
import type { EntityType } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import type { JsonObject } from '../json/json-value.js';
import { type EntityPath, memberPath } from '../uri/entity-path.js';
import { propertySchema } from './schemas.js';

/** A key among the segments of a path. */
export const keySegment = '{key}';

/** One resource of the service: where it is, and what is at it. */
export interface Resource {
  readonly tag: string;
  /** Segments as the handlers name them, keys as `{key}`. */
  readonly segments: readonly string[];
  /** Template of the description's path. */
  readonly template: string;
  readonly parameters: readonly JsonObject[];
  readonly type: EntityType;
  /** Canonical path of the example. */
  readonly path: EntityPath;
  /** Fragment of its context URL. */
  readonly fragment: string;
  /** What summaries call it. */
  readonly title: string;
  /** Words of operation ids. */
  readonly words: readonly string[];
}

/** Words, the last one without its plural `s`: for operation ids. */
export function singular(words: readonly string[]): readonly string[] {
  return words.map((word, index) => (index === words.length - 1 ? word.replace(/s$/, '') : word));
}

/** The resource of an entity set. */
export function entitySetResource(name: string, type: EntityType): Resource {
  return {
    tag: name,
    segments: [name],
    template: `/${name}`,
    parameters: [],
    type,
    path: memberPath(name, exampleKey(type)),
    fragment: name,
    title: name,
    words: [name],
  };
}

/** The resource of a singleton. */
export function singletonResource(name: string, type: EntityType): Resource {
  return { ...entitySetResource(name, type), path: { url: name, text: name } };
}

function exampleKey(type: EntityType): string {
  const { example, key } = type;
  const value = example && keyPart(type, key[0] ?? '', example);
  return typeof value === 'string' ? value : '1';
}

/** The member of a collection whose key stands in the path: as a segment where it is one, else in parentheses. */
export function member(collection: Resource, fragment: string): Resource {
  const { template, type, parameters, segments, words } = collection;
  const taken = new Set(parameters.map(({ name }) => name));
  const keys = type.key.flatMap((name) => {
    const property = keyProperty(type, name);
    return property === undefined
      ? []
      : [{ name, property, parameter: taken.has(name) ? `${type.name}-${name}` : name }];
  });
  const [only] = keys;
  const literal = ({ property, parameter }: (typeof keys)[number]): string =>
    property.type === Edm.String ? `'{${parameter}}'` : `{${parameter}}`;
  const predicate =
    keys.length === 1 && only !== undefined
      ? `/{${only.parameter}}`
      : `(${keys.map((one) => `${one.name}=${literal(one)}`).join(',')})`;
  return {
    ...collection,
    segments: [...segments, keySegment],
    template: `${template}${predicate}`,
    parameters: [
      ...parameters,
      ...keys.map(({ parameter, property }): JsonObject => {
        const { description = `Key of ${type.name}.`, ...schema } = propertySchema(property);
        return { name: parameter, in: 'path', required: true, description, schema };
      }),
    ],
    fragment,
    title: `one of ${collection.title}`,
    words: singular(words),
  };
}
