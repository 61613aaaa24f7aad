import type { EntityType } from '../edm/model.js';
import { declaredTypeName, typeName } from '../edm/type-name.js';
import { bindingParameter, parametersOf } from '../edm/operations.js';
import type { Operation, OperationType, Parameter } from '../edm/model.js';
import { type Annotation, annotations, record } from '../edm/annotation.js';
import { annotationsOf, annotationsOfProperty, withOwn } from './element-annotations.js';
import { type CsdlFacets, defaultText, facetsOf } from './own-members.js';
import type { ServedFunction, ServiceDescription } from './service-description.js';
import { permissions } from './permissions.js';

/** A parameter, or what an operation gives (OData CSDL 4.01, 12.8 and 12.9). */
export interface TypedElement {
  readonly name: string;
  readonly type: string;
  readonly collection: boolean;
  readonly nullable: boolean;
  readonly facets: CsdlFacets;
  readonly annotations: readonly Annotation[];
}

/** An overload of an action or function (12.2 and 12.4), in the words of the metadata document. */
export interface OperationElement {
  readonly kind: 'Action' | 'Function';
  readonly name: string;
  readonly isBound: boolean;
  readonly entitySetPath: string | undefined;
  readonly isComposable: boolean;
  readonly parameters: readonly TypedElement[];
  readonly returns: TypedElement | undefined;
  readonly annotations: readonly Annotation[];
}

/** An import of the container (13.5 and 13.6). */
export interface ImportElement {
  readonly kind: 'Action' | 'Function';
  readonly name: string;
  readonly operation: string;
  readonly entitySet: string | undefined;
  readonly isInServiceDocument: boolean;
  readonly annotations: readonly Annotation[];
}

function typed(name: string, of: OperationType, nullable: boolean): TypedElement {
  return { name, type: declaredTypeName(of), collection: of.collection, nullable, facets: {}, annotations: [] };
}

function parameter(one: Parameter, optional: boolean): TypedElement {
  const own = one.kind === 'property' ? annotationsOfProperty(one) : annotationsOf(one);
  const value = one.kind === 'property' ? defaultText(one) : undefined;
  const left = annotations({ 'Core.OptionalParameter': optional ? record({ DefaultValue: value }) : undefined });
  return {
    name: one.name,
    type: one.kind === 'property' ? declaredTypeName(one) : typeName(one.type),
    collection: one.collection,
    nullable: one.nullable && !(one.kind === 'navigation' && one.collection),
    facets: one.kind === 'property' ? facetsOf(one) : {},
    annotations: [...own, ...left],
  };
}

function entitySetPath({ path }: Operation): string | undefined {
  if (path === undefined) return undefined;
  return path === '' ? bindingParameter : `${bindingParameter}/${path.name}`;
}

/** An action or function of the model. */
export function operationElement(operation: Operation, service: ServiceDescription): OperationElement {
  const { kind, name, binding, optional, result, composable, onlyOn } = operation;
  const bound = binding === undefined ? [] : [typed(bindingParameter, binding, false)];
  const scopes = service.operationScopes(operation);
  return {
    kind: kind === 'action' ? 'Action' : 'Function',
    name,
    isBound: binding !== undefined,
    entitySetPath: entitySetPath(operation),
    isComposable: composable,
    parameters: [...bound, ...parametersOf(operation).map((one) => parameter(one, optional.has(one.name)))],
    returns: result === undefined ? undefined : typed('', result, result.nullable),
    annotations: withOwn(
      name,
      annotations({
        'Core.Description': operation.description,
        'Core.LongDescription': operation.longDescription,
        'Core.RequiresExplicitBinding': onlyOn === undefined ? undefined : true,
        'Capabilities.OperationRestrictions': record({
          FilterSegmentSupported: binding === undefined ? undefined : true,
          Permissions: permissions(scopes),
        }),
      }),
      operation.annotations,
    ),
  };
}

/** A function that the service has on every entity set, for one type of their members. */
export function setFunctionElement({ name, description }: ServedFunction, type: EntityType): OperationElement {
  const several = { type, collection: true };
  return {
    kind: 'Function',
    name,
    isBound: true,
    entitySetPath: bindingParameter,
    isComposable: false,
    parameters: [typed(bindingParameter, several, false)],
    returns: typed('', several, false),
    annotations: annotations({ 'Core.Description': description }),
  };
}

/** The imports of unbound operations; overloads have one together. */
export function importElements(imports: ReadonlyMap<string, readonly Operation[]>): readonly ImportElement[] {
  return [...imports].flatMap(([name, overloads]): readonly ImportElement[] => {
    const [first] = overloads;
    if (first === undefined) return [];
    return [
      {
        kind: first.kind === 'action' ? 'Action' : 'Function',
        name,
        operation: first.qualifiedName,
        entitySet: first.result?.set?.name,
        isInServiceDocument: isInServiceDocument(overloads),
        annotations: annotations({ 'Core.Description': first.description }),
      },
    ];
  });
}

/** Whether an import is something to begin with: it gives data without being told anything (13.6). */
export function isInServiceDocument(overloads: readonly Operation[]): boolean {
  return overloads.some((one) => one.kind === 'function' && parametersOf(one).length === 0);
}
