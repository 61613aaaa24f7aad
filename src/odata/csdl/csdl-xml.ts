import type { EntitySet, Model, NavigationProperty, Property, Singleton, StructuredType } from '../edm/model.js';
import type { EnumType } from '../edm/schema.js';
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

function typeName(name: string, collection: boolean): string {
  return collection ? `Collection(${name})` : name;
}

function nameOf({ type }: Property): string {
  return type.kind === 'primitive' ? type.name : type.qualifiedName;
}

function property(declared: Property): string {
  const { name, collection, nullable } = declared;
  const { maxLength, precision, scale } = facetsOf(declared);
  const limits = limitsOf(declared).map(([term, limit]) => {
    const constant = Number.isInteger(limit) ? { Int: limit } : { Decimal: limit };
    return element('Annotation', { Term: `${validation.alias}.${term}`, ...constant });
  });
  const attributes = {
    Name: name,
    Type: typeName(nameOf(declared), collection),
    // 7.2.1: true where it is absent; of the items of a collection it is always said.
    Nullable: nullable && !collection ? undefined : nullable,
    MaxLength: maxLength,
    Precision: precision,
    Scale: scale,
  };
  return element('Property', attributes, limits);
}

function navigation({ name, type, collection }: NavigationProperty): string {
  const target = typeName(type.qualifiedName, collection);
  return element('NavigationProperty', { Name: name, Type: target, ContainsTarget: true });
}

function structured(type: StructuredType): string {
  const attributes = {
    Name: type.name,
    BaseType: type.baseType?.qualifiedName,
    Abstract: type.abstract ? true : undefined,
    OpenType: type.open && type.baseType?.open !== true ? true : undefined,
  };
  const properties = ownProperties(type).map(property);
  if (type.kind === 'complex') return element('ComplexType', attributes, properties);
  const key = ownKey(type).map((name) => element('PropertyRef', { Name: name }));
  const keys = key.length === 0 ? [] : [element('Key', {}, key)];
  return element('EntityType', attributes, [...keys, ...properties, ...ownNavigation(type).map(navigation)]);
}

function enumeration({ name, members, flags }: EnumType): string {
  const written = members.map((member, at) => element('Member', { Name: member, Value: memberValue(flags, at) }));
  return element('EnumType', { Name: name, IsFlags: flags ? true : undefined }, written);
}

function entitySet({ name, type }: EntitySet): string {
  return element('EntitySet', { Name: name, EntityType: type.qualifiedName });
}

function singleton({ name, type }: Singleton): string {
  return element('Singleton', { Name: name, Type: type.qualifiedName });
}

/** The model as a CSDL XML document (OData CSDL XML 4.01, 3). */
export function csdlXml(model: Model, version: ODataVersion): string {
  const container = element('EntityContainer', { Name: containerName }, [
    ...[...model.entitySets.values()].map(entitySet),
    ...[...model.singletons.values()].map(singleton),
  ]);
  const content = [
    ...[...model.enumTypes.values()].map(enumeration),
    ...[...model.complexTypes.values()].map(structured),
    ...[...model.entityTypes.values()].map(structured),
    container,
  ];
  const namespaces = { xmlns: 'http://docs.oasis-open.org/odata/ns/edm', Namespace: model.namespace };
  const include = element('edmx:Include', { Namespace: validation.namespace, Alias: validation.alias });
  const document = element(
    'edmx:Edmx',
    { 'xmlns:edmx': 'http://docs.oasis-open.org/odata/ns/edmx', Version: version },
    [
      element('edmx:Reference', { Uri: `${validation.uri}.xml` }, [include]),
      element('edmx:DataServices', {}, [element('Schema', namespaces, content)]),
    ],
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${document}`;
}
