import type { NavigationProperty, Property, StructuredType } from '../edm/model.js';
import { ownNavigation, ownProperties } from './own-members.js';

/** That a navigation property leads to members of an entity set (OData CSDL 4.01, 13.4). */
export interface NavigationBinding {
  /** From the entity set or singleton, through type casts, containment and complex values. */
  readonly path: string;
  readonly target: string;
}

function ofNavigation({ name, type, target }: NavigationProperty, prefix: string): readonly NavigationBinding[] {
  if (target !== undefined) return [{ path: `${prefix}${name}`, target: target.name }];
  return navigationBindings(type, `${prefix}${name}/`);
}

function ofProperty({ name, type }: Property, prefix: string): readonly NavigationBinding[] {
  return type.kind === 'complex' ? navigationBindings(type, `${prefix}${name}/`) : [];
}

/** The bindings of an entity set or singleton with entities of a type, or of what is inside them. */
export function navigationBindings(type: StructuredType, prefix = ''): readonly NavigationBinding[] {
  const own = [
    ...[...(type.navigation?.values() ?? [])].flatMap((property) => ofNavigation(property, prefix)),
    ...[...type.properties.values()].flatMap((property) => ofProperty(property, prefix)),
  ];
  const types: readonly StructuredType[] = type.derived;
  const derived = types.flatMap((one) => {
    const inside = `${prefix}${one.qualifiedName}/`;
    return [
      ...ownNavigation(one).flatMap((property) => ofNavigation(property, inside)),
      ...ownProperties(one).flatMap((property) => ofProperty(property, inside)),
    ];
  });
  return [...own, ...derived];
}
