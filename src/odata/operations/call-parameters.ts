import type { JsonObject } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import type { LinkedEntity } from '../protocol/payload/change.js';
import { dtoOf } from '../protocol/payload/dto.js';
import { type Body, readNewEntity } from '../protocol/payload/read-body.js';
import type { BodyFormat } from '../protocol/payload/read-values.js';
import { argumentsJson } from '../protocol/query/argument-json.js';
import type { BoundCall } from '../protocol/query/bound.js';
import { implicitNames } from '../protocol/query/choose-overload.js';
import type { RequestContext } from '../protocol/query/request-context.js';
import { parseAliasValue } from '../protocol/uri/parse-options.js';
import type { NamedArgument, Query } from '../protocol/uri/syntax-tree.js';
import type { EntityRequest } from './entity-request.js';

/** The parameters of a call as a body would have them, read and tested. */
export interface CallParameters {
  /** As the class of the operation has them. */
  readonly values: object;
  /** In stored form. */
  readonly stored: JsonObject;
  /** The entities that they refer to. */
  readonly links: readonly LinkedEntity[];
}

/** The parameters that a function without parentheses has in query options. */
function implicit({ operation, node }: BoundCall, { aliases, custom }: RequestContext): readonly NamedArgument[] {
  return [...implicitNames([operation], { aliases, custom })].map((name) => {
    const value = aliases.get(name) ?? parseAliasValue(name, { text: custom?.get(name) ?? '', encoded: new Set() });
    return { ...node, kind: 'argument', name, value };
  });
}

/** A query without what says parameters of the call in it. */
export function withoutParameters({ operation, arguments: given }: BoundCall, query: Query): Query {
  const { custom, ...others } = query;
  if (custom === undefined || operation.kind === 'action' || given !== undefined) return query;
  const names = implicitNames([operation], { aliases: new Map(), custom });
  const left = [...custom].filter(([name]) => !names.has(name));
  return left.length === 0 ? others : { ...others, custom: new Map(left) };
}

/** An empty body says no parameters (OData 4.01 Protocol 11.5.5.1). */
function bodyOf(call: BoundCall, request: EntityRequest, context: RequestContext): Body {
  if (call.operation.kind === 'action') return request.hasBody ? request.body : { value: {}, duplicates: [] };
  const given = call.arguments ?? implicit(call, context);
  return { value: argumentsJson(given, context), duplicates: [] };
}

/**
 * Reads the parameters of a call: those of a function out of its URL, those of an action out of the body; as a body they
 * are held to their types and rules.
 * @throws ODataError 400 with every fault and its path
 */
export function callParameters(call: BoundCall, request: EntityRequest, context: RequestContext): CallParameters {
  const { operation } = call;
  const format: BodyFormat =
    operation.kind === 'action'
      ? request.bodyFormat
      : { version: '4.01', ieee754Compatible: false, entityIds: request.entityIds };
  const body = bodyOf(call, request, context);
  const { properties, links = [], related } = readNewEntity(operation.parameters, body, format);
  if (related !== undefined)
    throw new ODataError('notImplemented', 'A parameter that refers to an entity cannot carry it inline.');
  return { values: dtoOf(operation.parameters, properties, 'exact'), stored: properties, links };
}
