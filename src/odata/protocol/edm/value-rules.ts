import type { ValidationArguments } from 'class-validator';
import { argumentsOf, type Constraint, LazyArguments, type RuleMetadata } from './constraint.js';
import type { TypeClass } from './schema.js';

/** What every class-validator rule of a property has, taken out of class-validator's registry once, ready to be run. */
interface Rule {
  /** class-validator's name of the rule: `maxLength`. */
  readonly name: string;
  /** The arguments of its decorator: `[64]`. */
  readonly constraints: readonly unknown[];
  /** Whether it is about each item of a collection. */
  readonly each: boolean;
}

/** A rule that looks at nothing but one value, or one item. */
export interface ValueRule extends Rule {
  /** Whether the value obeys the rule, whatever has it. False says nothing. */
  surelyAccepts(value: unknown): boolean;
  /**
   * Whether the value obeys the rule.
   * @param object what has the value, as its class has it; it is only asked for where the rule looks at it after all
   * @throws Error where it does, and there is none
   */
  accepts(value: unknown, object?: () => object): boolean;
  /** Why the value does not, for a developer. */
  explain(value: unknown, object?: () => object): string;
}

/**
 * A rule about a property that may look at the others beside it, or has a condition that may: it is run on an entity or a
 * complex value that is whole, as its class has it. That the value is of the type of its property always holds, whatever
 * the condition of the rule says.
 */
export interface ObjectRule extends Rule {
  readonly property: string;
  /** It looks at nothing but the value of the property, which is a collection: it can be tested without the object. */
  readonly isLocal: boolean;
  /**
   * Whether the rule is obeyed, or does not apply.
   * @param value of the property, or one of its items where the rule is about each
   * @param object that has the property, as its class has it
   */
  accepts(value: unknown, object: object): boolean;
  /** Why it is not, for a developer. */
  explain(value: unknown, object: object): string;
}

/** A condition of class-validator: of `@ValidateIf`, or the option `validateIf` of a decorator. */
export type Condition = (object: object, value: unknown) => unknown;

/** What a rule is made of. */
export interface RuleSource {
  readonly target: TypeClass;
  readonly metadata: RuleMetadata;
  readonly constraint: Constraint;
}

function placeOf({ target, metadata }: RuleSource): string {
  return `${target.name}.${metadata.propertyName}`;
}

function runs(source: RuleSource, value: unknown, args: ValidationArguments): boolean {
  const result: unknown = source.constraint.instance.validate(value, args);
  if (result instanceof Promise)
    throw new Error(`${placeOf(source)}: ${source.constraint.name} is asynchronous, and cannot guard a payload`);
  return Boolean(result);
}

function messageOf({ metadata, constraint: { instance } }: RuleSource, args: ValidationArguments): string {
  const own = metadata.message as RuleMetadata['message'] | undefined;
  const template = typeof own === 'function' ? own(args) : (own ?? instance.defaultMessage?.(args) ?? '');
  const value: unknown = args.value;
  const message = template
    .replaceAll('$property', () => metadata.propertyName)
    .replaceAll('$target', () => args.targetName)
    .replaceAll(/\$constraint(\d+)/g, (_, index: string) => String(metadata.constraints[Number(index) - 1]));
  const told = ['string', 'number', 'boolean'].includes(typeof value)
    ? message.replaceAll('$value', () => String(value))
    : message;
  return told === '' ? `${metadata.propertyName} is not allowed` : told;
}

/** The options are absent, against their declared types, where the decorator was given none. */
function commonOf({ metadata, constraint: { name } }: RuleSource): Rule {
  const { each, constraints } = metadata as Partial<RuleMetadata>;
  return { name, constraints: constraints ?? [], each: each ?? false };
}

/**
 * Values of which it can be said at a glance that class-validator's own rules accept them, by the limit: of no other is
 * anything said. A character is one or two UTF-16 units, so that a text is never longer than its units are many.
 */
const certain: Readonly<Record<string, (limit: unknown) => ((value: unknown) => boolean) | undefined>> = {
  maxLength: (most) =>
    typeof most === 'number' ? (value) => typeof value === 'string' && value.length <= most : undefined,
  min: (least) => (typeof least === 'number' ? (value) => typeof value === 'number' && value >= least : undefined),
  max: (most) => (typeof most === 'number' ? (value) => typeof value === 'number' && value <= most : undefined),
};

/** A rule that is run on values by themselves. */
export function valueRule(source: RuleSource): ValueRule {
  const noObject = (): never => {
    const advice = 'give its constraint a name that class-validator does not have';
    throw new Error(`${placeOf(source)}: ${source.constraint.name} looks at the object where there is none; ${advice}`);
  };
  const { isBuiltIn, name } = source.constraint;
  const common = commonOf(source);
  const surelyAccepts = (isBuiltIn ? certain[name]?.(common.constraints[0]) : undefined) ?? (() => false);
  return {
    ...common,
    surelyAccepts,
    accepts: (value, object = noObject) =>
      surelyAccepts(value) || runs(source, value, new LazyArguments(source.metadata, value, object)),
    explain: (value, object = () => ({})) => messageOf(source, new LazyArguments(source.metadata, value, object)),
  };
}

/** A rule that is run on a whole object, where all conditions hold. */
export function objectRule(source: RuleSource, conditions: readonly Condition[]): ObjectRule {
  const { metadata, constraint } = source;
  const property = metadata.propertyName;
  const whole = (object: object): unknown => (object as Readonly<Record<string, unknown>>)[property];
  const args = (object: object) => argumentsOf(metadata, whole(object), object);
  return {
    ...commonOf(source),
    property,
    isLocal: conditions.length === 0 && !constraint.looksAround,
    accepts: (value, object) =>
      !conditions.every((condition) => condition(object, whole(object))) || runs(source, value, args(object)),
    explain: (_value, object) => messageOf(source, args(object)),
  };
}
