import type { StructuredType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import { variantMember } from '../../payload/stored-entity.js';
import type { NameSegment, PathExpression, PathSegment } from '../../uri/syntax-tree.js';
import { type BoundExpression, type Member, single } from '../bound.js';
import { isThere } from './dynamic-values.js';
import { isStructured, propertyOf } from '../value-types.js';

const boolean = single(Edm.Boolean);

/** How a path is bound, and what is said of a name that a type does not have. */
interface Binding {
  readonly start: Member;
  readonly bind: (segments: readonly PathSegment[]) => BoundExpression;
  readonly refuse: (segment: NameSegment, type: StructuredType) => never;
}

function isMade({ qualifiedName }: StructuredType): boolean {
  return qualifiedName === '';
}

/** The names of a path as far as they lead through types that only the query made; what is behind is of the model. */
function madeBy(type: StructuredType, names: readonly NameSegment[]): number {
  let at: StructuredType | undefined = type;
  let length = 0;
  for (const { name } of names) {
    if (at === undefined || !isMade(at)) break;
    const inner: unknown = propertyOf(at, name)?.type;
    at = isStructured(inner as StructuredType) ? (inner as StructuredType) : undefined;
    length += 1;
  }
  return length;
}

/** Whether a type that a query made has a path: what it does not have was aggregated away. */
function has(type: StructuredType, [first, ...rest]: readonly NameSegment[]): boolean {
  const property = first === undefined ? undefined : propertyOf(type, first.name);
  if (property === undefined) return false;
  return rest.length === 0 || (isStructured(property.type) && has(property.type, rest));
}

function literal(value: boolean): BoundExpression {
  return { kind: 'literal', value, type: boolean };
}

/** Whether a row of a union is of one of the structures that have a path. */
function ofVariants(start: Member, variants: readonly StructuredType[], names: readonly NameSegment[]) {
  const integer = single(Edm.Int64);
  const operand: Member = { ...start, path: [...start.path, variantMember], type: integer };
  const items = variants.flatMap((variant, value): readonly BoundExpression[] =>
    has(variant, names) ? [{ kind: 'literal', value, type: integer }] : [],
  );
  return { kind: 'in' as const, operand, items, type: boolean };
}

/**
 * Data Aggregation 3.7: whether a property is present in an instance. What a query made has the properties that it gave it,
 * null or not. What the model declares is present where the instance that it is a property of is there; of an open type,
 * where it has a value.
 */
export function isDefined(path: PathExpression, { start, bind, refuse }: Binding): BoundExpression {
  const names = path.segments as readonly NameSegment[];
  const type = start.type.item as StructuredType;
  const made = names.slice(0, madeBy(type, names));
  const variants = type.kind === 'complex' ? type.variants : undefined;
  const tests: BoundExpression[] = [];
  if (variants !== undefined) tests.push(ofVariants(start, variants, made));
  else if (made.length > 0 && !has(type, made)) return literal(false);
  if (made.length < names.length) {
    const parents = names.slice(0, -1);
    const parent = parents.length === 0 ? start : bind(parents);
    const last = names.at(-1);
    const { item, collection } = parent.type;
    if (last === undefined) throw new Error('A path has segments');
    // What has no properties says so itself.
    if (!isStructured(item) || collection) return isThere(bind(names));
    const isDeclared = last.qualified || propertyOf(item, last.name) !== undefined;
    if (!isDeclared && !item.open) return refuse(last, item);
    if (!isDeclared) tests.push(isThere(bind(names)));
    else if (parents.length > 0) tests.push(isThere(parent));
  }
  const [only] = tests;
  if (only === undefined) return literal(true);
  return tests.length === 1 ? only : { kind: 'logical', operator: 'and', operands: tests, type: boolean };
}
