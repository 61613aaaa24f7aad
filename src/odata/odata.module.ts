import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, DiscoveryModule } from '@nestjs/core';
import { ODataEnvelopeInterceptor } from './http/envelope.interceptor.js';
import { EntityReader } from './operations/entity-reader.js';
import { EntityWriter } from './operations/entity-writer.js';
import { FallbackController } from './http/fallback.controller.js';
import { MetadataController } from './http/metadata.controller.js';
import { MODEL, SERVED, type Served } from './http/model-token.js';
import { ODataExceptionFilter } from './http/odata-exception.filter.js';
import { OpenApiController } from './http/openapi.controller.js';
import { ModifyController } from './http/modify.controller.js';
import { ReadController } from './http/read.controller.js';
import { RouteTable } from './http/route-table.js';
import { ServiceMetadata } from './http/service-metadata.js';

/** How the protocol reaches what is stored. */
export interface EntityAccess {
  readonly reader: EntityReader;
  readonly writer: EntityWriter;
}

/** Nest's face of the protocol: the envelope around every answer, the error response of every fault. */
@Module({})
export class ODataModule {
  /** @throws Error where what is said to be modifiable is not in the model */
  static with(served: Served, { reader, writer }: EntityAccess, routes: RouteTable): DynamicModule {
    const { model, modifiable } = served;
    const unknown = modifiable.find((name) => !model.entitySets.has(name) && !model.singletons.has(name));
    if (unknown !== undefined) throw new Error(`The model has no entity set or singleton ${unknown}`);
    return {
      module: ODataModule,
      // Other faces of the protocol ask for what the service says of itself.
      global: true,
      exports: [ServiceMetadata],
      imports: [DiscoveryModule],
      controllers: [MetadataController, OpenApiController, ReadController, ModifyController, FallbackController],
      providers: [
        { provide: MODEL, useValue: served.model },
        { provide: SERVED, useValue: served },
        { provide: EntityReader, useValue: reader },
        { provide: EntityWriter, useValue: writer },
        { provide: RouteTable, useValue: routes },
        ServiceMetadata,
        { provide: APP_INTERCEPTOR, useClass: ODataEnvelopeInterceptor },
        { provide: APP_FILTER, useClass: ODataExceptionFilter },
      ],
    };
  }
}
