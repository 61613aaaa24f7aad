import { ODataError } from '../odata-error.js';
import { keyPart } from '../edm/key-parts.js';
import type { EntitySet, Model, NavigationProperty } from '../edm/model.js';
import type { JsonObject } from '../json/json-value.js';
import type { EntityIds } from '../payload/read-values.js';
import { bindPath } from './bind-path.js';
import type { BoundPath } from './bound.js';
import { requestContext } from './request-context.js';
import { parsePath } from '../uri/parse-path.js';
import { keyOf } from '../edm/key-text.js';
import { canonicalPath } from './canonical-path.js';

/**
 * The path of an entity-id behind the service root, percent-encoded as in a URL; undefined where it is of another service.
 * An entity-id is a URL with a percent-encoding of its own; what it leaves raw is encoded as in a path.
 */
export function pathOfEntityId(id: string, roots: readonly string[]): string | undefined {
  const root = roots.find((one) => id.startsWith(one));
  const path = encodeURI(root === undefined ? id : id.slice(root.length)).replaceAll(/%25(?=[0-9A-F]{2})/gi, '%');
  return /^(?:[a-z][a-z0-9+.-]*:|\/)/i.test(path) ? undefined : path;
}

/** Whether what a path says of the key of what contains the entity at its end is so. */
function isOfOwner({ root, key = '' }: BoundPath, { filters, property }: BoundPath['steps'][number]): boolean {
  const back = property.kind === 'navigation' ? property.type.navigation.get(property.partner ?? '') : undefined;
  if (filters.length === 0 || back?.isOwner !== true) return true;
  const owner = keyOf(root.type, key);
  return filters.every((one) => {
    if (one.kind !== 'comparison' || one.left.kind !== 'member' || one.right.kind !== 'literal') return true;
    const [name] = one.left.path;
    const tied = back.constraints?.find(({ dependent }) => dependent === name);
    return tied === undefined || keyPart(root.type, tied.principal, owner) === one.right.value;
  });
}

/** Resolves the entity-ids of bodies in a model (OData 4.01 Protocol 4.1): absolute ones, and those relative to the service root. */
export class ModelEntityIds implements EntityIds {
  constructor(
    private readonly model: Model,
    private readonly roots: readonly string[],
  ) {}

  memberOf(set: EntitySet, id: string): JsonObject | undefined {
    const path = pathOfEntityId(id, this.roots);
    const bound = path === undefined ? undefined : this.bound(path);
    if (bound?.root !== set || bound.key === undefined || bound.steps.length > 0 || bound.filters.length > 0)
      return undefined;
    return keyOf(set.type, bound.key);
  }

  keyOf(property: NavigationProperty, id: string, collection: string | undefined): JsonObject | undefined {
    const own = pathOfEntityId(id, this.roots);
    if (own === undefined) return undefined;
    const owner = collection?.slice(0, -property.name.length);
    // Some clients name a member by the end of its path.
    for (const path of owner === undefined ? [own] : [own, `${owner}${own}`]) {
      const bound = this.bound(path);
      const last = bound?.steps.at(-1);
      if (bound === undefined || last?.property !== property || last.key === undefined) continue;
      if (!isOfOwner(bound, last)) continue;
      const { url } = canonicalPath({ ...bound, steps: [...bound.steps.slice(0, -1), { ...last, key: undefined }] });
      if (collection === undefined || url === collection) return keyOf(property.type, last.key);
    }
    return undefined;
  }

  /** Where a path leads; undefined where the model has nothing there. */
  bound(path: string): BoundPath | undefined {
    try {
      const bound = bindPath(parsePath(path), requestContext(this.model));
      return bound.suffix === undefined && bound.function === undefined ? bound : undefined;
    } catch (error) {
      if (error instanceof ODataError) return undefined;
      throw error;
    }
  }
}
