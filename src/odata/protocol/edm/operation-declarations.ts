import 'reflect-metadata';
import type { DeclaredCollection, DeclaredItemType, OperationDeclaration, Schema, TypeClass } from './schema.js';

/** What an action or function says of itself beside its parameters. */
export interface OperationOptions {
  /** Name in the schema; without it the name of the class, its first letter small. */
  readonly name?: string;
  /** What it does, in one sentence (Core.Description). */
  readonly description?: string;
  /** What else there is to know (Core.LongDescription). */
  readonly longDescription?: string;
  /** The type of what it is bound to, `Collection(…)` of several. Without it an import of its name calls it. */
  readonly on?: DeclaredItemType | DeclaredCollection;
  /** What it gives. A function gives something. */
  readonly returns?: DeclaredItemType | DeclaredCollection;
  /** Whether it may give null, or the collection may have nulls. Default: false. */
  readonly nullable?: boolean;
  /**
   * Where the entities are that it gives: `''` among those that it is bound to, `works` what a navigation property of those
   * leads to (EntitySetPath of CSDL, without the name of the binding parameter); of an unbound one the name of a set.
   * Without it they are in the one set of their type.
   */
  readonly from?: string;
  /** The entity sets and singletons on which it is available, where it is not on all (Core.RequiresExplicitBinding). */
  readonly onlyOn?: readonly string[];
  /** Name of the import of an unbound one. Default: its name. */
  readonly importName?: string;
}

/** What only a function says. */
export interface FunctionOptions extends OperationOptions {
  readonly returns: DeclaredItemType | DeclaredCollection;
  /** Whether paths and query options may follow it (OData CSDL 4.01, 12.7). Default: false. */
  readonly composable?: boolean;
  /**
   * An expression of OData over the properties of what it is bound to and its parameters, by name: the function is computed
   * by the store, also in `$filter`, `$orderby` and `$compute`, and needs no handler.
   */
  readonly expression?: string;
}

function uncapitalised(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

function operation(schema: Schema, kind: OperationDeclaration['kind'], options: FunctionOptions | OperationOptions) {
  return (target: TypeClass): void => {
    const { name = uncapitalised(target.name), description, longDescription, on, returns, from, onlyOn } = options;
    const { composable = false, expression } = options as Partial<FunctionOptions>;
    schema.operations.push({
      kind,
      name,
      class: target,
      description,
      longDescription,
      on,
      returns,
      nullable: options.nullable ?? false,
      from,
      composable,
      onlyOn,
      expression,
      importName: on === undefined ? (options.importName ?? name) : undefined,
    });
  };
}

/**
 * Declares an action (OData CSDL 4.01, 12.1): something that the service does. The properties of the class are its
 * parameters, in their order, with the rules that class-validator's decorators put on them; `@References` is an entity
 * that is referred to, `@Contained` one that the body carries. A method with `@Handles` does it.
 */
export function ODataAction(schema: Schema, options: OperationOptions = {}) {
  return operation(schema, 'action', options);
}

/** Declares a function (OData CSDL 4.01, 12.3): a question that the service answers, likewise. */
export function ODataFunction(schema: Schema, options: FunctionOptions) {
  return operation(schema, 'function', options);
}
