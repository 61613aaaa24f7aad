import type { AnnotationRecord, AnnotationValue, Constant } from '../../edm/annotation.js';
import { annotationsOf, annotationsOfProperty } from '../../csdl/element-annotations.js';
import type { Model, NavigationProperty, Property, StructuredType } from '../../edm/model.js';
import { Edm, type PrimitiveType } from '../../edm/primitive-types.js';
import { knownVocabularies } from '../../edm/vocabularies.js';
import type { AnnotationSegment } from '../../uri/syntax-tree.js';
import { type BoundExpression, type Member, nothing, single } from '../bound.js';
import { isStructured } from '../value-types.js';

/** What is annotated: a value, or the property of another one. */
export interface Annotated {
  /** What an entity is, or has the property. */
  readonly owner: Member;
  readonly property: Property | NavigationProperty | undefined;
}

/** What is known of an annotation: where an entity carries it, and what the metadata says of all. */
export interface KnownAnnotation {
  readonly carried: Member | undefined;
  readonly constant: AnnotationValue | undefined;
  /** Its type, where the model declares the term. */
  readonly term: Property | undefined;
}

/** The name of a term as models have it: behind the alias of a vocabulary (OData CSDL 4.01, 14.1). */
export function termName(model: Model, { name, qualifier }: AnnotationSegment): string {
  const all = [...knownVocabularies, ...(model.vocabularies ?? [])];
  const vocabulary = all.find(({ namespace }) => name.startsWith(`${namespace}.`));
  const term = vocabulary === undefined ? name : `${vocabulary.alias}${name.slice(vocabulary.namespace.length)}`;
  return qualifier === undefined ? term : `${term}#${qualifier}`;
}

function typesOf(type: StructuredType): readonly StructuredType[] {
  return [type, ...type.derived];
}

/** The property that the store keeps the values of an annotation of entities as. */
function carriedBy(type: StructuredType, name: string): Property | undefined {
  const found = typesOf(type).map((one) => (one.kind === 'entity' ? one.carries?.get(name) : undefined));
  return found.find((one) => one !== undefined);
}

function constantOf({ owner, property }: Annotated, name: string): AnnotationValue | undefined {
  const { item } = owner.type;
  if (property === undefined && !isStructured(item)) return undefined;
  const all =
    property === undefined
      ? annotationsOf(item as StructuredType)
      : property.kind === 'property'
        ? annotationsOfProperty(property)
        : annotationsOf(property);
  const found = all.find(({ term, qualifier }) => (qualifier === undefined ? term : `${term}#${qualifier}`) === name);
  return found?.value;
}

/** What is known of an annotation of a value, or of a property. */
export function knownAnnotation(model: Model, about: Annotated, segment: AnnotationSegment): KnownAnnotation {
  const { owner, property } = about;
  const { item } = owner.type;
  const name = termName(model, segment);
  const member = `${property?.name ?? ''}@${name}`;
  const term = isStructured(item) ? carriedBy(item, member) : undefined;
  const type = term === undefined ? undefined : { item: term.type, collection: term.collection };
  return {
    carried: type && { kind: 'member', instance: owner.instance, path: [...owner.path, member], type },
    constant: constantOf(about, name),
    term: term ?? model.terms.get(name.slice(model.namespace.length + 1))?.property,
  };
}

function typeOfConstant({ type }: Constant): PrimitiveType {
  return type === 'Int' ? Edm.Int64 : type === 'Float' ? Edm.Double : Edm[type];
}

function isRecord(value: AnnotationValue): value is AnnotationRecord {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'record';
}

/** A primitive constant of the metadata, as text that its type reads; undefined of anything else. */
function primitive(value: AnnotationValue): { readonly type: PrimitiveType; readonly text: string } | undefined {
  switch (typeof value) {
    case 'string':
      return { type: Edm.String, text: value };
    case 'boolean':
      return { type: Edm.Boolean, text: String(value) };
    case 'number':
      return { type: Number.isSafeInteger(value) ? Edm.Int64 : Edm.Decimal, text: String(value) };
    default:
      if (value === null || !('kind' in value)) return undefined;
      if (value.kind === 'constant') return { type: typeOfConstant(value), text: value.text };
      // The enumeration types of vocabularies are none of the model: their members are known by name.
      return value.kind === 'member' ? { type: Edm.String, text: value.members.join(',') } : undefined;
  }
}

/**
 * What the metadata says, or a component of it, as a literal; null where it says nothing (5.1.1.16). Undefined where it is
 * no primitive constant.
 * @param names of the components
 */
export function literalOf(
  value: AnnotationValue | undefined,
  names: readonly string[],
  term: Property | undefined,
): BoundExpression | undefined {
  const [name, ...rest] = names;
  if (value === undefined || value === null) return nothing;
  if (name !== undefined) {
    if (!isRecord(value)) return undefined;
    const inner = term?.type.kind === 'complex' ? term.type.properties.get(name) : undefined;
    return literalOf(value.values[name], rest, inner);
  }
  const given = primitive(value);
  if (given === undefined) return undefined;
  const type = term?.type.kind === 'primitive' && !term.collection ? term.type : given.type;
  const parsed = type.parse(given.text);
  return parsed === undefined ? undefined : { kind: 'literal', value: parsed, type: single(type) };
}
