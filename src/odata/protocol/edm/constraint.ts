import * as classValidator from 'class-validator';
import type { ValidationArguments, ValidatorConstraintInterface } from 'class-validator';

const { getMetadataStorage } = classValidator;

/** The registry's entry of one decorator of class-validator, as far as it is needed here. */
export type RuleMetadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** What a rule tests with, and what can be known of it before it is run. */
export interface Constraint {
  readonly name: string;
  readonly instance: ValidatorConstraintInterface;
  readonly isAsync: boolean;
  /** It is one of class-validator's own. */
  readonly isBuiltIn: boolean;
  /** Its answer may depend on more than the value: on the object that has it. */
  readonly looksAround: boolean;
}

function nameOf({ target }: RuleMetadata): string {
  return typeof target === 'string' ? target : target.name;
}

/**
 * What a validator is told beside the value; the object is only made where the validator asks for it. A class, because it is
 * made for every value that is tested: objects with a getter of their own are slow to make.
 */
export class LazyArguments implements ValidationArguments {
  readonly constraints: unknown[];
  readonly targetName: string;
  readonly property: string;
  readonly #object: () => object;

  constructor(
    metadata: RuleMetadata,
    readonly value: unknown,
    object: () => object,
  ) {
    this.constraints = metadata.constraints;
    this.targetName = nameOf(metadata);
    this.property = metadata.propertyName;
    this.#object = object;
  }

  get object(): object {
    return this.#object();
  }
}

/** The same of an object that is there. */
export function argumentsOf(metadata: RuleMetadata, value: unknown, object: object): ValidationArguments {
  const { constraints, propertyName: property } = metadata;
  return { value, constraints, targetName: nameOf(metadata), property, object };
}

/** The names of class-validator's own constraints; it exports each as a constant: `MAX_LENGTH`. */
const builtInNames: ReadonlySet<unknown> = new Set(
  Object.entries(classValidator)
    .filter(([name, value]) => /^[A-Z][A-Z0-9_]*$/.test(name) && typeof value === 'string')
    .map(([, value]) => value),
);

/** Values that a constraint with the name of a built-in one is tried with. */
const samples = ['', 'a', 0, 1, true, null, [], ['a'], {}];

/**
 * Whether a constraint that has the name of one of class-validator's looks at the object all the same: then the name is all
 * it has of it. Those of class-validator have no effect, so that it does no harm to try.
 */
function looksWhenTried(instance: ValidatorConstraintInterface, metadata: RuleMetadata): boolean {
  let looked = false;
  const object = (): object => {
    looked = true;
    return {};
  };
  for (const value of samples) {
    try {
      void instance.validate(value, new LazyArguments(metadata, value, object));
    } catch {
      // What it cannot take says nothing of where it looks.
    }
  }
  return looked;
}

/** The head of a function that takes one plain parameter, or none: `validate(value) {`, `(value) =>`, `value =>`. */
const takesOneValue =
  /^(?:async\s+)?(?:(?:function\s*)?[\w$]*\s*\(\s*(?:[\w$]+\s*,?\s*)?\)|[\w$]+\s*=>)(?![^]*\barguments\b)/;

/** Whether a function may have another argument than its first: what cannot be ruled out by its text may be so. */
function mayTakeMore(validate: (...args: never[]) => unknown): boolean {
  return validate.length > 1 || !takesOneValue.test(Function.prototype.toString.call(validate));
}

/** The class that class-validator makes of a validator that is an object: what is inside cannot be seen from outside. */
const wrapper = 'CustomConstraint';

/**
 * The constraint of a decorator.
 * @returns undefined where class-validator knows none, or several
 */
export function constraintOf(metadata: RuleMetadata): Constraint | undefined {
  const [constraint, ...others] = getMetadataStorage().getTargetValidatorConstraints(metadata.constraintCls);
  if (constraint === undefined || others.length > 0) return undefined;
  const instance: ValidatorConstraintInterface = constraint.instance;
  const isNamedLikeOne = constraint.target.name === wrapper && builtInNames.has(constraint.name);
  const isBuiltIn = isNamedLikeOne && !looksWhenTried(instance, metadata);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- It is read, not called.
  const { validate } = instance;
  return {
    name: metadata.name ?? constraint.name,
    instance,
    isAsync: constraint.async || validate.constructor.name === 'AsyncFunction',
    isBuiltIn,
    looksAround: !isBuiltIn && mayTakeMore(validate),
  };
}
