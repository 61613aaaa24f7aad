/** What a model is declared with: the decorators and types of DTO classes. */
export {
  Annotate,
  Collection,
  ComplexType,
  Computed,
  Contained,
  Default,
  EntityType,
  enumType,
  Immutable,
  Indexed,
  Key,
  Optional,
  Property,
  References,
  Searchable,
  term,
  type TermOptions,
  Stream,
  typeDefinition,
  type TypeOptions,
} from './protocol/edm/declarations.js';
export {
  type FunctionOptions,
  ODataAction,
  ODataFunction,
  type OperationOptions,
} from './protocol/edm/operation-declarations.js';
export { annotationPath, constant, members, navigationPath, path, propertyPath } from './protocol/edm/annotation.js';
export { InHierarchy } from './protocol/edm/hierarchies.js';
export type { Vocabulary } from './protocol/edm/vocabularies.js';
export { buildModel, entitySetOf, entityTypeOf } from './protocol/edm/build-model.js';
export type { EntitySet, Model, Singleton } from './protocol/edm/model.js';
export type { EntityType as EntityTypeOfModel, ComplexType as ComplexTypeOfModel } from './protocol/edm/model.js';
export { Edm } from './protocol/edm/primitive-types.js';
export type { StreamOfRules } from './protocol/payload/stored-stream.js';
export { type MemberOf, Schema, type StreamOptions, type TypeClass } from './protocol/edm/schema.js';
