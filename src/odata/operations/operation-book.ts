import 'reflect-metadata';
import type { Model } from '../protocol/edm/model.js';
import { parametersOf } from '../protocol/edm/operations.js';
import type { Operation } from '../protocol/edm/model.js';
import { expressionOf } from '../protocol/query/expression/operation-expression.js';
import { ExpressionBinder } from '../protocol/query/expression/bind-expression.js';
import { type Instance, single } from '../protocol/query/bound.js';
import { requestContext } from '../protocol/query/request-context.js';
import type { Property } from '../protocol/edm/model.js';
import type { TypeClass } from '../protocol/edm/schema.js';
import type { Call } from './call.js';

/** A method that does what an operation is declared to do. */
export type OperationHandler = (call: Call) => unknown;

const handled = new WeakMap<object, TypeClass>();

/**
 * Has a method of a provider do what an action or function is declared to do; it gets a `Call`. A function gives what it is
 * declared to give: values in the form that they have in JSON, of entities the live ones or objects with their keys. All
 * that an action does with entities, and its answer, are one transaction, which may be run again where the database asks
 * for that: it must have no other effect.
 */
export function Handles<P extends object>(operation: abstract new () => P) {
  return <B>(
    _prototype: object,
    _name: string,
    { value }: { readonly value?: ((call: Call<P, B>) => unknown) | undefined },
  ): void => {
    if (value !== undefined) handled.set(value, operation);
  };
}

/** The class of the operation that a method handles. */
export function handledBy(method: unknown): TypeClass | undefined {
  return typeof method === 'function' ? handled.get(method) : undefined;
}

/** A handler as it was found among the providers. */
export interface FoundHandler {
  readonly operation: TypeClass;
  readonly handler: OperationHandler;
  /** Class and method, for errors. */
  readonly name: string;
  /** The permission that it needs, where it says one. */
  readonly requires: 'read' | 'write' | undefined;
}

/** Who does what the operations of a model are declared to do. */
export class OperationBook {
  #handlers: ReadonlyMap<TypeClass, FoundHandler> = new Map();
  /** Whether an operation needs another permission than what its method asks for. */
  #isSpecial = false;

  /**
   * Takes the handlers, when all of them are there; before anything is called.
   * @throws Error for an operation without a handler, or with two, and for a handler of none; for an expression that is none
   */
  take(found: readonly FoundHandler[], model: Model): void {
    const handlers = new Map<TypeClass, FoundHandler>();
    for (const one of found) {
      const operation = model.operations.all.find((candidate) => candidate.class === one.operation);
      if (operation === undefined) throw new Error(`${one.name}: ${one.operation.name} is no operation of the model`);
      if (operation.expression !== undefined) throw new Error(`${one.name}: the store computes ${one.operation.name}`);
      const other = handlers.get(one.operation);
      if (other !== undefined) throw new Error(`${one.name}: ${other.name} handles ${one.operation.name} already`);
      handlers.set(one.operation, one);
    }
    for (const operation of model.operations.all) {
      if (operation.expression !== undefined) checkExpression(operation, model);
      else if (!handlers.has(operation.class))
        throw new Error(`${operation.class.name}: no provider has a method with @Handles for it`);
    }
    this.#handlers = handlers;
    this.#isSpecial = model.operations.all.some(
      (one) => this.kindOf(one) !== (one.kind === 'action' ? 'write' : 'read'),
    );
  }

  get isSpecial(): boolean {
    return this.#isSpecial;
  }

  /** The permission that an operation needs: to write for an action, to read for a function, unless its handler says so. */
  kindOf({ class: target, kind }: Operation): 'read' | 'write' {
    return this.#handlers.get(target)?.requires ?? (kind === 'action' ? 'write' : 'read');
  }

  handlerOf({ class: target }: Operation): OperationHandler {
    const found = this.#handlers.get(target);
    if (found === undefined) throw new Error(`${target.name}: nothing handles it`);
    return found.handler;
  }
}

/** @throws Error naming the class, where the model gives the expression of a function no meaning */
function checkExpression(operation: Operation, model: Model): void {
  const type = operation.binding?.type;
  const instance: Instance = { kind: 'item', type };
  const start = { kind: 'member' as const, instance, path: [], type: single(type) };
  const computed = new Map(
    parametersOf(operation).map((one) => {
      const { type: item, collection } = one as Property;
      return [one.name, { expression: { kind: 'literal' as const, value: null, type: { item, collection } }, cost: 1 }];
    }),
  );
  const context = {
    ...requestContext(model),
    subject: operation.name,
    current: instance,
    it: instance,
    start,
    computed,
  };
  try {
    expressionOf(operation);
    const { type: given } = new ExpressionBinder({ ...context, inside: [operation] }).ofFunction(operation);
    if (given.collection) throw new Error('it gives a collection');
  } catch (cause) {
    throw new Error(`${operation.class.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
