import { createHash } from 'node:crypto';
import type { EntitySet, EntityType, Model, Property, Singleton, StructuredType } from '../edm/model.js';
import type { SetFunction } from '../edm/set-functions.js';
import { type Annotation, annotations, record } from './annotation.js';
import { Capabilities } from './capabilities.js';
import { flatMetadata, hasMereBases } from './flatten-model.js';
import { facetsOf } from './own-members.js';
import type { ServiceDescription } from './service-description.js';

/** A function, bound to a collection of entities of a type, that gives such a collection. */
export interface BoundFunction {
  readonly name: string;
  readonly type: EntityType;
  readonly annotations: readonly Annotation[];
}

/** What a metadata document says, whatever its format: a model, and the annotations of what is in it. */
export interface MetadataDocument {
  readonly model: Model;
  readonly schemaVersion: string;
  readonly ofSchema: readonly Annotation[];
  readonly functions: readonly BoundFunction[];
  readonly ofContainer: readonly Annotation[];
  readonly ofEntitySets: ReadonlyMap<string, readonly Annotation[]>;
  readonly ofSingletons: ReadonlyMap<string, readonly Annotation[]>;
  /** Annotations of what is reached through an entity set, by path inside the container. */
  readonly external: ReadonlyMap<string, readonly Annotation[]>;
}

function shapeOfProperty(property: Property) {
  const { name, type, collection, nullable, facets } = property;
  const typeName = type.kind === 'primitive' ? type.name : type.qualifiedName;
  return [name, typeName, collection, nullable, Object.entries({ ...facetsOf(property), ...facets })];
}

function shapeOfType(type: StructuredType) {
  const { qualifiedName, kind, abstract, open, baseType, properties } = type;
  const navigation = type.kind === 'entity' ? [...type.navigation.values()] : [];
  return [
    [qualifiedName, kind, abstract, open, baseType?.qualifiedName ?? null, type.kind === 'entity' ? type.key : []],
    [...properties.values()].map(shapeOfProperty),
    navigation.map(({ name, type: inner, collection, target }) => [
      name,
      inner.qualifiedName,
      collection,
      // What was there before there were others has the version that it had.
      ...(target === undefined ? [] : [target.name]),
    ]),
  ];
}

/**
 * The version of a model (Core.SchemaVersion): another one for another shape, the same for another wording. Nobody has to
 * remember to count it up.
 */
export function schemaVersionOf(model: Model, functions: readonly SetFunction[] = []): string {
  const shape = [
    [...model.enumTypes.values()].map(({ name, members, flags }) => [name, members, flags]),
    [...model.complexTypes.values(), ...model.entityTypes.values()].map(shapeOfType),
    [...model.entitySets.values(), ...model.singletons.values()].map(({ name, type }) => [name, type.qualifiedName]),
    ...functions.map(({ name }) => name),
  ];
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 12);
}

/** Gathers what the metadata document of a service says. */
export function describeMetadata(model: Model, service: ServiceDescription): MetadataDocument {
  const capabilities = new Capabilities(model, service);
  const byName = <T extends EntitySet | Singleton>(items: Iterable<T>, describe: (item: T) => readonly Annotation[]) =>
    new Map([...items].map((item) => [item.name, describe(item)]));
  const { functions } = service;
  const schemaVersion = schemaVersionOf(model, functions);
  const bound = new Set([...model.entitySets.values()].map(({ type }) => type));
  return {
    model,
    schemaVersion,
    functions: functions.flatMap(({ name, description }) =>
      [...bound].map((type) => ({ name, type, annotations: annotations({ 'Core.Description': description }) })),
    ),
    ofSchema: annotations({
      // URL Conventions 4.7: functions are called without their namespace too.
      'Core.DefaultNamespace': functions.length > 0 ? true : undefined,
      'Core.SchemaVersion': schemaVersion,
      'Core.Description': model.description,
      'Core.LongDescription': model.longDescription,
      // Whoever opens the document because a tool cannot read its base types finds here the one that it can read.
      'Core.Links': hasMereBases(model) ? [record({ rel: 'alternate', href: flatMetadata })] : undefined,
    }),
    ofContainer: capabilities.ofContainer(),
    ofEntitySets: byName(model.entitySets.values(), (set) => capabilities.ofEntitySet(set)),
    ofSingletons: byName(model.singletons.values(), (singleton) => capabilities.ofSingleton(singleton)),
    external: capabilities.external(),
  };
}
