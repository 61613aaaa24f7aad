import type { Modification, ServedFunction, ServiceDescription } from '../csdl/service-description.js';
import { modificationOf } from '../csdl/service-description.js';
import type { EntityType, Model, NavigationProperty, StreamProperty } from '../edm/model.js';
import { mediaName, streamIn } from '../edm/streams.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { containedPath } from '../uri/entity-path.js';
import type { SystemQueryOption } from '../uri/query-options.js';
import { batchPath } from './batch-path.js';
import {
  describedOptions,
  errorResponses,
  errorsWith,
  headerParameter,
  headersOf,
  parametersOf,
} from './components.js';
import { Examples } from './examples.js';
import { entitySetResource, keySegment, member, type Resource, singletonResource, singular } from './resource.js';
import { type OperationPath, OperationPaths } from './operation-paths.js';
import { acceptedResponse, monitorPath } from './monitor-path.js';
import { streamContent, streamTexts } from './stream-content.js';
import { withoutUnused } from './unused-components.js';
import { inContext, ref, refTo, removedSchema, schemasOf } from './schemas.js';

/** What the description says of the service as a whole. */
export interface ApiInformation {
  readonly version: string;
  /** SPDX identifier. */
  readonly license: string;
}

const readErrors = [400, 401, 403, 404, 406, 500, 501, 503, 504];
const scheme = 'bearer';

function pascal(words: readonly string[]): string {
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function json(schema: JsonObject, example: JsonValue | undefined): JsonObject {
  return { 'application/json': { schema, ...(example === undefined ? {} : { example }) } };
}

function headers(...names: readonly string[]): JsonObject {
  return Object.fromEntries([...names, 'odata-version', 'request-id'].map((name) => [name, ref('headers', name)]));
}

/** Writes the description of a service by OASIS's mapping of OData to OpenAPI. */
class DocumentWriter {
  readonly #paths: Record<string, JsonObject> = {};
  readonly #create = new Set<EntityType>();
  readonly #update = new Set<EntityType>();
  readonly #operations: OperationPaths;

  constructor(
    private readonly model: Model,
    private readonly service: ServiceDescription,
  ) {
    this.#operations = new OperationPaths(service);
  }

  write({ version, license }: ApiInformation): JsonObject {
    this.#resources();
    const { imports, all } = this.model.operations;
    const sets = [...this.model.entitySets.values(), ...this.model.singletons.values()];
    const custom = [...this.service.headers, ...this.service.modifications.flatMap((one) => one.headers)];
    const { description = this.model.namespace, longDescription } = this.model;
    const scopes = [
      ...new Set([
        ...sets.flatMap(({ name }) => this.service.readScopes(name)),
        ...this.service.modifications.flatMap((one) => one.scopes),
        ...all.flatMap((one) => this.service.operationScopes(one)),
      ]),
    ];
    return {
      openapi: '3.1.1',
      info: {
        title: description.replace(/\.$/, ''),
        ...(longDescription === undefined ? {} : { description: longDescription }),
        version,
        license: { name: license, identifier: license },
      },
      // Relative to this document, whatever proxy stands before the service.
      servers: [{ url: `../${this.service.root.split('/').at(-1) ?? ''}` }],
      tags: [
        ...sets.map(({ name, type }) => ({ name, description: type.description ?? type.qualifiedName })),
        ...(imports.size === 0 ? [] : [{ name: 'operations', description: 'Actions and functions of the service.' }]),
        ...(this.service.asynchronous ? [{ name: 'async', description: 'Requests that are answered later.' }] : []),
        ...(this.service.batch === undefined ? [] : [{ name: 'batch', description: 'Several requests in one.' }]),
        { name: 'metadata', description: 'What the service says of itself.' },
      ],
      security: [{ [scheme]: [] }],
      paths: {
        ...this.#paths,
        ...this.#batchPaths(),
        ...(this.service.asynchronous ? { '/$async/{id}': monitorPath(scheme) } : {}),
        ...metadataPaths(),
      },
      components: {
        schemas: schemasOf(this.model, { create: this.#create, update: this.#update }, this.service.errorCodes),
        parameters: parametersOf(custom, this.service.requiresEntityTag),
        headers: headersOf(),
        responses: { ...errorResponses(this.service.errorCodes), accepted: acceptedResponse() },
        securitySchemes: {
          [scheme]: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: `A token with one of the permissions of the operation: ${scopes.map((scope) => `\`${scope}\``).join(', ')}.`,
          },
        },
      },
    };
  }

  #resources(): void {
    const { entitySets, singletons, operations } = this.model;
    for (const { name, type } of entitySets.values()) this.#entitySet(name, type);
    for (const { name, type } of singletons.values()) this.#entity(singletonResource(name, type));
    for (const [name, overloads] of operations.imports) this.#calls(this.#operations.imported(name, overloads));
  }

  #entitySet(name: string, type: EntityType): void {
    const set = entitySetResource(name, type);
    this.#collection(set, this.service.reads.set, true);
    if (this.service.isReadable(name)) for (const one of this.service.functions) this.#function(set, one);
    this.#entity(member(set, `${name}/$entity`));
  }

  /** A function on a set that gives members of it, or what says that they are gone. */
  #function(
    { template, parameters, type, words, tag, path, fragment }: Resource,
    { name, description, options }: ServedFunction,
  ): void {
    const link = (text: string): JsonObject => ({ type: 'string', description: text });
    const schema: JsonObject = {
      type: 'object',
      title: `Changes of ${type.name}`,
      required: ['value'],
      properties: {
        ...inContext,
        '@odata.nextLink': link('URL of the next page; on the last one there is none.'),
        '@odata.deltaLink': link('On the last page: URL of what changes from now on.'),
        value: { type: 'array', items: { anyOf: [refTo(type), removedSchema(type)] } },
      },
    };
    this.#add(`${template}/${name}`, parameters, {
      get: this.#read(`${name}${pascal(words)}`, {
        tag,
        summary: description,
        options,
        parameters: [ref('parameters', 'deltatoken')],
        headers: ['prefer'],
        errors: [410],
        responses: {
          '200': {
            description: 'All, or the changes since the token was made.',
            headers: headers(),
            content: json(schema, new Examples(type, path, this.service.root).collection(fragment)),
          },
        },
      }),
    });
  }

  /** A collection, how many it has, and what makes members of it. */
  #collection(resource: Resource, options: readonly SystemQueryOption[], paged: boolean): void {
    const { template, parameters, type, path, fragment, title, words, tag } = resource;
    const examples = new Examples(type, path, this.service.root);
    const value: JsonObject = { type: 'array', items: refTo(type) };
    const pages = {
      '@odata.nextLink': { type: 'string', description: 'URL of the next page; on the last one there is none.' },
    };
    const schema: JsonObject = {
      type: 'object',
      title: `Collection of ${type.name}`,
      required: ['value'],
      properties: {
        ...inContext,
        '@odata.count': { type: 'integer', description: 'Where it is asked for.' },
        ...(paged ? pages : {}),
        value,
      },
    };
    const insert = modificationOf(this.service, 'POST', resource.segments);
    const update = modificationOf(this.service, 'PATCH', resource.segments);
    const replacement = modificationOf(this.service, 'PUT', resource.segments);
    const isReadable = this.service.isReadable(tag);
    this.#add(template, parameters, {
      ...(isReadable
        ? {
            get: this.#read(`list${pascal(words)}`, {
              tag,
              summary: `Lists ${title}${paged ? ', page by page' : ''}.`,
              options,
              headers: ['prefer'],
              responses: {
                '200': {
                  description: 'Those that the query asks for.',
                  headers: headers(),
                  content: json(schema, examples.collection(fragment)),
                },
              },
            }),
          }
        : {}),
      ...(insert === undefined ? {} : { post: this.#insert(resource, insert, examples) }),
      ...(update === undefined ? {} : { patch: this.#deltaUpdate(resource, update, examples) }),
      ...(replacement === undefined
        ? {}
        : { put: this.#replacementOf(resource, replacement, { schema, body: examples.create, examples }) }),
    });
    if (isReadable) this.#count(resource);
    this.#calls(this.#operations.at(resource, type.callable?.several ?? []));
  }

  #calls(paths: readonly OperationPath[]): void {
    for (const { template, method, required, operation, carries } of paths) {
      for (const type of carries) this.#create.add(type);
      this.#add(template, required, { [method]: operation });
    }
  }

  #count({ template, parameters, words, tag, title }: Resource): void {
    this.#add(`${template}/$count`, parameters, {
      get: this.#read(`count${pascal(words)}`, {
        tag,
        summary: `Counts ${title}.`,
        options: ['filter', 'search'],
        responses: {
          '200': {
            description: 'The number.',
            headers: headers(),
            // Plain text, however much it looks like a number.
            content: { 'text/plain': { schema: { type: 'string', pattern: '^\\d+$' }, example: '1' } },
          },
        },
      }),
    });
  }

  #entity(resource: Resource): void {
    const { template, parameters, type, path, fragment, title, words, tag, segments } = resource;
    const examples = new Examples(type, path, this.service.root);
    const update = modificationOf(this.service, 'PATCH', segments);
    const replacement = modificationOf(this.service, 'PUT', segments);
    const removal = modificationOf(this.service, 'DELETE', segments);
    const content = json(refTo(type), examples.entity(fragment));
    this.#add(template, parameters, {
      ...(this.service.isReadable(tag)
        ? {
            get: this.#read(`get${pascal(words)}`, {
              tag,
              summary: `Reads ${title}.`,
              options: this.service.reads.entity,
              headers: ['if-none-match', 'prefer-of-entity'],
              responses: {
                '200': { description: 'The entity.', headers: headers('etag'), content },
                '304': { description: 'The entity still has the version that the client knows.' },
              },
            }),
          }
        : {}),
      ...(update === undefined ? {} : { patch: this.#updateOf(resource, update, examples) }),
      ...(replacement === undefined ? {} : { put: this.#updateOf(resource, replacement, examples) }),
      ...(removal === undefined ? {} : { delete: this.#removalOf(resource, removal) }),
    });
    this.#calls(this.#operations.at(resource, type.callable?.one ?? []));
    for (const stream of type.streams?.values() ?? []) this.#stream(resource, stream);
    for (const property of type.navigation.values()) if (property.containsTarget) this.#contained(resource, property);
  }

  /** The content of a stream (OData to OpenAPI Mapping 1.0, 4.5.1): bytes of a type that it accepts. */
  #stream({ template, parameters, words, tag, segments, title }: Resource, stream: StreamProperty): void {
    const isMedia = stream.name === mediaName;
    const root = segments[1] === keySegment ? segments.slice(0, 2) : segments.slice(0, 1);
    const update = modificationOf(this.service, 'PATCH', root);
    const removal = isMedia ? modificationOf(this.service, 'DELETE', segments) : update;
    const named = `${pascal(words)}${isMedia ? 'Content' : pascal([stream.name])}`;
    const { content, ...texts } = streamTexts(stream, title);
    const told = (one: Modification, description: string): Modification => ({
      ...one,
      description,
      options: [],
      featured: false,
    });
    const gone = { '204': { description: 'It is gone.', headers: headers() } };
    const done = { '204': { description: 'Done.', headers: headers('etag') } };
    const [body, conditions] = [{ required: true, content }, ['if-match', 'if-none-match-of-change']];
    const writing = { tag, requestBody: body, responses: done, errors: [412, 413, 415, 507], headers: conditions };
    const removing = { tag, responses: gone, errors: [412], headers: ['if-match'] };
    this.#add(`${template}/${stream.name}`, parameters, {
      ...(this.service.isReadable(tag)
        ? { get: this.#contentOf(`get${named}`, { tag, summary: texts.read, content }) }
        : {}),
      ...(update && { put: this.#modify(`set${named}`, told(update, texts.write), writing) }),
      ...(removal && { delete: this.#modify(`delete${named}`, told(removal, texts.remove), removing) }),
    });
  }

  #contentOf(
    operationId: string,
    { tag, summary, content }: { readonly tag: string; readonly summary: string; readonly content: JsonObject },
  ): JsonObject {
    return this.#read(operationId, {
      tag,
      summary,
      options: [],
      headers: ['range', 'if-none-match'],
      errors: [412, 416],
      responses: {
        '200': { description: 'The content.', headers: headers('etag'), content },
        '204': { description: 'There is none.', headers: headers() },
        '206': { description: 'The part that is asked for.', headers: headers('etag'), content },
        '304': { description: 'The client has the content as it is.' },
      },
    });
  }

  #contained(owner: Resource, { name, type, collection }: NavigationProperty): void {
    const path = containedPath(owner.path, name);
    const resource: Resource = {
      ...owner,
      segments: [...owner.segments, name],
      template: `${owner.template}/${name}`,
      type,
      path,
      fragment: path.text,
      title: `the ${name} of ${owner.title}`,
      words: [...owner.words, name],
    };
    if (!collection) return this.#entity(resource);
    this.#collection(resource, this.service.reads.collection, false);
    this.#entity(member(resource, `${path.text}/$entity`));
  }

  /** An update of the collection itself carries a delta payload, and so does its answer (11.4.12). */
  #deltaUpdate({ tag, type, words, fragment }: Resource, update: Modification, examples: Examples): JsonObject {
    this.#create.add(type);
    const deltaOf = (item: JsonObject): JsonObject => ({
      type: 'object',
      required: ['value'],
      properties: {
        ...inContext,
        '@context': { type: 'string', description: 'The same in 4.01: `#$delta`.' },
        value: { type: 'array', items: { anyOf: [item, removedSchema(type)] } },
      },
    });
    const body = examples.create === undefined ? undefined : { '@context': '#$delta', value: [examples.create] };
    return this.#modify(`update${pascal(words)}`, update, {
      tag,
      requestBody: { required: true, content: json(deltaOf(refTo(type, 'create')), body) },
      responses: {
        '200': {
          description: 'What became of each item, in their order.',
          headers: headers(),
          content: json(deltaOf(refTo(type)), examples.collection(`${fragment}/$delta`)),
        },
        '204': { description: 'Done; `Prefer: return=minimal` asked for no body.', headers: headers() },
      },
      errors: [409, 412, 413, 415],
      headers: ['prefer-of-delta'],
    });
  }

  /** 11.4.12: all that is to be in the collection. */
  #replacementOf(
    { tag, type, words, fragment }: Resource,
    replacement: Modification,
    {
      schema,
      body,
      examples,
    }: { readonly schema: JsonObject; readonly body: JsonValue | undefined; readonly examples: Examples },
  ): JsonObject {
    this.#create.add(type);
    const whole: JsonObject = {
      type: 'object',
      required: ['value'],
      properties: { value: { type: 'array', items: refTo(type, 'create') } },
    };
    return this.#modify(`replace${pascal(words)}`, replacement, {
      tag,
      requestBody: { required: true, content: json(whole, body === undefined ? undefined : { value: [body] }) },
      responses: {
        '200': {
          description: 'All that is in the collection now.',
          headers: headers(),
          content: json(schema, examples.collection(fragment)),
        },
        '204': { description: 'Done; `Prefer: return=minimal` asked for no body.', headers: headers() },
      },
      errors: [409, 412, 413, 415],
      headers: ['prefer-of-delta'],
    });
  }

  #insert({ tag, type, words, fragment }: Resource, insert: Modification, examples: Examples): JsonObject {
    const media = streamIn(type, mediaName);
    if (media === undefined) this.#create.add(type);
    const inline = [...type.navigation.values()].filter(({ name }) => type.example?.[name] !== undefined);
    const list = inline.length === 0 ? '' : `(${inline.map(({ name }) => `${name}()`).join(',')})`;
    const body = examples.entity(`${fragment}${list}/$entity`, inline);
    return this.#modify(`create${pascal(singular(words))}`, insert, {
      tag,
      requestBody: {
        required: true,
        content: media === undefined ? json(refTo(type, 'create'), examples.create) : streamContent(media),
      },
      responses: {
        '201': {
          description: 'The entity, as it was made.',
          headers: headers('etag', 'location'),
          content: json(refTo(type), body),
        },
        '204': {
          description: 'Made; `Prefer: return=minimal` asked for no body.',
          headers: headers('location', 'odata-entityid'),
        },
      },
      errors: [409, 413, 415],
      headers: ['prefer-of-creation'],
    });
  }

  #updateOf({ tag, type, words, fragment, segments }: Resource, update: Modification, examples: Examples): JsonObject {
    this.#update.add(type);
    const content = json(refTo(type), examples.entity(fragment));
    // 11.4.4: what is contained, single-valued and not there is made by an update.
    const upserts = segments.at(-1) !== keySegment && segments.length > 1;
    const created = {
      description: 'There was none: the entity, as it was made.',
      headers: headers('etag', 'location'),
      content,
    };
    return this.#modify(`${update.method === 'PUT' ? 'replace' : 'update'}${pascal(words)}`, update, {
      tag,
      requestBody: { required: true, content: json(refTo(type, 'update'), examples.update) },
      responses: {
        '200': { description: 'The whole entity, as it is now.', headers: headers('etag'), content },
        ...(upserts ? { '201': created } : {}),
        '204': { description: 'Done; `Prefer: return=minimal` asked for no body.', headers: headers('odata-entityid') },
      },
      errors: [412, 413, 415],
      headers: ['if-match', 'if-none-match-of-change', 'prefer-of-change'],
    });
  }

  #removalOf({ tag, words }: Resource, removal: Modification): JsonObject {
    return this.#modify(`delete${pascal(words)}`, removal, {
      tag,
      responses: { '204': { description: 'It is gone.', headers: headers() } },
      errors: [412],
      headers: ['if-match'],
    });
  }

  #read(
    operationId: string,
    about: {
      readonly tag: string;
      readonly summary: string;
      readonly options: readonly SystemQueryOption[];
      readonly parameters?: readonly JsonObject[];
      readonly headers?: readonly string[];
      readonly errors?: readonly number[];
      readonly responses: JsonObject;
    },
  ): JsonObject {
    const { tag, summary, options, parameters = [], headers: names = [], errors = [], responses } = about;
    return {
      operationId,
      summary,
      tags: [tag],
      security: this.service.readScopes(tag).map((scope) => ({ [scheme]: [scope] })),
      parameters: [
        ...describedOptions(options).map((name) => ref('parameters', name)),
        ...parameters,
        ...[...names, 'odata-maxversion', ...this.service.headers.map(({ name }) => headerParameter(name))].map(
          (name) => ref('parameters', name),
        ),
      ],
      responses: { ...responses, ...errorsWith([...readErrors, ...errors]) },
    };
  }

  #modify(
    operationId: string,
    modification: Modification,
    about: {
      readonly tag: string;
      readonly requestBody?: JsonObject;
      readonly responses: JsonObject;
      readonly errors: readonly number[];
      readonly headers: readonly string[];
    },
  ): JsonObject {
    const { tag, requestBody, responses, errors, headers: names } = about;
    const { description, options, scopes, headers: custom, featured = false } = modification;
    const conditional = this.service.requiresEntityTag && modification.method !== 'POST';
    const shared = [...custom, ...this.service.headers].map(({ name }) => headerParameter(name));
    return {
      operationId,
      summary: description,
      tags: [tag],
      security: scopes.map((scope) => ({ [scheme]: [scope] })),
      parameters: [
        ...describedOptions(options).map((name) => ref('parameters', name)),
        ...[...names, 'odata-maxversion', ...shared].map((name) => ref('parameters', name)),
      ],
      ...(requestBody === undefined ? {} : { requestBody }),
      // A page that people read begins with it.
      ...(featured ? { 'x-featured': true } : {}),
      responses: {
        ...responses,
        ...errorsWith([...readErrors, ...errors, ...(conditional ? [428] : [])]),
      },
    };
  }

  #batchPaths(): JsonObject {
    const { batch } = this.service;
    const [url = '$metadata'] = this.model.entitySets.keys();
    return batch === undefined ? {} : { '/$batch': batchPath(batch, url, scheme) };
  }

  readonly #ids = new Set<string>();

  /** What is required stands first, in each operation: there are generators that make arguments of it in this order. */
  #add(template: string, required: readonly JsonObject[], operations: Record<string, JsonObject>): void {
    this.#paths[template] = Object.fromEntries(
      Object.entries(operations).map(([method, { operationId, summary, tags, security, parameters, ...others }]) => {
        const all = [...required, ...(parameters as JsonObject[])];
        const id = this.#unique(operationId as string);
        return [method, { operationId: id, summary, tags, security, parameters: all, ...others } as JsonObject];
      }),
    );
  }

  /** No two operations have one id, whatever actions and functions of the model are called. */
  #unique(id: string): string {
    let unique = id;
    for (let count = 2; this.#ids.has(unique); count++) unique = `${id}${count}`;
    this.#ids.add(unique);
    return unique;
  }
}

function queryParameter(name: string, description: string, values: readonly string[]): JsonObject {
  return { name, in: 'query', description, schema: { type: 'string', enum: [...values] } };
}

/** OData JSON Format 4.01, 5. */
const serviceDocument: JsonObject = {
  type: 'object',
  required: ['value'],
  properties: {
    ...inContext,
    value: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'kind', 'url'],
        properties: { name: { type: 'string' }, kind: { type: 'string' }, url: { type: 'string' } },
      },
    },
  },
};

/** The service document and the metadata document. */
function metadataPaths(): JsonObject {
  const parameters = ['if-none-match', 'odata-maxversion'].map((name) => ref('parameters', headerParameter(name)));
  const one = (operationId: string, summary: string, more: readonly JsonObject[], content: JsonObject): JsonObject => ({
    get: {
      operationId,
      summary,
      tags: ['metadata'],
      parameters: [...more, ...parameters],
      // Anyone may read it.
      security: [],
      responses: {
        '200': { description: 'The document.', headers: headers('etag'), content },
        '304': { description: 'The client has the document as it is.' },
        ...errorsWith([400, 404, 406, 500]),
      },
    },
  });
  const any = { schema: { type: 'object' } };
  const forms = [
    queryParameter('$format', 'The form of the document, before what Accept says.', ['xml', 'json']),
    queryParameter('inheritance', '`flat` writes base types into those that derive from them.', ['declared', 'flat']),
  ];
  return {
    '/': one('getServiceDocument', 'Names what the service has.', [], {
      'application/json': { schema: serviceDocument },
    }),
    '/$metadata': one('getMetadata', 'Describes the model and what can be done with it (CSDL).', forms, {
      'application/xml': { schema: { type: 'string' } },
      'application/json': any,
    }),
  };
}

/** The OpenAPI 3.1 description of a service (OData to OpenAPI Mapping 1.0). */
export function openApiDocument(model: Model, service: ServiceDescription, information: ApiInformation): JsonObject {
  return withoutUnused(new DocumentWriter(model, service).write(information));
}
