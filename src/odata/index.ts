/** What the engine offers to services: everything else in its folder is its own. */
export * from './model.js';
export * from './tools.js';
export { answerUpdate } from './http/answer-update.js';
export {
  Authenticated,
  Caller,
  ChangeOf,
  Describes,
  EntityKey,
  Exchange,
  type HandlerDescription,
  type PermissionKind,
  Public,
  Requires,
  Serves,
} from './http/decorators.js';
export { CallerGuard } from './http/caller-guard.js';
export { exchangeOf } from './http/exchange.js';
export { inheritedCaller, isPartOfBatch } from './http/inherited-caller.js';
export { JobRunner } from './jobs/job-runner.js';
export { ODataServer, type ServerOptions } from './http/odata-server.js';
export { ServiceMetadata } from './http/service-metadata.js';
export {
  ODataModule,
  type ODataModuleAsyncOptions,
  type ODataModuleOptions,
  type ODataOptionsFactory,
} from './odata.module.js';
export { forgetOldChanges } from './operations/change-retention.js';
export { type BoundValue, Call } from './operations/call.js';
export { Entities } from './operations/entities.js';
export type { EntityAddress } from './operations/entity-address.js';
export { EntityUpdates } from './operations/entity-updates.js';
export { LiveEntities, LiveEntity } from './operations/live-entities.js';
export { Handles } from './operations/operation-book.js';
export { entityQuery, noQuery, type QuerySupport } from './operations/query-support.js';
export {
  type Creation,
  type Deletion,
  type EntityChange,
  EntityRules,
  type Patch,
  type RuleEvent,
  RulesFor,
} from './operations/rules.js';
export type { Stored, TypedChange, UpdatedEntity } from './operations/typed-change.js';
export type { EntityResult, ODataResult } from './operations/results.js';
export type {
  AsynchronousOptions,
  BatchOptions,
  ChangeOptions,
  ODataOptions,
  Permissions,
  Seed,
  SetDescriptions,
  SetOperation,
  SetOptions,
} from './options.js';
export type { DomainErrorCode, ErrorCode } from './protocol/error-codes.js';
export { JsonNumber } from './protocol/json/json-value.js';
export { type Fault, ODataError } from './protocol/odata-error.js';
export { RecentlyUsed } from './protocol/recently-used.js';
