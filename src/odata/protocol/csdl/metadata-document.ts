import { createHash } from 'node:crypto';
import type {
  EntitySet,
  EntityType,
  Model,
  NavigationProperty,
  Property,
  Singleton,
  StructuredType,
} from '../edm/model.js';
import { valuesInOrder } from '../edm/enum-values.js';
import { Edm } from '../edm/primitive-types.js';
import type { EnumType } from '../edm/schema.js';
import { declaredTypeName, typeName } from '../edm/type-name.js';
import type { Operation, OperationType } from '../edm/model.js';
import type { SetFunction } from '../edm/set-functions.js';
import { type Annotation, annotations, record } from '../edm/annotation.js';
import { Capabilities } from './capabilities.js';
import { flatMetadata, hasMereBases } from './flatten-model.js';
import {
  type ImportElement,
  importElements,
  operationElement,
  type OperationElement,
  setFunctionElement,
} from './operation-elements.js';
import { withOwn } from './element-annotations.js';
import { containerName, facetsOf, facetsOfDefinition } from './own-members.js';
import type { ServiceDescription } from './service-description.js';

/** What a metadata document says, whatever its format: a model, and the annotations of what is in it. */
export interface MetadataDocument {
  readonly model: Model;
  readonly schemaVersion: string;
  readonly ofSchema: readonly Annotation[];
  readonly operations: readonly OperationElement[];
  readonly imports: readonly ImportElement[];
  readonly ofContainer: readonly Annotation[];
  readonly ofEntitySets: ReadonlyMap<string, readonly Annotation[]>;
  readonly ofSingletons: ReadonlyMap<string, readonly Annotation[]>;
  /** Annotations of what is reached through an entity set, by path inside the container. */
  readonly external: ReadonlyMap<string, readonly Annotation[]>;
}

function shapeOfEnum({ name, members, flags, values, underlying }: EnumType) {
  // What was there before there were others has the version that it had.
  const isPlain = values.join() === valuesInOrder(members, flags).join() && underlying === Edm.Int32;
  return [name, members, flags, ...(isPlain ? [] : [values, underlying.name])];
}

function shapeOfProperty(property: Property) {
  const { name, collection, nullable, facets, default: value } = property;
  // What was there before there were others has the version that it had.
  const more = value === undefined ? [] : [value];
  return [
    name,
    declaredTypeName(property),
    collection,
    nullable,
    Object.entries({ ...facetsOf(property), ...facets }),
    ...more,
  ];
}

/** What a navigation property says beside its type; nothing of most. */
function shapeOfRelation({ nullable, partner, onDelete, constraints }: Partial<NavigationProperty>) {
  const said = { partner, onDelete, constraints, ...(nullable === true ? {} : { nullable }) };
  const text = JSON.stringify(said);
  return text === '{}' ? [] : [text];
}

/** A part of a key; of one inside complex values its alias, and where it is. */
function keyShape({ keyPaths }: EntityType, part: string): string {
  const path = keyPaths?.get(part);
  return path === undefined ? part : `${part}=${path.join('/')}`;
}

function shapeOfType(type: StructuredType) {
  const { qualifiedName, kind, abstract, open, baseType, properties } = type;
  const navigation = [...(type.navigation?.values() ?? [])];
  return [
    [
      qualifiedName,
      kind,
      abstract,
      open,
      baseType?.qualifiedName ?? null,
      type.kind === 'entity' ? (type.declaredKey ?? type.key).map((part) => keyShape(type, part)) : [],
    ],
    [...properties.values()].map(shapeOfProperty),
    navigation.map(({ name, type: inner, collection, target, ...more }) => [
      name,
      inner.qualifiedName,
      collection,
      // What was there before there were others has the version that it had.
      ...(target === undefined ? [] : [target.name]),
      ...shapeOfRelation(more),
    ]),
    ...(type.kind === 'entity' && type.streams !== undefined
      ? [[...type.streams.values()].map(({ name, accepts, maxLength }) => [name, accepts ?? null, maxLength ?? null])]
      : []),
  ];
}

function shapeOfOperation({ kind, qualifiedName, binding, parameters, optional, result, composable }: Operation) {
  const typeOf = (one: OperationType | undefined) => one && [typeName(one.type), one.collection];
  const names = [...optional];
  return [kind, qualifiedName, typeOf(binding), shapeOfType(parameters), names, typeOf(result), composable];
}

/**
 * The version of a model (Core.SchemaVersion): another one for another shape, the same for another wording. Nobody has to
 * remember to count it up.
 */
export function schemaVersionOf(model: Model, functions: readonly SetFunction[] = []): string {
  const shape = [
    [...model.enumTypes.values()].map(shapeOfEnum),
    ...[...model.typeDefinitions.values()].map(({ name, underlying, ...more }) => [
      name,
      underlying.name,
      Object.entries(facetsOfDefinition({ name, underlying, ...more })),
    ]),
    [...model.complexTypes.values(), ...model.entityTypes.values()].map(shapeOfType),
    [...model.entitySets.values(), ...model.singletons.values()].map(({ name, type }) => [name, type.qualifiedName]),
    ...functions.map(({ name }) => name),
    ...model.operations.all.map(shapeOfOperation),
  ];
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 12);
}

/** Gathers what the metadata document of a service says. */
export function describeMetadata(model: Model, service: ServiceDescription): MetadataDocument {
  const capabilities = new Capabilities(model, service);
  const byName = <T extends EntitySet | Singleton>(items: Iterable<T>, describe: (item: T) => readonly Annotation[]) =>
    new Map([...items].map((item) => [item.name, describe(item)]));
  const { functions } = service;
  const { all: operations } = model.operations;
  const schemaVersion = schemaVersionOf(model, functions);
  const bound = new Set([...model.entitySets.values()].map(({ type }) => type));
  return {
    model,
    schemaVersion,
    operations: [
      ...functions.flatMap((one) => [...bound].map((type) => setFunctionElement(one, type))),
      ...operations.map((one) => operationElement(one, service)),
    ],
    imports: importElements(model.operations.imports),
    ofSchema: withOwn(
      model.namespace,
      annotations({
        // URL Conventions 4.5: functions are called without their namespace too.
        'Core.DefaultNamespace': functions.length + operations.length > 0 ? true : undefined,
        'Core.SchemaVersion': schemaVersion,
        'Core.Description': model.description,
        'Core.LongDescription': model.longDescription,
        // Whoever opens the document because a tool cannot read its base types finds here the one that it can read.
        'Core.Links': hasMereBases(model) ? [record({ rel: 'alternate', href: flatMetadata })] : undefined,
      }),
      model.annotations,
    ),
    ofContainer: withOwn(containerName, capabilities.ofContainer(), model.containerAnnotations),
    ofEntitySets: byName(model.entitySets.values(), (set) =>
      withOwn(set.name, capabilities.ofEntitySet(set), set.annotations),
    ),
    ofSingletons: byName(model.singletons.values(), (singleton) =>
      withOwn(singleton.name, capabilities.ofSingleton(singleton), singleton.annotations),
    ),
    external: capabilities.external(),
  };
}
