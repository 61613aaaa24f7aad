import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import type { Model } from '../odata/edm/model.js';
import { ODataEnvelopeInterceptor } from './envelope.interceptor.js';
import { FallbackController, MODEL } from './fallback.controller.js';
import { ODataExceptionFilter } from './odata-exception.filter.js';
import { RouteTable } from './route-table.js';

/** Nest's face of the protocol: the envelope around every answer, the error response of every fault. */
@Module({})
export class ODataModule {
  static with(model: Model, routes: RouteTable): DynamicModule {
    return {
      module: ODataModule,
      controllers: [FallbackController],
      providers: [
        { provide: MODEL, useValue: model },
        { provide: RouteTable, useValue: routes },
        { provide: APP_INTERCEPTOR, useClass: ODataEnvelopeInterceptor },
        { provide: APP_FILTER, useClass: ODataExceptionFilter },
      ],
    };
  }
}
