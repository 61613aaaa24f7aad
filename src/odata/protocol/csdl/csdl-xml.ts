import { keyPath } from '../edm/key-parts.js';
import type { EntitySet, EntityType, NavigationProperty, Property, Singleton, StructuredType } from '../edm/model.js';
import type { StreamProperty, Term } from '../edm/model.js';
import type { EnumType, TypeDefinition } from '../edm/schema.js';
import { declaredTypeName, typeName } from '../edm/type-name.js';
import type { ODataVersion } from '../versions.js';
import type { Annotation, AnnotationValue } from '../edm/annotation.js';
import {
  annotationsOf,
  annotationsOfMember,
  annotationsOfProperty,
  annotationsOfStream,
} from './element-annotations.js';
import type { MetadataDocument } from './metadata-document.js';
import { navigationBindings } from './navigation-bindings.js';
import type { ImportElement, OperationElement, TypedElement } from './operation-elements.js';
import {
  containerName,
  type CsdlFacets,
  defaultText,
  facetsOf,
  facetsOfDefinition,
  onDeleteAction,
  ownKey,
  ownMedia,
  ownNavigation,
  ownProperties,
  ownStreams,
  underlyingTypeOf,
} from './own-members.js';
import { vocabularies } from '../edm/vocabularies.js';

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? character);
}

function element(name: string, attributes: Attributes, content: readonly string[] = []): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([attribute, value]) => ` ${attribute}="${escape(String(value))}"`);
  const start = `<${name}${written.join('')}`;
  return content.length === 0 ? `${start}/>` : `${start}>${content.join('')}</${name}>`;
}

/** A constant expression: the name of its attribute or element, and its text (OData CSDL XML 4.01, 14.3). */
function constantOf(value: AnnotationValue): readonly [kind: string, text: string] | undefined {
  if (typeof value === 'string') return ['String', value];
  if (typeof value === 'boolean') return ['Bool', String(value)];
  if (typeof value === 'number') return [Number.isInteger(value) ? 'Int' : 'Decimal', String(value)];
  if (value === null || !('kind' in value) || value.kind === 'record') return undefined;
  if (value.kind === 'constant') return [value.type, value.text];
  if (value.kind !== 'member') return [value.kind, value.path];
  return ['EnumMember', value.members.map((member) => `${value.type}/${member}`).join(' ')];
}

/** An expression as an element, as it stands in collections (14.4). */
function expression(value: AnnotationValue): string {
  const constant = constantOf(value);
  if (constant !== undefined) return `<${constant[0]}>${escape(constant[1])}</${constant[0]}>`;
  if (value === null) return element('Null', {});
  if (typeof value !== 'object' || !('kind' in value)) {
    return element('Collection', {}, (value as readonly AnnotationValue[]).map(expression));
  }
  if (value.kind !== 'record') return '';
  // 14.4.12: a member that is itself annotated, or an annotation of the record.
  const members = Object.entries(value.values).map(([name, inner]) => {
    const [term, qualifier] = name.startsWith('@') ? name.slice(1).split('#') : [];
    if (term === undefined) return valued('PropertyValue', { Property: name }, inner);
    return valued('Annotation', { Term: term, Qualifier: qualifier }, inner);
  });
  return element('Record', { Type: value.type }, members);
}

/** An element that has a value: a constant in an attribute, everything else inside. */
function valued(name: string, attributes: Attributes, value: AnnotationValue): string {
  const constant = constantOf(value);
  if (constant === undefined) return element(name, attributes, [expression(value)]);
  return element(name, { ...attributes, [constant[0]]: constant[1] });
}

function annotate(annotations: readonly Annotation[]): readonly string[] {
  return annotations.map(({ term, qualifier, value }) =>
    valued('Annotation', { Term: term, Qualifier: qualifier }, value),
  );
}

function facetAttributes({ maxLength, precision, scale, unicode, srid }: CsdlFacets): Attributes {
  return { MaxLength: maxLength, Precision: precision, Scale: scale, Unicode: unicode, SRID: srid };
}

/** What properties and terms say of their type. */
function typeAttributes(declared: Property): Attributes {
  const { name, collection, nullable } = declared;
  return {
    Name: name,
    Type: declaredTypeName(declared, collection),
    // 7.2.1: true where it is absent; of the items of a collection it is always said.
    Nullable: nullable && !collection ? undefined : nullable,
    ...facetAttributes(facetsOf(declared)),
    DefaultValue: defaultText(declared),
  };
}

function property(declared: Property): string {
  return element('Property', typeAttributes(declared), annotate(annotationsOfProperty(declared)));
}

/** OData CSDL XML 4.01, 14.1. */
function term({ property: declared, appliesTo }: Term): string {
  const attributes = {
    ...typeAttributes(declared),
    AppliesTo: appliesTo.length === 0 ? undefined : appliesTo.join(' '),
  };
  return element('Term', attributes, annotate(annotationsOfProperty(declared)));
}

function stream(declared: StreamProperty): string {
  const { name, maxLength } = declared;
  const attributes = { Name: name, Type: 'Edm.Stream', MaxLength: maxLength };
  return element('Property', attributes, annotate(annotationsOfStream(declared)));
}

function navigation(declared: NavigationProperty): string {
  const { name, type, collection, containsTarget, nullable, partner, constraints = [], onDelete } = declared;
  const attributes = {
    Name: name,
    Type: typeName(type, collection),
    Nullable: nullable ? undefined : false,
    Partner: partner,
    ContainsTarget: containsTarget ? true : undefined,
  };
  const ties = constraints.map(({ dependent, principal }) =>
    element('ReferentialConstraint', { Property: dependent, ReferencedProperty: keyPath(type, principal).join('/') }),
  );
  const action = onDelete === undefined ? [] : [element('OnDelete', { Action: onDeleteAction[onDelete] })];
  return element('NavigationProperty', attributes, [...ties, ...action, ...annotate(annotationsOf(declared))]);
}

function structured(type: StructuredType): string {
  const attributes = {
    Name: type.name,
    BaseType: type.baseType?.qualifiedName,
    Abstract: type.abstract ? true : undefined,
    OpenType: type.open && type.baseType?.open !== true ? true : undefined,
    HasStream: ownMedia(type) === undefined ? undefined : true,
  };
  const properties = [...ownProperties(type).map(property), ...ownStreams(type).map(stream)];
  const annotations = annotate(annotationsOf(type));
  const navigations = ownNavigation(type).map(navigation);
  if (type.kind === 'complex')
    return element('ComplexType', attributes, [...properties, ...navigations, ...annotations]);
  const key = ownKey(type).map((part) => {
    const path = type.keyPaths?.get(part);
    return element('PropertyRef', path === undefined ? { Name: part } : { Name: path.join('/'), Alias: part });
  });
  const keys = key.length === 0 ? [] : [element('Key', {}, key)];
  return element('EntityType', attributes, [...keys, ...properties, ...navigations, ...annotations]);
}

function enumeration(type: EnumType): string {
  const { name, members, flags, values } = type;
  const written = members.map((member, at) =>
    element('Member', { Name: member, Value: values[at] }, annotate(annotationsOfMember(type, member))),
  );
  const annotations = annotate(annotationsOf(type));
  const attributes = { Name: name, UnderlyingType: underlyingTypeOf(type), IsFlags: flags ? true : undefined };
  return element('EnumType', attributes, [...written, ...annotations]);
}

function definition(type: TypeDefinition): string {
  const attributes = { Name: type.name, UnderlyingType: type.underlying.name };
  const facets = facetAttributes(facetsOfDefinition(type));
  return element('TypeDefinition', { ...attributes, ...facets }, annotate(annotationsOf(type)));
}

function bindings(type: EntityType): readonly string[] {
  return navigationBindings(type).map(({ path, target }) =>
    element('NavigationPropertyBinding', { Path: path, Target: target }),
  );
}

function container({ model, imports, ofContainer, ofEntitySets, ofSingletons }: MetadataDocument): string {
  const sets = [...model.entitySets.values()].map(({ name, type }: EntitySet) =>
    element('EntitySet', { Name: name, EntityType: type.qualifiedName }, [
      ...bindings(type),
      ...annotate(ofEntitySets.get(name) ?? []),
    ]),
  );
  const singletons = [...model.singletons.values()].map(({ name, type }: Singleton) =>
    element('Singleton', { Name: name, Type: type.qualifiedName }, [
      ...bindings(type),
      ...annotate(ofSingletons.get(name) ?? []),
    ]),
  );
  const content = [...sets, ...singletons, ...imports.map(imported), ...annotate(ofContainer)];
  return element('EntityContainer', { Name: containerName }, content);
}

/** A parameter, or what an operation gives (OData CSDL XML 4.01, 12.8 and 12.9). */
function typed(
  element_: 'Parameter' | 'ReturnType',
  { name, type, collection, nullable, ...more }: TypedElement,
): string {
  const attributes = {
    Name: name === '' ? undefined : name,
    Type: collection ? `Collection(${type})` : type,
    Nullable: nullable && !collection ? undefined : nullable,
    ...facetAttributes(more.facets),
  };
  return element(element_, attributes, annotate(more.annotations));
}

/** An overload of an action or function (OData CSDL XML 4.01, 12.1 and 12.3). */
function operation({ kind, name, isBound, entitySetPath, isComposable, ...more }: OperationElement): string {
  const attributes = {
    Name: name,
    IsBound: isBound || undefined,
    EntitySetPath: entitySetPath,
    IsComposable: isComposable || undefined,
  };
  return element(kind, attributes, [
    ...more.parameters.map((one) => typed('Parameter', one)),
    ...(more.returns === undefined ? [] : [typed('ReturnType', more.returns)]),
    ...annotate(more.annotations),
  ]);
}

function imported({
  kind,
  name,
  operation: called,
  entitySet,
  isInServiceDocument,
  annotations,
}: ImportElement): string {
  const attributes = {
    Name: name,
    [kind]: called,
    EntitySet: entitySet,
    IncludeInServiceDocument: isInServiceDocument || undefined,
  };
  return element(`${kind}Import`, attributes, annotate(annotations));
}

/** A metadata document as CSDL XML (OData CSDL XML 4.01, 4). */
export function csdlXml(document: MetadataDocument, version: ODataVersion): string {
  const { model, ofSchema, external } = document;
  const targets = [...external].map(([path, annotations]) =>
    element('Annotations', { Target: `${model.namespace}.${containerName}/${path}` }, annotate(annotations)),
  );
  const content = [
    ...[...model.enumTypes.values()].map(enumeration),
    ...[...model.typeDefinitions.values()].map(definition),
    ...[...model.terms.values()].map(term),
    ...[...model.complexTypes.values()].map(structured),
    ...[...model.entityTypes.values()].map(structured),
    ...document.operations.map(operation),
    container(document),
    ...targets,
    ...annotate(ofSchema),
  ];
  const references = [...vocabularies, ...(model.vocabularies ?? [])].map(({ alias, namespace, url }) =>
    element('edmx:Reference', { Uri: `${url}.xml` }, [element('edmx:Include', { Namespace: namespace, Alias: alias })]),
  );
  const schema = element(
    'Schema',
    { xmlns: 'http://docs.oasis-open.org/odata/ns/edm', Namespace: model.namespace },
    content,
  );
  const root = { 'xmlns:edmx': 'http://docs.oasis-open.org/odata/ns/edmx', Version: version };
  const edmx = element('edmx:Edmx', root, [...references, element('edmx:DataServices', {}, [schema])]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${edmx}`;
}
