import {
  type DynamicModule,
  Inject,
  type InjectionToken,
  Module,
  type ModuleMetadata,
  type NestModule,
  type OnApplicationShutdown,
  type OptionalFactoryDependency,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, DiscoveryModule, HttpAdapterHost, RouterModule } from '@nestjs/core';
import { BatchController } from './batch/batch.controller.js';
import { ODataEnvelopeInterceptor } from './http/envelope.interceptor.js';
import { FallbackController } from './http/fallback.controller.js';
import { LaterAnswers } from './http/later-answers.js';
import { MetadataController } from './http/metadata.controller.js';
import { ModifyController } from './http/modify.controller.js';
import { ODataExceptionFilter } from './http/odata-exception.filter.js';
import { OpenApiController } from './http/openapi.controller.js';
import { ReadController } from './http/read.controller.js';
import { serverOf } from './http/refusal.js';
import { ServiceMetadata } from './http/service-metadata.js';
import { JobRunner } from './jobs/job-runner.js';
import { MonitorController } from './jobs/monitor.controller.js';
import { RespondAsync } from './jobs/respond-async.js';
import { ChangeRetention } from './operations/change-retention.js';
import { ProviderScan } from './http/provider-scan.js';
import { Entities } from './operations/entities.js';
import { EntityUpdates } from './operations/entity-updates.js';
import { MediaSweeping } from './operations/media-sweeping.js';
import { OperationBook } from './operations/operation-book.js';
import { OperationCalls } from './operations/operation-calls.js';
import { EntityReads } from './operations/read-entities.js';
import { ReadRequests } from './operations/read-requests.js';
import { RuleBook } from './operations/rules.js';
import { Seeding } from './operations/seed.js';
import { type ODataOptions, Settings } from './options.js';
import { PagesController } from './pages/pages.controller.js';
import { AggregateStore } from './store/aggregate-store.js';
import { openStore } from './store/open-store.js';

/** What is said where the module is imported, before anything is injected. */
export interface ODataModuleOptions {
  /** Path of the service root without its final slash, the same as that of the `ODataServer`. Default: `/odata`. */
  readonly path?: string;
  /** Modules whose controllers stand below the service root: they take requests before the engine does. */
  readonly modules?: readonly Type[];
}

/** Makes the options of the engine. */
export interface ODataOptionsFactory {
  createODataOptions(): ODataOptions | Promise<ODataOptions>;
}

/** How the options are come by where they depend on what is injected: one of `useFactory`, `useClass`, `useExisting`. */
export interface ODataModuleAsyncOptions extends ODataModuleOptions, Pick<ModuleMetadata, 'imports'> {
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly useFactory?: (...injected: any[]) => ODataOptions | Promise<ODataOptions>;
  readonly useClass?: Type<ODataOptionsFactory>;
  readonly useExisting?: InjectionToken<ODataOptionsFactory>;
}

const OPTIONS = Symbol('options of the OData service');
const OPENED = Symbol('store that the module has opened');

const controllers = [
  MetadataController,
  OpenApiController,
  PagesController,
  BatchController,
  MonitorController,
  ReadController,
  ModifyController,
];

/** What stands beside the service root too. */
@Module({ controllers: [FallbackController] })
class FallbackModule {}

/** What the module is started with: its settings, the store, and whether that is the module's to close. */
interface OpenedStore {
  readonly settings: Settings;
  readonly store: AggregateStore;
  readonly isOwn: boolean;
}

async function opened({ store, model, changes }: ODataOptions, settings: Settings): Promise<OpenedStore> {
  if (store instanceof AggregateStore) return { settings, store, isOwn: false };
  const changeLog = store.changeLog ?? changes?.log ?? 'full';
  return { settings, store: await openStore(model, { ...store, changeLog }), isOwn: true };
}

function providersOf(path: string): Provider[] {
  return [
    { provide: Settings, inject: [OPTIONS], useFactory: (options: ODataOptions) => new Settings(path, options) },
    { provide: OPENED, inject: [OPTIONS, Settings], useFactory: opened },
    { provide: AggregateStore, inject: [OPENED], useFactory: ({ store }: OpenedStore) => store },
    RuleBook,
    OperationBook,
    {
      provide: Entities,
      inject: [AggregateStore, Settings, RuleBook],
      useFactory: (store: AggregateStore, settings: Settings, rules: RuleBook) => new Entities(store, settings, rules),
    },
    {
      provide: EntityReads,
      inject: [Settings, Entities, OperationBook],
      useFactory: (settings: Settings, entities: Entities, book: OperationBook) =>
        new EntityReads(settings, entities, new OperationCalls(settings, entities, book)),
    },
    {
      provide: ReadRequests,
      inject: [Settings, Entities, EntityReads],
      useFactory: (settings: Settings, entities: Entities, reads: EntityReads) =>
        new ReadRequests(settings, entities, reads),
    },
    { provide: EntityUpdates, inject: [Entities], useFactory: (entities: Entities) => new EntityUpdates(entities) },
    ServiceMetadata,
    ProviderScan,
    JobRunner,
    { provide: LaterAnswers, useClass: RespondAsync },
    ChangeRetention,
    MediaSweeping,
    Seeding,
    { provide: APP_INTERCEPTOR, useClass: ODataEnvelopeInterceptor },
    { provide: APP_FILTER, useClass: ODataExceptionFilter },
  ];
}

/** The same options, as they are handed on. */
interface ModuleOptionsGiven {
  readonly path: string | undefined;
  readonly modules: readonly Type[] | undefined;
}

/**
 * Serves a model: every entity set and singleton of it, read, queried, modified, in batches and asynchronously, with its
 * metadata, from a store, under a path of a Nest application on an `ODataServer`. Rules of entities are providers of any
 * module (`EntityRules`); a guard of the application leaves the `Caller` of a request as its `user`.
 */
@Module({})
export class ODataModule implements NestModule, OnApplicationShutdown {
  /**
   * With options that are known where the module is imported.
   * @throws Error where they name what the model does not have
   */
  static forRoot({ path, modules, ...options }: ODataModuleOptions & ODataOptions): DynamicModule {
    // What is wrong is said where it stands.
    new Settings(path ?? '', options);
    return moduleWith({ path, modules }, [{ provide: OPTIONS, useValue: options }]);
  }

  /** With options that depend on what is injected. */
  static forRootAsync(options: ODataModuleAsyncOptions): DynamicModule {
    const { inject = [], useFactory, useClass, useExisting, imports = [], path, modules } = options;
    if (useFactory !== undefined)
      return moduleWith({ path, modules }, [{ provide: OPTIONS, inject, useFactory }], imports);
    const factory = useExisting ?? useClass;
    if (factory === undefined) throw new Error('forRootAsync needs useFactory, useClass or useExisting');
    const made = {
      provide: OPTIONS,
      inject: [factory],
      useFactory: (one: ODataOptionsFactory) => one.createODataOptions(),
    };
    return moduleWith({ path, modules }, useClass === undefined ? [made] : [useClass, made], imports);
  }

  constructor(
    @Inject(OPENED) private readonly opened: OpenedStore,
    private readonly providers: ProviderScan,
    private readonly host: HttpAdapterHost,
  ) {}

  /**
   * Before routes are made: takes the rules and handlers of every module, and tells the server what it serves.
   * @throws Error for rules about no type of the model, for operations without a handler, for another server
   */
  async configure(): Promise<void> {
    this.providers.take(this.opened.settings.model);
    await serverOf(this.host.httpAdapter).serve(this.opened.settings);
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.opened.isOwn) await this.opened.store.close();
  }
}

function moduleWith(
  { path = '/odata', modules = [] }: Pick<ModuleOptionsGiven, 'path' | 'modules'>,
  options: Provider[],
  imports: NonNullable<ModuleMetadata['imports']> = [],
): DynamicModule {
  const below = [ODataModule, ...modules].map((module) => ({ path, module }));
  return {
    module: ODataModule,
    // Modules of a domain ask for what they write to; other faces ask what the service says of itself.
    global: true,
    imports: [DiscoveryModule, RouterModule.register(below), FallbackModule, ...imports, ...modules],
    controllers,
    providers: [...options, ...providersOf(path)],
    exports: [Settings, AggregateStore, Entities, EntityUpdates, JobRunner, ServiceMetadata],
  };
}
