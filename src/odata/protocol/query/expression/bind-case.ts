import type { ItemType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import type { Expression, Span } from '../../uri/syntax-tree.js';
import { type BoundExpression, isNull, nothing, single } from '../bound.js';
import { compatible, isStructured, nameOf } from '../value-types.js';
import type { Binder } from './binding.js';
import { dynamicAs, isDynamic } from './dynamic-values.js';
import { isNumeric, promote } from './functions.js';

/** 5.1.1.12.1: the value of the first branch whose condition is true; of the type that all branches have in common. */
export function bindCase(binder: Binder, node: Expression & { kind: 'case' }): BoundExpression {
  let item: ItemType;
  const branches = node.branches.map(({ when, value }) => {
    const bound = binder.expression(value, item);
    if (bound.type.collection || isStructured(bound.type.item))
      binder.fail(value, 'case gives single primitive values');
    if (item === undefined) item = bound.type.item;
    else if (bound.type.item !== undefined && !compatible(item, bound.type.item)) {
      binder.fail(value, `the branches of case differ: ${nameOf(single(item))} and ${nameOf(bound.type)}`);
    } else if (item.kind === 'primitive' && bound.type.item?.kind === 'primitive' && isNumeric(item)) {
      item = promote(item, bound.type.item);
    }
    return { when: binder.predicate(when), value: bound };
  });
  if (branches.every(({ value }) => isNull(value))) return nothing;
  const type = typeWithDynamic(binder, node, item, branches);
  const read = branches.map(({ when, value }) => ({ when, value: dynamicAs(value, type) }));
  return { kind: 'case', branches: read, type: single(type) };
}

/** The type of branches of which some are dynamic: numbers among those are decimals. */
function typeWithDynamic(
  binder: Binder,
  node: Span,
  item: ItemType,
  branches: readonly { readonly value: BoundExpression }[],
): ItemType {
  if (!branches.some(({ value }) => isDynamic(value)) || item?.kind !== 'primitive') return item;
  if (item.family === 'geo')
    return binder.fail(node, `the branches of case differ: ${nameOf(single(item))} and others`);
  return isNumeric(item) ? promote(item, Edm.Decimal) : item;
}
