import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { type FoundHandler, handledBy, OperationBook, type OperationHandler } from '../operations/operation-book.js';
import { boundType, type EntityRules, RuleBook } from '../operations/rules.js';
import type { Model } from '../protocol/edm/model.js';
import { Requires } from './decorators.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds what providers of any module do for a model: rules of entities, and methods that handle operations. */
@Injectable()
export class ProviderScan {
  readonly #scanner = new MetadataScanner();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
    private readonly rules: RuleBook,
    private readonly operations: OperationBook,
  ) {}

  /** @throws Error for rules about no type of the model, for operations without a handler, for providers of one request */
  take(model: Model): void {
    const all = this.discovery.getProviders();
    const bound = all.filter(({ metatype }) => metatype && boundType(metatype) !== undefined);
    const stray = bound.find(({ instance }) => instance === undefined || instance === null);
    if (stray !== undefined) throw new Error(`${String(stray.name)}: rules must not be of one request`);
    this.rules.take([...new Set(bound.map(({ instance }) => instance as EntityRules<object>))], model);
    this.operations.take(
      all.flatMap((one) => this.#handlersOf(one)),
      model,
    );
  }

  #handlersOf({ metatype, instance, name }: Wrapper): readonly FoundHandler[] {
    const prototype = (metatype as { readonly prototype?: object } | null)?.prototype;
    if (typeof metatype !== 'function' || prototype === undefined) return [];
    return this.#scanner.getAllMethodNames(prototype).flatMap((method) => {
      const handler = (prototype as Readonly<Record<string, unknown>>)[method];
      const operation = handledBy(handler);
      if (operation === undefined) return [];
      const made = instance as object | null | undefined;
      if (made === undefined || made === null)
        throw new Error(`${String(name)}.${method}: handlers of operations must not be of one request`);
      const requires = this.reflector.get(Requires, handler as () => unknown) as FoundHandler['requires'];
      const bound: OperationHandler = (call) => (handler as OperationHandler).call(made, call);
      return [{ operation, handler: bound, name: `${String(name)}.${method}`, requires }];
    });
  }
}
