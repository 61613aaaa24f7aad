import { Inject, Injectable, type OnApplicationBootstrap, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { describeModifications } from '../operations/describe-modifications.js';
import { Entities } from '../operations/entities.js';
import { Settings } from '../options.js';
import { csdlJson } from '../protocol/csdl/csdl-json.js';
import { describeMetadata, type MetadataDocument } from '../protocol/csdl/metadata-document.js';
import type {
  BatchDescription,
  CustomHeader,
  Modification,
  ServiceDescription,
} from '../protocol/csdl/service-description.js';
import type { Model } from '../protocol/edm/model.js';
import type { Operation } from '../protocol/edm/model.js';
import { deltaFunction } from '../protocol/edm/set-functions.js';
import { ODataError } from '../protocol/odata-error.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import { supportedFormats } from '../protocol/headers/negotiate-format.js';
import { OperationBook } from '../operations/operation-book.js';
import { collectionRead, deltaRead, setRead, structuredRead } from '../operations/query-support.js';
import { AnswersLater, Describes, type HandlerDescription, Serves, TakesBatches } from './decorators.js';
import { bodyEncodings } from './request-body.js';

const commonHeaders: readonly CustomHeader[] = [
  {
    name: 'client-request-id',
    description: 'Any id of up to 128 printable characters; the answer and the log repeat it.',
  },
];

type Handler = (...parameters: never[]) => unknown;

/** What the service does with its model, gathered from the handlers that do it; and the metadata that says so. */
@Injectable()
export class ServiceMetadata implements OnApplicationBootstrap {
  readonly #scanner = new MetadataScanner();
  @Inject() private readonly operations!: OperationBook;
  #description: ServiceDescription | undefined;
  #document: MetadataDocument | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly entities: Entities,
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  get model(): Model {
    return this.settings.model;
  }

  get description(): ServiceDescription {
    this.#description ??= this.#describe();
    return this.#description;
  }

  #describe(): ServiceDescription {
    const { settings } = this;
    const { access } = this.entities;
    const ofHandlers = this.discovery
      .getControllers()
      .flatMap(({ metatype }) => this.#modificationsOf(metatype as Type));
    const places = new Set(ofHandlers.map(({ method, path }) => `${method} ${path.join('/')}`));
    const generic = describeModifications(settings, access);
    return {
      // What a module has a handler for is described there.
      modifications: [
        ...ofHandlers,
        ...generic.filter(({ method, path }) => !places.has(`${method} ${path.join('/')}`)),
      ],
      reads: { set: setRead.serves, entity: structuredRead.serves, collection: collectionRead.serves },
      upserts: (name) => access.upserts({ name }),
      isReadable: (name) => access.allows({ name }, 'read'),
      readScopes: (name) => (access.isOpen(name, 'read') ? [] : access.permissions(name, 'read')),
      operationScopes: (operation) => this.#scopesOf(operation),
      requiresEntityTag: settings.requiresEntityTag,
      functions: settings.changes.log === 'off' ? [] : [{ ...deltaFunction, options: deltaRead.serves }],
      formats: supportedFormats,
      encodings: bodyEncodings,
      batch: this.#ofControllers(TakesBatches) as BatchDescription | undefined,
      asynchronous: this.#ofControllers(AnswersLater) === true,
      errorCodes: settings.errorCodes,
      root: settings.path,
      headers: commonHeaders,
    };
  }

  /** The permissions of the sets that an operation is bound to, or those of the service. */
  #scopesOf(operation: Operation): readonly string[] {
    const { access } = this.entities;
    const { entitySets, singletons } = this.settings.model;
    const kind = this.operations.kindOf(operation);
    const { binding, onlyOn } = operation;
    const places = [...entitySets.values(), ...singletons.values()].filter(
      ({ name, type }) => type === binding?.type && (onlyOn === undefined || onlyOn.has(name)),
    );
    const names = places.length === 0 ? [undefined] : places.map(({ name }) => name);
    return [...new Set(names.flatMap((name) => access.permissions(name, kind)))];
  }

  /** What a decorator says of the one controller that has it. */
  #ofControllers(decorator: Parameters<Reflector['get']>[0]): unknown {
    return this.discovery
      .getControllers()
      .map(({ metatype }) => metatype && this.reflector.get<unknown>(decorator, metatype as Type))
      .find((description) => description !== undefined && description !== null);
  }

  /** @throws Error where the model annotates an element with what the service says of it */
  onApplicationBootstrap(): void {
    if (this.model.isAnnotated === true) csdlJson(this.document, '4.01');
  }

  get document(): MetadataDocument {
    this.#document ??= describeMetadata(this.settings.model, this.description);
    return this.#document;
  }

  /**
   * Holds a request to the version of the schema that it was made for (OData 4.01 Protocol 11.2.12).
   * @throws ODataError 404 where it is not the one that the service has
   */
  checkSchemaVersion({ schemaversion }: Query): void {
    if (schemaversion === undefined || schemaversion === '*' || schemaversion === this.document.schemaVersion) return;
    throw new ODataError(
      'schemaVersionNotFound',
      `There is no version '${schemaversion.slice(0, 80)}' of the schema; this is version '${this.document.schemaVersion}'.`,
      { target: '$schemaversion' },
    );
  }

  #modificationsOf(controller: Type): readonly Modification[] {
    const prototype = controller.prototype as Record<string, Handler>;
    return this.#scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      const serves = handler && this.reflector.get(Serves, handler);
      if (handler === undefined || serves === undefined || serves === 'by resource') return [];
      const described = this.reflector.get(Describes, handler) as HandlerDescription | undefined;
      if (described === undefined)
        throw new Error(`${controller.name}.${name}: a handler that modifies needs @Describes`);
      const paths = [controller, handler].map((target) => Reflect.getMetadata(PATH_METADATA, target) as string);
      return {
        method: RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod] as Modification['method'],
        path: segmentsOf(paths),
        description: described.summary,
        scopes: this.entities.access.permissions(segmentsOf(paths)[0], 'write'),
        options: serves.serves,
        headers: described.headers ?? [],
        featured: true,
      };
    });
  }
}

/** The segments of a route behind the service root, keys as `{key}`. */
function segmentsOf(paths: readonly string[]): readonly string[] {
  const segments = paths.flatMap((path) => path.split('/')).filter((segment) => segment !== '');
  return segments.map((segment) => (segment.startsWith(':') ? '{key}' : segment));
}
