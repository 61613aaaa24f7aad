import type { EntitySet, Model, NavigationProperty, Property, Singleton, StructuredType } from '../edm/model.js';
import type { EnumType } from '../edm/schema.js';
import type { JsonObject } from '../json/json-value.js';
import type { ODataVersion } from '../versions.js';
import {
  containerName,
  facetsOf,
  limitsOf,
  memberValue,
  ownKey,
  ownNavigation,
  ownProperties,
  validation,
} from './own-members.js';

function property(declared: Property): JsonObject {
  const { type, collection, nullable } = declared;
  const { maxLength, precision } = facetsOf(declared);
  const name = type.kind === 'primitive' ? type.name : type.qualifiedName;
  const limits = limitsOf(declared).map(([term, limit]) => [`@${validation.alias}.${term}`, limit] as const);
  // CSDL JSON 7: Edm.String, false and a variable scale are what absence means.
  return {
    ...(name === 'Edm.String' ? {} : { $Type: name }),
    ...(collection ? { $Collection: true } : {}),
    ...(nullable ? { $Nullable: true } : {}),
    ...(maxLength === undefined ? {} : { $MaxLength: maxLength }),
    ...(precision === undefined ? {} : { $Precision: precision }),
    ...Object.fromEntries(limits),
  };
}

function navigation({ type, collection }: NavigationProperty): JsonObject {
  return {
    $Kind: 'NavigationProperty',
    $Type: type.qualifiedName,
    ...(collection ? { $Collection: true } : { $Nullable: true }),
    $ContainsTarget: true,
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
    ...Object.fromEntries([...properties, ...navigations]),
  };
}

function enumeration({ members, flags }: EnumType): JsonObject {
  const values = members.map((member, at) => [member, memberValue(flags, at)] as const);
  return { $Kind: 'EnumType', ...(flags ? { $IsFlags: true } : {}), ...Object.fromEntries(values) };
}

function entitySet({ type }: EntitySet): JsonObject {
  return { $Collection: true, $Type: type.qualifiedName };
}

function singleton({ type }: Singleton): JsonObject {
  return { $Type: type.qualifiedName };
}

/** The model as a CSDL JSON document (OData CSDL JSON 4.01, 3). */
export function csdlJson(model: Model, version: ODataVersion): JsonObject {
  const named = <T extends { readonly name: string }>(items: ReadonlyMap<string, T>, write: (item: T) => JsonObject) =>
    Object.fromEntries([...items.values()].map((item) => [item.name, write(item)]));
  return {
    $Version: version,
    $EntityContainer: `${model.namespace}.${containerName}`,
    $Reference: {
      [`${validation.uri}.json`]: { $Include: [{ $Namespace: validation.namespace, $Alias: validation.alias }] },
    },
    [model.namespace]: {
      ...named(model.enumTypes, enumeration),
      ...named(model.complexTypes, structured),
      ...named(model.entityTypes, structured),
      [containerName]: {
        $Kind: 'EntityContainer',
        ...named(model.entitySets, entitySet),
        ...named(model.singletons, singleton),
      },
    },
  };
}
