import type { ItemType, Model, Operation } from '../../edm/model.js';
import type { Expression, Span } from '../../uri/syntax-tree.js';
import type { BoundCollection, BoundExpression, Instance, Member } from '../bound.js';
import type { Budget } from '../budget.js';
import type { HierarchyBinder } from './bind-hierarchy.js';
import type { LiteralBinder } from './bind-literal.js';

/** A computed property, and what it costs to write it out. */
export interface ComputedExpression {
  readonly expression: BoundExpression;
  readonly cost: number;
}

/**
 * The collection that a text is about: that of the statement, or the group of it that an item is in, which the keys tell;
 * or one that a path leads to, made anew each time, with an item of its own.
 */
export type CurrentCollection =
  | { readonly kind: 'all'; readonly item: Instance; readonly keys: readonly Expression[] }
  | { readonly kind: 'inside'; readonly collection: () => BoundCollection }
  /** What a function of the model has given. */
  | { readonly kind: 'given' };

/** What expressions may refer to beside the model. */
export interface BindingContext {
  readonly model: Model;
  /** `$filter`, `$orderby` …, for messages. */
  readonly subject: string;
  /** What an unqualified path begins at. */
  readonly current: Instance;
  /** The same, and what `$it` is, where it is a value inside an instance: of what a function of the model is bound to. */
  readonly start?: Member;
  /** The functions of the model whose expressions these are inside of. */
  readonly inside?: readonly Operation[];
  /** `$it`: the entity of the resource path. */
  readonly it: Instance;
  readonly aliases: ReadonlyMap<string, Expression>;
  /** Properties that `$compute` added to the current instance. */
  readonly computed: ReadonlyMap<string, ComputedExpression>;
  /** The node for which items are rolled up, by the position of its hierarchy (Data Aggregation 6.3). */
  readonly rollupNodes?: readonly Member[];
  /** What `$these` is (Data Aggregation 3.6); nothing, where the text is about no collection. */
  readonly these?: CurrentCollection | undefined;
  readonly budget: Budget;
  /** The moment of the request: `now()` is the same everywhere in it. */
  readonly now: Date;
}

/** What those that bind one kind of expression each ask of the binder of all. */
export interface Binder {
  readonly context: BindingContext;
  readonly literals: LiteralBinder;
  /** Binds what is said of recursive hierarchies where these expressions stand. */
  readonly hierarchies: HierarchyBinder;
  /** @param expected the type that a literal is cast to, where the place of the expression tells one */
  expression(node: Expression, expected?: ItemType): BoundExpression;
  /** Binds an expression that must be true or false. */
  predicate(node: Expression): BoundExpression;
  /** The expression of a function, of the type that it gives. */
  ofFunction(operation: Operation): BoundExpression;
  /** One that knows other things, and no variables. */
  about(other: Partial<BindingContext>): Binder;
  /** One for what is said of an item inside an expression. */
  inner(current: Instance, these?: CurrentCollection): Binder;
  /** Binds a predicate on the items of a collection, through a variable. */
  within(item: Instance, variable: string, predicate: Expression): BoundExpression;
  /** The item that a variable of `any` or `all` stands for. */
  variable(name: string): Instance | undefined;
  /** @throws ODataError that an expression has no meaning in the model */
  fail(node: Span, message: string): never;
  /** @throws ODataError that OData defines something that this service does not have yet */
  notBuilt(node: Span, feature: string): never;
}
