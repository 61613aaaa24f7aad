import type { EntityType, NavigationProperty } from '../edm/model.js';
import { ownNavigation } from './own-members.js';

/** That a navigation property leads to members of an entity set (OData CSDL 4.01, 13.4). */
export interface NavigationBinding {
  /** From the entity set or singleton, through type casts and containment. */
  readonly path: string;
  readonly target: string;
}

function ofProperty({ name, type, target }: NavigationProperty, prefix: string): readonly NavigationBinding[] {
  if (target !== undefined) return [{ path: `${prefix}${name}`, target: target.name }];
  return navigationBindings(type, `${prefix}${name}/`);
}

/** The bindings of an entity set or singleton with entities of a type. */
export function navigationBindings(type: EntityType, prefix = ''): readonly NavigationBinding[] {
  const own = [...type.navigation.values()].flatMap((property) => ofProperty(property, prefix));
  const derived = type.derived.flatMap((one) =>
    ownNavigation(one).flatMap((property) => ofProperty(property, `${prefix}${one.qualifiedName}/`)),
  );
  return [...own, ...derived];
}
