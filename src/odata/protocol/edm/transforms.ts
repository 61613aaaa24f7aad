import { type ClassTransformOptions, TransformationType } from 'class-transformer';
import { ownTransformersOf, type TransformEntry, transformsOf } from './class-transformer-storage.js';
import type { DeclaredMembers } from './property-rules.js';
import { isCollection, type NavigationDeclaration, type PropertyDeclaration, type TypeClass } from './schema.js';

/** What `@Transform` makes of a property's value. Its result is whatever the function gives. */
export type Transformation = (value: unknown, object: () => object) => unknown;

/** What becomes of a property's values when a body is read, and when an entity is written. */
export interface Transformations {
  readonly onRead?: Transformation;
  readonly onWrite?: Transformation;
}

/** What class-transformer tells a transform where it was called without options. */
const options: ClassTransformOptions = Object.freeze({
  enableCircularCheck: false,
  enableImplicitConversion: false,
  excludeExtraneousValues: false,
  exposeDefaultValues: false,
  exposeUnsetFields: true,
  ignoreDecorators: false,
});

function fault(target: TypeClass, property: string | undefined, reason: string): Error {
  return new Error(`${target.name}${property === undefined ? '' : `.${property}`}: ${reason}`);
}

function transformation(
  entries: readonly TransformEntry[],
  key: string,
  type: TransformationType,
): Transformation | undefined {
  if (entries.length === 0) return undefined;
  return (value, object) =>
    entries.reduce(
      (current, { transformFn }) =>
        transformFn({
          value: current,
          key,
          get obj() {
            return object();
          },
          type,
          options,
        }),
      value,
    );
}

/** @throws Error where a `@Transform` would not be applied, or could not be */
function refuseTransforms(target: TypeClass, property: string, entries: readonly TransformEntry[]): void {
  for (const { options: { groups = [], since, until } = {}, transformFn } of entries) {
    if (groups.length > 0) throw fault(target, property, 'groups have no meaning in a payload; remove them');
    if (since !== undefined || until !== undefined)
      throw fault(target, property, 'a payload has no version for since and until; remove them');
    if (transformFn.constructor.name === 'AsyncFunction')
      throw fault(target, property, 'an asynchronous @Transform cannot be applied; make it synchronous');
  }
}

/**
 * What `@Transform` puts on a property that a class declares.
 * @param about the key is in every URL of its entity; what the service computes is never taken out of a body
 * @throws Error naming class and property, where one would not be applied, or could not be
 */
export function transformationsOf(
  target: TypeClass,
  name: string,
  { isKey, isComputed }: { readonly isKey: boolean; readonly isComputed: boolean },
): Transformations {
  const reading = transformsOf(target, name, TransformationType.PLAIN_TO_CLASS);
  const writing = transformsOf(target, name, TransformationType.CLASS_TO_PLAIN);
  refuseTransforms(target, name, [...reading, ...writing]);
  if (isKey && writing.length > 0)
    throw fault(target, name, 'a key is written as it stands in URLs; give @Transform { toClassOnly: true }');
  if (isComputed && reading.some((entry) => !writing.includes(entry)))
    throw fault(target, name, 'what a body says of a computed property is ignored; remove toClassOnly of @Transform');
  const onRead = transformation(reading, name, TransformationType.PLAIN_TO_CLASS);
  const onWrite = transformation(writing, name, TransformationType.CLASS_TO_PLAIN);
  return { ...(onRead === undefined ? {} : { onRead }), ...(onWrite === undefined ? {} : { onWrite }) };
}

/** The function that the declaration of a property gives to `@Type`; undefined of what has no class. */
function declaredClass(declaration: PropertyDeclaration | NavigationDeclaration): (() => unknown) | undefined {
  if ('target' in declaration) return declaration.target;
  const item = isCollection(declaration.type) ? declaration.type.item : declaration.type;
  return typeof item === 'function' ? item : undefined;
}

function refuseTypes(target: TypeClass, { properties, navigation }: DeclaredMembers): void {
  const declared = new Map(
    [...properties, ...navigation].map((declaration) => [declaration.name as string | undefined, declaration]),
  );
  for (const [name, { typeFunction, options: { discriminator } = {} }] of ownTransformersOf(target).types) {
    const declaration = declared.get(name);
    const own = declaration === undefined ? undefined : declaredClass(declaration);
    if (own === undefined)
      throw fault(target, name, '@Type is not applied: @Property says what its values are; remove it');
    if (discriminator !== undefined)
      throw fault(target, name, 'a discriminator is not asked: values say their type by @odata.type; remove it');
    if (typeFunction === undefined || (typeFunction !== own && typeFunction() !== own()))
      throw fault(target, name, '@Type names another class than the declaration of the property; remove it');
  }
}

/**
 * Holds class-transformer's decorators on a class to what is applied.
 * @throws Error naming class and property, where one would not be
 */
export function refuseUnapplied(target: TypeClass, declared: DeclaredMembers): void {
  const names = new Set(declared.properties.map(({ name }) => name));
  const { transforms, exposed, excluded } = ownTransformersOf(target);
  for (const [name = ''] of transforms) {
    if (names.has(name)) continue;
    if (declared.navigation.some((one) => one.name === name))
      throw fault(target, name, '@Transform is not applied to navigation; put it on properties of the entities');
    const advice = declared.inherited.has(name)
      ? 'declare the inherited property again beside it, or put it on the base class'
      : 'it has no @Property';
    throw fault(target, name, `@Transform is not applied: ${advice}`);
  }
  for (const [name] of exposed)
    throw fault(target, name, '@Expose is not applied: every declared property is exposed, by its name; remove it');
  for (const [name] of excluded)
    throw fault(
      target,
      name,
      '@Exclude is not applied; leave the property out of the model, or @Transform what is written',
    );
  refuseTypes(target, declared);
}
