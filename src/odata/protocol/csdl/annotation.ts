import type { Alias } from './vocabularies.js';

/** A constant or dynamic expression (OData CSDL 4.01, 14.3 and 14.4), as far as annotations of a service need them. */
export type AnnotationValue =
  boolean | number | string | EnumMember | ModelPath | AnnotationRecord | readonly AnnotationValue[];

/** Members of an enumeration type of a vocabulary; several where it has flags (14.3.5). */
export interface EnumMember {
  readonly kind: 'member';
  /** `Capabilities.HttpMethod`. */
  readonly type: QualifiedByAlias;
  readonly members: readonly string[];
}

/** A path to a model element (14.4.1). */
export interface ModelPath {
  readonly kind: 'PropertyPath' | 'NavigationPropertyPath';
  readonly path: string;
}

/** A record (14.4.12). */
export interface AnnotationRecord {
  readonly kind: 'record';
  /** Where it is of a type derived from the declared one. */
  readonly type: QualifiedByAlias | undefined;
  readonly values: Readonly<Record<string, AnnotationValue>>;
}

/** A name of a vocabulary behind the alias of its namespace. */
export type QualifiedByAlias = `${Alias}.${string}`;

/** A term applied to a model element. */
export interface Annotation {
  readonly term: QualifiedByAlias;
  readonly value: AnnotationValue;
}

/** A record without the members that are undefined. */
export function record(
  values: Readonly<Record<string, AnnotationValue | undefined>>,
  type?: QualifiedByAlias,
): AnnotationRecord {
  const known = Object.entries(values).filter((entry): entry is [string, AnnotationValue] => entry[1] !== undefined);
  return { kind: 'record', type, values: Object.fromEntries(known) };
}

/** Members of an enumeration type. */
export function members(type: QualifiedByAlias, ...names: readonly string[]): EnumMember {
  return { kind: 'member', type, members: names };
}

/** A path to a property. */
export function propertyPath(path: string): ModelPath {
  return { kind: 'PropertyPath', path };
}

/** A path to a navigation property. */
export function navigationPath(path: string): ModelPath {
  return { kind: 'NavigationPropertyPath', path };
}

/** Annotations of the terms that have a value. */
export function annotations(
  values: Readonly<Partial<Record<QualifiedByAlias, AnnotationValue | undefined>>>,
): readonly Annotation[] {
  return Object.entries(values).flatMap(([term, value]) =>
    value === undefined ? [] : [{ term: term as QualifiedByAlias, value }],
  );
}
