import type { EntitySet, EntityType, NavigationProperty, Property, Singleton, StructuredType } from '../edm/model.js';
import type { EnumType } from '../edm/schema.js';
import { bindingParameter } from '../edm/set-functions.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import type { ODataVersion } from '../versions.js';
import type { Annotation, AnnotationValue, QualifiedByAlias } from './annotation.js';
import { annotationsOf, annotationsOfMember, annotationsOfProperty } from './element-annotations.js';
import type { BoundFunction, MetadataDocument } from './metadata-document.js';
import { navigationBindings } from './navigation-bindings.js';
import { containerName, facetsOf, memberValue, ownKey, ownNavigation, ownProperties } from './own-members.js';
import { type Alias, vocabularies, vocabularyUrl } from './vocabularies.js';

const documentUrl = (namespace: string): string => `${vocabularyUrl(namespace)}.json`;

/** The type of a record by the document that declares it, which is not this one (OData JSON Format 4.01, 4.6.3). */
function typeUrl(type: QualifiedByAlias): string {
  const [alias = '', name = ''] = type.split('.');
  const namespace = vocabularies[alias as Alias];
  return `${documentUrl(namespace)}#${namespace}.${name}`;
}

/** The value of an annotation (OData CSDL JSON 4.01, 14.3 and 14.4). */
function valueOf(value: AnnotationValue): JsonValue {
  if (typeof value !== 'object') return value;
  if (!('kind' in value)) return value.map(valueOf);
  switch (value.kind) {
    case 'member':
      return value.members.join(',');
    case 'PropertyPath':
    case 'NavigationPropertyPath':
      return value.path;
    case 'record': {
      const members = Object.entries(value.values).map(([name, inner]) => [name, valueOf(inner)] as const);
      return { ...(value.type === undefined ? {} : { '@type': typeUrl(value.type) }), ...Object.fromEntries(members) };
    }
  }
}

/** Annotations as members of the object that they belong to, or beside the member that they belong to. */
function annotate(annotations: readonly Annotation[], target = ''): JsonObject {
  return Object.fromEntries(annotations.map(({ term, value }) => [`${target}@${term}`, valueOf(value)]));
}

function property(declared: Property): JsonObject {
  const { type, collection, nullable } = declared;
  const { maxLength, precision } = facetsOf(declared);
  const name = type.kind === 'primitive' ? type.name : type.qualifiedName;
  // CSDL JSON 7: Edm.String, false and a variable scale are what absence means.
  return {
    ...(name === 'Edm.String' ? {} : { $Type: name }),
    ...(collection ? { $Collection: true } : {}),
    ...(nullable ? { $Nullable: true } : {}),
    ...(maxLength === undefined ? {} : { $MaxLength: maxLength }),
    ...(precision === undefined ? {} : { $Precision: precision }),
    ...annotate(annotationsOfProperty(declared)),
  };
}

function navigation(declared: NavigationProperty): JsonObject {
  const { type, collection, containsTarget } = declared;
  return {
    $Kind: 'NavigationProperty',
    $Type: type.qualifiedName,
    ...(collection ? { $Collection: true } : { $Nullable: true }),
    ...(containsTarget ? { $ContainsTarget: true } : {}),
    ...annotate(annotationsOf(declared)),
  };
}

function structured(type: StructuredType): JsonObject {
  const key = type.kind === 'entity' ? ownKey(type) : [];
  const properties = ownProperties(type).map((own) => [own.name, property(own)] as const);
  const navigations =
    type.kind === 'entity' ? ownNavigation(type).map((own) => [own.name, navigation(own)] as const) : [];
  return {
    $Kind: type.kind === 'entity' ? 'EntityType' : 'ComplexType',
    ...(type.baseType === undefined ? {} : { $BaseType: type.baseType.qualifiedName }),
    ...(type.abstract ? { $Abstract: true } : {}),
    ...(type.open && type.baseType?.open !== true ? { $OpenType: true } : {}),
    ...(key.length === 0 ? {} : { $Key: [...key] }),
    ...annotate(annotationsOf(type)),
    ...Object.fromEntries([...properties, ...navigations]),
  };
}

function enumeration(type: EnumType): JsonObject {
  const { members, flags } = type;
  const values = members.map((member, at) => ({
    [member]: memberValue(flags, at),
    ...annotate(annotationsOfMember(type, member), member),
  }));
  const head = { $Kind: 'EnumType', ...(flags ? { $IsFlags: true } : {}), ...annotate(annotationsOf(type)) };
  return Object.assign(head, ...values) as JsonObject;
}

function named<T extends { readonly name: string }>(
  items: ReadonlyMap<string, T>,
  write: (item: T) => JsonObject,
): JsonObject {
  return Object.fromEntries([...items.values()].map((item) => [item.name, write(item)]));
}

function bindings(type: EntityType): JsonObject {
  const found = navigationBindings(type).map(({ path, target }) => [path, target] as const);
  return found.length === 0 ? {} : { $NavigationPropertyBinding: Object.fromEntries(found) };
}

function container({ model, ofContainer, ofEntitySets, ofSingletons }: MetadataDocument): JsonObject {
  return {
    $Kind: 'EntityContainer',
    ...annotate(ofContainer),
    ...named(model.entitySets, ({ name, type }: EntitySet) => ({
      $Collection: true,
      $Type: type.qualifiedName,
      ...bindings(type),
      ...annotate(ofEntitySets.get(name) ?? []),
    })),
    ...named(model.singletons, ({ name, type }: Singleton) => ({
      $Type: type.qualifiedName,
      ...bindings(type),
      ...annotate(ofSingletons.get(name) ?? []),
    })),
  };
}

/** The overloads of bound functions by name (OData CSDL JSON 4.01, 12.3 to 12.9). */
function boundFunctions(functions: readonly BoundFunction[]): JsonObject {
  const names = [...new Set(functions.map(({ name }) => name))];
  const overload = ({ type, annotations }: BoundFunction): JsonObject => ({
    $Kind: 'Function',
    $IsBound: true,
    $EntitySetPath: bindingParameter,
    $Parameter: [{ $Name: bindingParameter, $Collection: true, $Type: type.qualifiedName }],
    $ReturnType: { $Collection: true, $Type: type.qualifiedName },
    ...annotate(annotations),
  });
  return Object.fromEntries(
    names.map((name) => [name, functions.filter((one) => one.name === name).map(overload)] as const),
  );
}

/** A metadata document as CSDL JSON (OData CSDL JSON 4.01, 3). */
export function csdlJson(document: MetadataDocument, version: ODataVersion): JsonObject {
  const { model, ofSchema, external } = document;
  const references = Object.entries(vocabularies).map(([alias, namespace]) => [
    documentUrl(namespace),
    { $Include: [{ $Namespace: namespace, $Alias: alias }] },
  ]);
  const targets = [...external].map(([path, annotations]) => [
    `${model.namespace}.${containerName}/${path}`,
    annotate(annotations),
  ]);
  return {
    $Version: version,
    $EntityContainer: `${model.namespace}.${containerName}`,
    $Reference: Object.fromEntries(references) as JsonObject,
    [model.namespace]: {
      ...annotate(ofSchema),
      ...named(model.enumTypes, enumeration),
      ...named(model.complexTypes, structured),
      ...named(model.entityTypes, structured),
      ...boundFunctions(document.functions),
      [containerName]: container(document),
      ...(targets.length === 0 ? {} : { $Annotations: Object.fromEntries(targets) as JsonObject }),
    },
  };
}
