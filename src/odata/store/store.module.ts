import { type DynamicModule, Global, Module } from '@nestjs/common';
import { AggregateStore } from './aggregate-store.js';

/** Hands the opened store to whoever injects `AggregateStore`. */
@Global()
@Module({})
export class StoreModule {
  static with(store: AggregateStore): DynamicModule {
    return {
      module: StoreModule,
      providers: [{ provide: AggregateStore, useValue: store }],
      exports: [AggregateStore],
    };
  }
}
