import type { ItemType, Operation } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import type { Expression, PathExpression, PathSegment, Span } from '../../uri/syntax-tree.js';
import { notBuilt, unbound } from '../binding-error.js';
import { type BoundCollection, type BoundExpression, type Instance, type Member, nothing, single } from '../bound.js';
import { nameOf } from '../value-types.js';
import { bindCall } from './bind-call.js';
import { bindCase } from './bind-case.js';
import { bindCollection } from './bind-collection.js';
import { HierarchyBinder } from './bind-hierarchy.js';
import { LiteralBinder } from './bind-literal.js';
import { bindMemberPath } from './bind-member-path.js';
import { bindBinary, bindUnary } from './bind-operator.js';
import { bindCast, bindIsOf } from './bind-type-test.js';
import type { Binder, BindingContext, CurrentCollection } from './binding.js';
import { dynamicAs } from './dynamic-values.js';
import { membersOf } from './members.js';
import { expressionOf } from './operation-expression.js';

/** Binds expressions to the model (OData 4.01 URL Conventions 5.1.1): names resolved, nodes typed, literals cast. */
export class ExpressionBinder implements Binder {
  readonly #variables = new Map<string, Instance>();
  readonly #aliasesUnderway = new Set<string>();
  readonly literals: LiteralBinder;

  constructor(readonly context: BindingContext) {
    this.literals = new LiteralBinder(context.subject, context.model.enumTypes);
  }

  predicate(node: Expression): BoundExpression {
    const bound = this.expression(node);
    const { item, collection } = bound.type;
    if (!collection && (item === undefined || item === Edm.Boolean)) return dynamicAs(bound, Edm.Boolean);
    return this.fail(node, `a condition must be true or false, this is ${nameOf(bound.type)}`);
  }

  expression(node: Expression, expected?: ItemType): BoundExpression {
    this.context.budget.spend(1, this.context.subject);
    switch (node.kind) {
      case 'literal':
        return this.literals.literal(node, expected);
      case 'enum':
        return this.literals.enumLiteral(node);
      case 'array':
        return this.literals.array(node, expected);
      case 'path':
        return node.root?.kind === 'alias' ? this.#alias(node, node.root.name, expected) : bindMemberPath(this, node);
      case 'call':
        return bindCall(this, node);
      case 'cast':
        return bindCast(this, node);
      case 'isof':
        return bindIsOf(this, node);
      case 'case':
        return bindCase(this, node);
      case 'unary':
        return bindUnary(this, node);
      case 'binary':
        return bindBinary(this, node);
      case 'logical': {
        const operands = node.operands.map((operand) => this.predicate(operand));
        return { kind: 'logical', operator: node.operator, operands, type: single(Edm.Boolean) };
      }
      case 'object':
        return this.fail(node, 'an object can only be compared with a complex value');
      case 'list':
        return this.fail(node, "a list can only stand behind 'in'");
    }
  }

  /** A collection that a path leads to, with what its filters and casts leave of it. */
  collection(member: Member, segments: readonly PathSegment[]): BoundCollection {
    return bindCollection(this, member, segments);
  }

  ofFunction(operation: Operation): BoundExpression {
    const bound = this.expression(expressionOf(operation));
    const type = operation.result?.type;
    return bound.type.item === type || type === undefined
      ? bound
      : { kind: 'cast', operand: bound, type: single(type) };
  }

  get hierarchies(): HierarchyBinder {
    const { model, subject, aliases } = this.context;
    return new HierarchyBinder({
      model,
      subject,
      aliases,
      bind: (node, expected) => this.expression(node, expected),
      predicate: (item, node, { target, before }) => {
        const collection = (): BoundCollection => this.collection(membersOf(target), before);
        return this.inner(item, { kind: 'inside', collection }).predicate(node);
      },
    });
  }

  about(other: Partial<BindingContext>): ExpressionBinder {
    return new ExpressionBinder({ ...this.context, ...other });
  }

  inner(current: Instance, these?: CurrentCollection): ExpressionBinder {
    const inner = this.about({ current, computed: new Map(), these });
    for (const [name, instance] of this.#variables) inner.#variables.set(name, instance);
    return inner;
  }

  within(item: Instance, variable: string, predicate: Expression): BoundExpression {
    const hidden = this.#variables.get(variable);
    this.#variables.set(variable, item);
    const bound = this.predicate(predicate);
    if (hidden === undefined) this.#variables.delete(variable);
    else this.#variables.set(variable, hidden);
    return bound;
  }

  variable(name: string): Instance | undefined {
    return this.#variables.get(name);
  }

  fail(node: Span, message: string): never {
    throw unbound(this.context.subject, node, message);
  }

  notBuilt(node: Span, feature: string): never {
    throw notBuilt(this.context.subject, node, feature);
  }

  // OData 4.01 URL Conventions 5.3
  #alias(node: PathExpression, name: string, expected: ItemType): BoundExpression {
    if (node.segments.length > 0) return this.notBuilt(node, `a path behind the alias '@${name}'`);
    const value = this.context.aliases.get(name);
    // An alias without a value is null.
    if (value === undefined) return nothing;
    if (this.#aliasesUnderway.has(name)) return this.fail(node, `the alias '@${name}' refers to itself`);
    this.#aliasesUnderway.add(name);
    const bound = this.expression(value, expected);
    this.#aliasesUnderway.delete(name);
    return bound;
  }
}
