import { navigationPath, propertyPath } from './annotation.js';
import type { Annotation, ModelPath } from './annotation.js';
import { Annotate } from './declarations.js';
import type { EntityType, Model, Property, RecursiveHierarchy, StructuredType } from './model.js';

/** The term by which a type says that its entities are nodes (Data Aggregation 5.5.2). */
const term = 'Aggregation.RecursiveHierarchy';

/**
 * Declares that entities of the class are nodes of a hierarchy (Aggregation.RecursiveHierarchy).
 * @param qualifier by which queries name it
 * @param of the path of the property that identifies a node, and the navigation property that leads to its parent or parents
 */
export function InHierarchy(qualifier: string, { node, parent }: { readonly node: string; readonly parent: string }) {
  return Annotate({
    [`${term}#${qualifier}`]: { NodeProperty: propertyPath(node), ParentNavigationProperty: navigationPath(parent) },
  });
}

/** The hierarchy of a qualifier that a type, or one that it derives from, declares. */
export function hierarchyOf(type: EntityType, qualifier: string): RecursiveHierarchy | undefined {
  return (
    type.hierarchies?.get(qualifier) ??
    (type.baseType === undefined ? undefined : hierarchyOf(type.baseType, qualifier))
  );
}

/** The qualifiers of the hierarchies of a type and of those that it derives from. */
export function hierarchyNames(type: EntityType): readonly string[] {
  return [...(type.hierarchies?.keys() ?? []), ...(type.baseType === undefined ? [] : hierarchyNames(type.baseType))];
}

/** Whether entities of a model are nodes of hierarchies. */
export function hasHierarchies({ entityTypes }: Model): boolean {
  return [...entityTypes.values()].some(({ hierarchies }) => hierarchies !== undefined);
}

function pathIn({ value }: Annotation, name: string, fail: (reason: string) => never): string {
  const isRecord = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'record';
  const path = isRecord ? (value.values[name] as ModelPath | undefined)?.path : undefined;
  return path ?? fail(`needs the path ${name}`);
}

/** The properties on a path. */
function stepsOf(type: StructuredType, path: string): readonly Property[] | undefined {
  const steps: Property[] = [];
  let at: StructuredType | undefined = type;
  for (const name of path.split('/')) {
    const property: Property | undefined = at?.properties.get(name);
    if (property === undefined || property.collection) return undefined;
    steps.push(property);
    at = property.type.kind === 'complex' ? property.type : undefined;
  }
  return at === undefined ? steps : undefined;
}

function readHierarchy(type: EntityType, annotation: Annotation): RecursiveHierarchy {
  const { qualifier } = annotation;
  const fail = (reason: string): never => {
    throw new Error(`${type.name}: ${term}${qualifier === undefined ? '' : `#${qualifier}`} ${reason}`);
  };
  if (qualifier === undefined) return fail('needs a qualifier');
  const path = pathIn(annotation, 'NodeProperty', fail);
  if (stepsOf(type, path) === undefined) return fail(`has a NodeProperty that is no single primitive value: '${path}'`);
  const name = pathIn(annotation, 'ParentNavigationProperty', fail);
  const parent = type.navigation.get(name);
  const leads = parent?.type === type && parent.target !== undefined;
  if (parent === undefined || !leads || !(parent.collection || parent.nullable))
    return fail(`has a ParentNavigationProperty that does not lead to some ${type.name} or none: '${name}'`);
  return { qualifier, node: path.split('/'), parent };
}

/**
 * Puts on the entity types of a model the hierarchies that they are annotated with.
 * @throws Error naming the type, where the annotation is not as the term asks
 */
export function addHierarchies({ entityTypes }: Model): void {
  for (const type of entityTypes.values()) {
    const said = type.annotations?.filter((one) => one.term === term) ?? [];
    const hierarchies = said.map((one) => readHierarchy(type, one));
    if (hierarchies.length > 0)
      Object.assign(type, { hierarchies: new Map(hierarchies.map((one) => [one.qualifier, one])) });
  }
}

/** The paths of the levels of a hierarchy of a type, or of one that it derives from (Data Aggregation 5.5.1). */
export function leveledHierarchy(type: EntityType, qualifier: string): readonly string[] | undefined {
  const said = type.annotations?.find(
    (one) => one.term === 'Aggregation.LeveledHierarchy' && one.qualifier === qualifier,
  )?.value;
  if (Array.isArray(said)) return said.map((path: ModelPath) => path.path);
  return type.baseType === undefined ? undefined : leveledHierarchy(type.baseType, qualifier);
}
