import type { StructuredType } from '../edm/model.js';
import type { SearchExpression } from '../uri/syntax-tree.js';
import type { BoundSearch, Instance, SearchPlace } from './bound.js';

/** How deep contained entities and complex values are looked into. */
const deepest = 6;

type Steps = SearchPlace['steps'];

function stepsOf(type: StructuredType, before: Steps): Steps[] {
  if (before.length >= deepest) return [];
  const found: Steps[] = [];
  for (const { name, type: inner, collection, searchable } of type.properties.values()) {
    const steps = [...before, { name, collection }];
    if (searchable) found.push(steps);
    else if (inner.kind === 'complex') found.push(...stepsOf(inner, steps));
  }
  if (type.kind === 'complex') return found;
  for (const { name, type: inner, collection, containsTarget } of type.navigation.values()) {
    // What is elsewhere is found there.
    if (!containsTarget) continue;
    found.push(...stepsOf(inner, [...before, { name, collection, keyed: collection }]));
  }
  return found;
}

/** Every searchable property inside an instance, in complex values and contained entities too; the instance where it is text. */
function placesIn(instance: Instance): readonly SearchPlace[] {
  const { type, joined } = instance;
  // A row of a cross join has what any of its entities has.
  if (joined !== undefined) return [...joined.values()].flatMap((one) => placesIn(one));
  if (type?.kind === 'entity' || type?.kind === 'complex')
    return stepsOf(type, []).map((steps) => ({ instance, steps }));
  return [{ instance, steps: [] }];
}

/** Whether `$search` finds anything in entities or values of a type. */
export function isSearchable(type: StructuredType): boolean {
  return stepsOf(type, []).length > 0;
}

/**
 * Binds `$search` (OData 4.01 Protocol 11.2.6.6): a term matches where a searchable property holds it, in any case.
 */
export function bindSearch(search: SearchExpression, instance: Instance): BoundSearch {
  const places = placesIn(instance);
  const bind = (node: SearchExpression): BoundSearch => {
    switch (node.kind) {
      case 'term':
      case 'incomplete':
        return { kind: 'term', text: node.text, places };
      case 'not':
        return { kind: 'not', operand: bind(node.operand) };
      case 'logical':
        return { kind: 'logical', operator: node.operator, operands: node.operands.map(bind) };
    }
  };
  return bind(search);
}
