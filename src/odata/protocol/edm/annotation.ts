/** A constant or dynamic expression (OData CSDL 4.01, 14.3 and 14.4), as far as annotations of a service need them. */
export type AnnotationValue =
  null | boolean | number | string | Constant | EnumMember | ModelPath | AnnotationRecord | readonly AnnotationValue[];

/** A constant whose JSON does not tell its type (14.3). */
export interface Constant {
  readonly kind: 'constant';
  readonly type: 'Binary' | 'Date' | 'DateTimeOffset' | 'Decimal' | 'Duration' | 'Float' | 'Guid' | 'Int' | 'TimeOfDay';
  readonly text: string;
}

/** Members of an enumeration type of a vocabulary; several where it has flags (14.3.7). */
export interface EnumMember {
  readonly kind: 'member';
  /** `Capabilities.HttpMethod`. */
  readonly type: QualifiedByAlias;
  readonly members: readonly string[];
}

/** A path to a model element (14.4.1.3 to 14.4.1.6), or to a value (14.4.1.7). */
export interface ModelPath {
  readonly kind: 'AnnotationPath' | 'NavigationPropertyPath' | 'Path' | 'PropertyPath';
  readonly path: string;
}

/** A record (14.4.12). */
export interface AnnotationRecord {
  readonly kind: 'record';
  /** Where it is of a type derived from the declared one. */
  readonly type: QualifiedByAlias | undefined;
  readonly values: Readonly<Record<string, AnnotationValue>>;
}

/** A name of a vocabulary behind the alias of its namespace, or of the schema's own. */
export type QualifiedByAlias = `${string}.${string}`;

/** A term applied to a model element. */
export interface Annotation {
  readonly term: QualifiedByAlias;
  /** Tells several of one term from each other (14.2.1). */
  readonly qualifier?: string;
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

/** A path whose value is meant: `path('price')`. */
export function path(to: string): ModelPath {
  return { kind: 'Path', path: to };
}

/** A path to an annotation: `annotationPath('@UI.FieldGroup#prices')`. */
export function annotationPath(to: string): ModelPath {
  return { kind: 'AnnotationPath', path: to };
}

/** A constant of a type that JSON does not have: `constant('Date', '2020-01-01')`. */
export function constant(type: Constant['type'], text: string): Constant {
  return { kind: 'constant', type, text };
}

/** Annotations of the terms that have a value. */
export function annotations(
  values: Readonly<Partial<Record<QualifiedByAlias, AnnotationValue | undefined>>>,
): readonly Annotation[] {
  return Object.entries(values).flatMap(([term, value]) =>
    value === undefined ? [] : [{ term: term as QualifiedByAlias, value }],
  );
}
