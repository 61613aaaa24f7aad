import type { ServiceDescription } from '../csdl/service-description.js';
import type { EntityType } from '../edm/model.js';
import { parametersOf } from '../edm/operations.js';
import type { Operation, OperationType, Parameter } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import type { JsonObject } from '../json/json-value.js';
import { errorsWith, headerParameter } from './components.js';
import type { Resource } from './resource.js';
import { inContext, operationTypeSchema, parameterSchema, ref } from './schemas.js';

/** A path of the description that calls an operation. */
export interface OperationPath {
  readonly template: string;
  readonly method: 'get' | 'post';
  /** Parameters that the path needs. */
  readonly required: readonly JsonObject[];
  readonly operation: JsonObject;
  /** Types of the entities that the body carries. */
  readonly carries: readonly EntityType[];
}

/** Where an operation is called: at a resource, or by its import. */
export interface CallPlace {
  readonly template: string;
  readonly parameters: readonly JsonObject[];
  readonly tag: string;
  /** Words of the operation id behind the name of the operation. */
  readonly words: readonly string[];
}

const scheme = 'bearer';
const errors = [400, 401, 403, 404, 406, 500, 501, 503, 504];

function pascal(words: readonly string[]): string {
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function isQuoted({ type }: Parameter): boolean {
  return type === Edm.String || type.kind === 'enum';
}

/** Whether a value can stand in the path itself; others stand in the query, as JSON. */
function isPlain({ type, collection }: Parameter): boolean {
  return !collection && (type.kind === 'primitive' || type.kind === 'enum');
}

function pathParameter(name: string, schema: JsonObject, description: string | undefined): JsonObject {
  return { name, in: 'path', required: true, ...(description === undefined ? {} : { description }), schema };
}

/** How parameters of a function stand in its URL (OData 4.01 Protocol 11.5.4.1.1). */
function inUrl(parameters: readonly Parameter[], taken: ReadonlySet<string>) {
  const described: JsonObject[] = [];
  const list = parameters.map((one) => {
    const { description, ...schema } = parameterSchema(one);
    const text = typeof description === 'string' ? description : undefined;
    if (!isPlain(one)) {
      const about = text === undefined ? {} : { description: text };
      described.push({
        name: `@${one.name}`,
        in: 'query',
        required: true,
        ...about,
        content: { 'application/json': { schema } },
      });
      return `${one.name}=@${one.name}`;
    }
    const name = taken.has(one.name) ? `parameter-${one.name}` : one.name;
    described.push(pathParameter(name, schema, text));
    return isQuoted(one) ? `${one.name}='{${name}}'` : `${one.name}={${name}}`;
  });
  return { text: `(${list.join(',')})`, described };
}

function resultSchema({ type, collection }: OperationType, nullable: boolean): JsonObject {
  const item = operationTypeSchema(type, nullable && collection);
  const isObject = !collection && (type.kind === 'entity' || type.kind === 'complex');
  if (isObject) return item;
  const value = collection ? { type: 'array', items: item } : item;
  return { type: 'object', required: ['value'], properties: { ...inContext, value } };
}

function responses({ result, kind }: Operation): JsonObject {
  const headers = Object.fromEntries(['odata-version', 'request-id'].map((name) => [name, ref('headers', name)]));
  const done = { '204': { description: kind === 'action' ? 'Done.' : 'There is no result.', headers } };
  const failed = errorsWith(kind === 'action' ? [...errors, 409, 412, 413, 415] : errors);
  if (result === undefined) return { ...done, ...failed };
  const content = { 'application/json': { schema: resultSchema(result, result.nullable) } };
  const given = { '200': { description: 'What it gives.', headers, content } };
  return { ...given, ...(result.nullable || kind === 'action' ? done : {}), ...failed };
}

/** The body of an action (JSON Format 18). */
function requestBody(operation: Operation): JsonObject | undefined {
  const parameters = parametersOf(operation);
  if (parameters.length === 0) return undefined;
  const properties = Object.fromEntries(parameters.map((one) => [one.name, parameterSchema(one)]));
  const isNeeded = ({ name, nullable, collection }: Parameter): boolean =>
    !operation.optional.has(name) && !nullable && !collection;
  const required = parameters.filter(isNeeded).map(({ name }) => name);
  const schema = { type: 'object', ...(required.length === 0 ? {} : { required }), properties };
  return { required: required.length > 0, content: { 'application/json': { schema } } };
}

/** The paths by which operations are called (OData to OpenAPI Mapping 1.0, 4.5.3 and 4.5.4). */
export class OperationPaths {
  constructor(private readonly service: ServiceDescription) {}

  /** Those that are bound to an entity, or to a collection. */
  at(resource: Resource, operations: readonly Operation[]): readonly OperationPath[] {
    const { tag, template, parameters, words } = resource;
    const available = operations.filter(({ onlyOn }) => onlyOn?.has(tag) !== false);
    return available.flatMap((operation) =>
      this.#paths(operation, { template: `${template}/${operation.qualifiedName}`, parameters, tag, words }),
    );
  }

  /** Those of an import. */
  imported(name: string, operations: readonly Operation[]): readonly OperationPath[] {
    return operations.flatMap((operation) =>
      this.#paths(operation, { template: `/${name}`, parameters: [], tag: 'operations', words: [] }),
    );
  }

  #paths(operation: Operation, place: CallPlace): readonly OperationPath[] {
    if (operation.kind === 'action') return [this.#action(operation, place)];
    const all = parametersOf(operation);
    const needed = all.filter(({ name }) => !operation.optional.has(name));
    const one = this.#function(operation, place, needed);
    return needed.length === all.length ? [one] : [one, this.#function(operation, place, all)];
  }

  #function(operation: Operation, place: CallPlace, parameters: readonly Parameter[]): OperationPath {
    const taken = new Set(place.parameters.map(({ name }) => name as string));
    const { text, described } = inUrl(parameters, taken);
    const names = parameters.map(({ name }) => name);
    const words = [...place.words, ...(names.length === 0 ? [] : ['by', ...names])];
    return {
      template: `${place.template}${text}`,
      method: 'get',
      required: [...place.parameters, ...described],
      operation: this.#object(operation, { ...place, words }),
      carries: [],
    };
  }

  #action(operation: Operation, place: CallPlace): OperationPath {
    const body = requestBody(operation);
    return {
      template: place.template,
      method: 'post',
      required: place.parameters,
      operation: { ...this.#object(operation, place), ...(body === undefined ? {} : { requestBody: body }) },
      carries: [...operation.parameters.navigation.values()]
        .filter(({ containsTarget }) => containsTarget)
        .map(({ type }) => type),
    };
  }

  #object(operation: Operation, { tag, words }: CallPlace): JsonObject {
    const { name, description, qualifiedName, kind, binding } = operation;
    const isConditional = kind === 'action' && binding?.type.kind === 'entity' && !binding.collection;
    const names = [...(isConditional ? ['if-match'] : []), 'odata-maxversion'];
    return {
      operationId: `${name}${pascal(words)}`,
      summary: description ?? `Calls the ${kind} ${qualifiedName}.`,
      tags: [tag],
      security: this.service.operationScopes(operation).map((scope) => ({ [scheme]: [scope] })),
      parameters: [...names, ...this.service.headers.map((one) => headerParameter(one.name))].map((one) =>
        ref('parameters', one),
      ),
      responses: responses(operation),
    };
  }
}
