import { Inject, Injectable, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { Requires } from '../../auth/auth.guard.js';
import { namesGranting } from '../../auth/permissions.js';
import { Environment } from '../../config/environment.js';
import { describeMetadata, type MetadataDocument } from '../protocol/csdl/metadata-document.js';
import type {
  BatchDescription,
  CustomHeader,
  Modification,
  ServiceDescription,
} from '../protocol/csdl/service-description.js';
import type { Model } from '../protocol/edm/model.js';
import { deltaFunction } from '../protocol/edm/set-functions.js';
import { ODataError } from '../protocol/odata-error.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import { SERVED, type Served } from './model-token.js';
import { supportedFormats } from '../protocol/headers/negotiate-format.js';
import { modificationsWithoutModule } from '../operations/modifications-without-module.js';
import { servicePath } from './protocol.js';
import { collectionRead, deltaRead, Serves, setRead, structuredRead } from '../operations/query-support.js';
import { bodyEncodings } from './request-body.js';

/** What a handler says of itself to those who read the metadata. */
export interface HandlerDescription {
  /** What it does, in one sentence. */
  readonly summary: string;
  /** Headers that it reads and OData does not define. */
  readonly headers?: readonly CustomHeader[];
}

/** Describes a handler that modifies; the metadata and the API description take it from there. */
export const Describes = Reflector.createDecorator<HandlerDescription>();

/** Describes the controller that takes batches. */
export const TakesBatches = Reflector.createDecorator<BatchDescription>();

const commonHeaders: readonly CustomHeader[] = [
  {
    name: 'client-request-id',
    description: 'Any id of up to 128 printable characters; the answer and the log repeat it.',
  },
];

/** Marks the controller of the status of requests that are answered later. */
export const AnswersLater = Reflector.createDecorator<boolean>({ transform: () => true });

type Handler = (...parameters: never[]) => unknown;

/** What the service does with its model, gathered from the handlers that do it; and the metadata that says so. */
@Injectable()
export class ServiceMetadata {
  readonly #scanner = new MetadataScanner();
  #description: ServiceDescription | undefined;
  #document: MetadataDocument | undefined;

  constructor(
    @Inject(SERVED) private readonly served: Served,
    private readonly environment: Environment,
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  get model(): Model {
    return this.served.model;
  }

  get description(): ServiceDescription {
    this.#description ??= {
      modifications: [
        ...this.discovery.getControllers().flatMap(({ metatype }) => this.#modificationsOf(metatype as Type)),
        ...modificationsWithoutModule(this.served, namesGranting('write')),
      ],
      reads: { set: setRead.serves, entity: structuredRead.serves, collection: collectionRead.serves },
      readScopes: namesGranting('read'),
      requiresEntityTag: this.environment.REQUIRE_IF_MATCH,
      functions: this.environment.CHANGE_LOG === 'off' ? [] : [{ ...deltaFunction, options: deltaRead.serves }],
      formats: supportedFormats,
      encodings: bodyEncodings,
      batch: this.#ofControllers(TakesBatches) as BatchDescription | undefined,
      asynchronous: this.#ofControllers(AnswersLater) === true,
      headers: commonHeaders,
    };
    return this.#description;
  }

  /** What a decorator says of the one controller that has it. */
  #ofControllers(decorator: Parameters<Reflector['get']>[0]): unknown {
    return this.discovery
      .getControllers()
      .map(({ metatype }) => metatype && this.reflector.get<unknown>(decorator, metatype as Type))
      .find((description) => description !== undefined && description !== null);
  }

  get document(): MetadataDocument {
    this.#document ??= describeMetadata(this.served.model, this.description);
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
        scopes: namesGranting(this.reflector.get<typeof Requires>(Requires, handler)),
        options: serves.serves,
        headers: described.headers ?? [],
      };
    });
  }
}

/** The segments of a route behind the service root, keys as `{key}`. */
function segmentsOf(paths: readonly string[]): readonly string[] {
  const segments = paths.flatMap((path) => path.split('/')).filter((segment) => segment !== '');
  const root = servicePath.slice(1);
  return segments.slice(segments[0] === root ? 1 : 0).map((segment) => (segment.startsWith(':') ? '{key}' : segment));
}
