import { Edm } from '../../edm/primitive-types.js';
import { type BoundExpression, type GroupKey, single } from '../bound.js';
import { isStructured } from '../value-types.js';
import { isThere } from './dynamic-values.js';
import { wholeOf } from './members.js';

/**
 * What a single value is grouped by (Data Aggregation 3.2.3.1): a complex one as a whole, an entity that is referred to by its
 * key, as long as it is there; undefined of an entity that is inside of another.
 */
export function groupable(bound: BoundExpression): Omit<GroupKey, 'path'> | undefined {
  if (!isStructured(bound.type.item)) return { value: bound };
  if (bound.kind === 'case') {
    // Behind casts: null where one of them fails.
    const [branch] = bound.branches;
    const inner = branch && groupable(branch.value);
    if (branch === undefined || inner === undefined) return undefined;
    const { type } = inner.value;
    return { ...inner, value: { kind: 'case', branches: [{ when: branch.when, value: inner.value }], type } };
  }
  if (bound.kind !== 'member') return undefined;
  if (bound.type.item.kind === 'complex') return { value: wholeOf(bound) };
  const { reference } = bound.instance;
  if (reference === undefined || bound.path.length > 0) return undefined;
  const key: BoundExpression = { ...reference.link, type: single(Edm.String) };
  return { value: { kind: 'case', branches: [{ when: isThere(bound), value: key }], type: key.type }, reference };
}
