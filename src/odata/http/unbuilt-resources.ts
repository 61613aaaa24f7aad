import type { Model, StructuredType } from '../protocol/edm/model.js';
import { isSystemSegment } from '../protocol/uri/entity-path.js';

/** Whether what follows a structured value is a path that the model gives a meaning to. */
function continues(model: Model, type: StructuredType, segments: readonly string[]): boolean {
  const [segment, ...rest] = segments;
  if (segment === undefined || isSystemSegment(segment)) return true;
  if (segment.startsWith(`${model.namespace}.`)) {
    return [...model.entityTypes.values(), ...model.complexTypes.values()].some((t) => t.qualifiedName === segment);
  }
  const navigation = type.kind === 'entity' ? type.navigation.get(segment) : undefined;
  if (navigation !== undefined) return continues(model, navigation.type, rest);
  const property = type.properties.get(segment);
  if (property === undefined) return false;
  if (property.type.kind === 'complex' && !property.collection) return continues(model, property.type, rest);
  return rest.length === 0 || (rest.length === 1 && (isSystemSegment(rest[0] ?? '') || property.collection));
}

/**
 * Whether OData and the model define the resource at a path, though the service has no handler for it.
 * @param segments of the path behind the service root, decoded, keys as segments
 */
export function isDefinedResource(model: Model, segments: readonly string[]): boolean {
  const [first = '', second, ...rest] = segments;
  if (['$entity', '$all'].includes(first) || first.startsWith('$crossjoin(')) {
    return second === undefined || first === '$entity';
  }
  const set = model.entitySets.get(first);
  if (set === undefined) return false;
  if (second === undefined || isSystemSegment(second)) return true;
  return continues(model, set.type, rest);
}
