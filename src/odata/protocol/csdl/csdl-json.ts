import { keyPath } from '../edm/key-parts.js';
import type { EntitySet, EntityType, NavigationProperty, Property, Singleton, StructuredType } from '../edm/model.js';
import type { ReferentialConstraint, Term } from '../edm/model.js';
import { declaredTypeName } from '../edm/type-name.js';
import type { EnumType, TypeDefinition } from '../edm/schema.js';
import type { StreamProperty } from '../edm/model.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import type { ODataVersion } from '../versions.js';
import type { Annotation, AnnotationValue, QualifiedByAlias } from '../edm/annotation.js';
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
import { knownVocabularies, vocabularies } from '../edm/vocabularies.js';

/** The type of a record by the document that declares it, where it is not this one (OData JSON Format 4.01, 4.5.3). */
function typeUrl(type: QualifiedByAlias): string {
  const [alias = '', name = ''] = type.split('.');
  const found = knownVocabularies.find((one) => one.alias === alias);
  return found === undefined ? `#${type}` : `${found.url}.json#${found.namespace}.${name}`;
}

/** The value of an annotation (OData CSDL JSON 4.01, 14.3 and 14.4). */
function valueOf(value: AnnotationValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (!('kind' in value)) return value.map(valueOf);
  switch (value.kind) {
    case 'member':
      return value.members.join(',');
    case 'constant':
      return numeric.has(value.type) ? Number(value.text) : value.text;
    case 'Path':
      return { $Path: value.path };
    case 'AnnotationPath':
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
  return Object.fromEntries(
    annotations.map(({ term, qualifier, value }) => {
      const name = qualifier === undefined ? term : `${term}#${qualifier}`;
      return [`${target}@${name}`, valueOf(value)];
    }),
  );
}

const numeric: ReadonlySet<string> = new Set(['Decimal', 'Float', 'Int']);

/** Facets (OData CSDL JSON 4.01, 7.2): a variable scale is what absence means. */
function facetMembers({ maxLength, precision, scale, unicode, srid }: CsdlFacets): JsonObject {
  return {
    ...(maxLength === undefined ? {} : { $MaxLength: maxLength }),
    ...(precision === undefined ? {} : { $Precision: precision }),
    ...(typeof scale === 'number' ? { $Scale: scale } : {}),
    ...(unicode === undefined ? {} : { $Unicode: unicode }),
    ...(srid === undefined ? {} : { $SRID: String(srid) }),
  };
}

function property(declared: Property): JsonObject {
  const { collection, nullable } = declared;
  const value = defaultText(declared);
  const name = declaredTypeName(declared);
  // CSDL JSON 7: Edm.String, false and a variable scale are what absence means.
  return {
    ...(name === 'Edm.String' ? {} : { $Type: name }),
    ...(collection ? { $Collection: true } : {}),
    ...(nullable ? { $Nullable: true } : {}),
    ...facetMembers(facetsOf(declared)),
    ...(value === undefined ? {} : { $DefaultValue: value }),
    ...annotate(annotationsOfProperty(declared)),
  };
}

/** A part of a key, one inside complex values by its alias (OData CSDL JSON 4.01, 6.5). */
function keyReference(type: EntityType, part: string): JsonValue {
  const path = type.keyPaths?.get(part);
  return path === undefined ? part : { [part]: path.join('/') };
}

function tied(type: EntityType, constraints: readonly ReferentialConstraint[]): JsonObject {
  return Object.fromEntries(
    constraints.map(({ dependent, principal }) => [dependent, keyPath(type, principal).join('/')]),
  );
}

function stream(declared: StreamProperty): JsonObject {
  const { maxLength } = declared;
  return {
    $Type: 'Edm.Stream',
    $Nullable: true,
    ...(maxLength === undefined ? {} : { $MaxLength: maxLength }),
    ...annotate(annotationsOfStream(declared)),
  };
}

function navigation(declared: NavigationProperty): JsonObject {
  const { type, collection, containsTarget, nullable, partner, constraints, onDelete } = declared;
  return {
    $Kind: 'NavigationProperty',
    $Type: type.qualifiedName,
    ...(collection ? { $Collection: true } : {}),
    ...(nullable && !collection ? { $Nullable: true } : {}),
    ...(partner === undefined ? {} : { $Partner: partner }),
    ...(containsTarget ? { $ContainsTarget: true } : {}),
    ...(constraints === undefined ? {} : { $ReferentialConstraint: tied(type, constraints) }),
    ...(onDelete === undefined ? {} : { $OnDelete: onDeleteAction[onDelete] }),
    ...annotate(annotationsOf(declared)),
  };
}

function structured(type: StructuredType): JsonObject {
  const key = type.kind === 'entity' ? ownKey(type) : [];
  const properties = ownProperties(type).map((own) => [own.name, property(own)] as const);
  const streams = ownStreams(type).map((own) => [own.name, stream(own)] as const);
  const navigations = ownNavigation(type).map((own) => [own.name, navigation(own)] as const);
  return {
    $Kind: type.kind === 'entity' ? 'EntityType' : 'ComplexType',
    ...(type.baseType === undefined ? {} : { $BaseType: type.baseType.qualifiedName }),
    ...(type.abstract ? { $Abstract: true } : {}),
    ...(type.open && type.baseType?.open !== true ? { $OpenType: true } : {}),
    ...(ownMedia(type) === undefined ? {} : { $HasStream: true }),
    ...(key.length === 0 ? {} : { $Key: key.map((part) => keyReference(type as EntityType, part)) }),
    ...annotate(annotationsOf(type)),
    ...Object.fromEntries([...properties, ...streams, ...navigations]),
  };
}

function enumeration(type: EnumType): JsonObject {
  const { members, flags, values: numbers } = type;
  const underlying = underlyingTypeOf(type);
  const values = members.map((member, at) => ({
    [member]: numbers[at] ?? at,
    ...annotate(annotationsOfMember(type, member), member),
  }));
  const head = {
    $Kind: 'EnumType',
    ...(underlying === undefined ? {} : { $UnderlyingType: underlying }),
    ...(flags ? { $IsFlags: true } : {}),
    ...annotate(annotationsOf(type)),
  };
  return Object.assign(head, ...values) as JsonObject;
}

/** OData CSDL JSON 4.01, 11. */
function definition(type: TypeDefinition): JsonObject {
  return {
    $Kind: 'TypeDefinition',
    $UnderlyingType: type.underlying.name,
    ...facetMembers(facetsOfDefinition(type)),
    ...annotate(annotationsOf(type)),
  };
}

/** A term (OData CSDL JSON 4.01, 14.1): its type as that of a property. */
function term(one: Term): JsonObject {
  return {
    $Kind: 'Term',
    ...property(one.property),
    ...(one.appliesTo.length === 0 ? {} : { $AppliesTo: [...one.appliesTo] }),
  };
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

function container({ model, imports, ofContainer, ofEntitySets, ofSingletons }: MetadataDocument): JsonObject {
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
    ...Object.fromEntries(imports.map((one) => [one.name, imported(one)])),
  };
}

/** The type of a parameter or a result, and what it says of itself (OData CSDL JSON 4.01, 12.8 and 12.9). */
function typed({ type, collection, nullable, facets, annotations }: TypedElement): JsonObject {
  return {
    ...(type === 'Edm.String' ? {} : { $Type: type }),
    ...(collection ? { $Collection: true } : {}),
    ...(nullable ? { $Nullable: true } : {}),
    ...facetMembers(facets),
    ...annotate(annotations),
  };
}

function overload({ kind, isBound, entitySetPath, isComposable, parameters, returns, annotations }: OperationElement) {
  const list = parameters.map((one) => ({ $Name: one.name, ...typed(one) }));
  return {
    $Kind: kind,
    ...(isBound ? { $IsBound: true } : {}),
    ...(entitySetPath === undefined ? {} : { $EntitySetPath: entitySetPath }),
    ...(isComposable ? { $IsComposable: true } : {}),
    ...(list.length === 0 ? {} : { $Parameter: list }),
    ...(returns === undefined ? {} : { $ReturnType: typed(returns) }),
    ...annotate(annotations),
  };
}

/** The overloads of actions and functions by name (OData CSDL JSON 4.01, 12.2 and 12.4). */
function operations(all: readonly OperationElement[]): JsonObject {
  const names = [...new Set(all.map(({ name }) => name))];
  return Object.fromEntries(names.map((name) => [name, all.filter((one) => one.name === name).map(overload)] as const));
}

function imported({ kind, operation, entitySet, isInServiceDocument, annotations }: ImportElement): JsonObject {
  return {
    [`$${kind}`]: operation,
    ...(entitySet === undefined ? {} : { $EntitySet: entitySet }),
    ...(isInServiceDocument ? { $IncludeInServiceDocument: true } : {}),
    ...annotate(annotations),
  };
}

/** A metadata document as CSDL JSON (OData CSDL JSON 4.01, 4). */
export function csdlJson(document: MetadataDocument, version: ODataVersion): JsonObject {
  const { model, ofSchema, external } = document;
  const references = [...vocabularies, ...(model.vocabularies ?? [])].map(({ alias, namespace, url }) => [
    `${url}.json`,
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
      ...named(model.typeDefinitions, definition),
      ...named(model.terms, term),
      ...named(model.complexTypes, structured),
      ...named(model.entityTypes, structured),
      ...operations(document.operations),
      [containerName]: container(document),
      ...(targets.length === 0 ? {} : { $Annotations: Object.fromEntries(targets) as JsonObject }),
    },
  };
}
