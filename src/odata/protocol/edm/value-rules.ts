import { getMetadataStorage, type ValidationArguments, type ValidatorConstraintInterface } from 'class-validator';
import { isStructural } from './edm-validators.js';
import type { TypeClass } from './schema.js';

/** One class-validator rule of one property, taken out of class-validator's registry once, ready to run on a value. */
export interface ValueRule {
  /** class-validator's name of the rule: `maxLength`. */
  readonly name: string;
  /** The arguments of its decorator: `[64]`. */
  readonly constraints: readonly unknown[];
  /** Whether it was declared for each item of a collection. */
  readonly each: boolean;
  /** Whether the value obeys the rule. */
  accepts(value: unknown): boolean;
  /** Why the value does not, for a developer. */
  explain(value: unknown): string;
}

/** The registry's entry of one decorator, as far as it is needed here. */
type RuleMetadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

function fault(target: TypeClass, metadata: RuleMetadata, reason: string): Error {
  return new Error(`${target.name}.${metadata.propertyName}: ${reason}`);
}

function isForEach({ each }: Partial<RuleMetadata>): boolean {
  return each ?? false;
}

/** The options are absent, against their declared types, where the decorator was given none. */
function isConditional({ groups, validateIf }: Partial<RuleMetadata>): boolean {
  return validateIf !== undefined || (groups ?? []).length > 0;
}

function compileRule(target: TypeClass, metadata: RuleMetadata): ValueRule {
  const [constraint, ...others] = getMetadataStorage().getTargetValidatorConstraints(metadata.constraintCls);
  if (constraint === undefined || others.length > 0) throw fault(target, metadata, 'its validator is not registered');
  if (constraint.async) throw fault(target, metadata, 'an asynchronous validator cannot guard a payload');
  if (isConditional(metadata)) throw fault(target, metadata, 'groups and validateIf have no meaning in a payload');
  const instance: ValidatorConstraintInterface = constraint.instance;
  const argumentsOf = (value: unknown): ValidationArguments => ({
    value,
    constraints: metadata.constraints,
    targetName: target.name,
    object: {},
    property: metadata.propertyName,
  });
  return {
    name: metadata.name ?? constraint.name,
    constraints: metadata.constraints,
    each: isForEach(metadata),
    accepts: (value) => instance.validate(value, argumentsOf(value)) === true,
    explain: (value) => messageOf(metadata, instance, argumentsOf(value)),
  };
}

function messageOf(metadata: RuleMetadata, instance: ValidatorConstraintInterface, args: ValidationArguments): string {
  const own = metadata.message as RuleMetadata['message'] | undefined;
  const template = typeof own === 'function' ? own(args) : (own ?? instance.defaultMessage?.(args) ?? 'is not allowed');
  return template
    .replaceAll('$property', metadata.propertyName)
    .replaceAll(/\$constraint(\d+)/g, (_, index: string) => String(metadata.constraints[Number(index) - 1]));
}

/**
 * The rules that class-validator's decorators put on the properties of a class and its base classes, by property.
 * The rules that the declarations of the model imply are left out.
 * @throws Error naming class and property, where a decorator cannot be run on a value by itself
 */
export function valueRulesOf(target: TypeClass): ReadonlyMap<string, readonly ValueRule[]> {
  const rules = new Map<string, ValueRule[]>();
  for (const metadata of getMetadataStorage().getTargetValidationMetadatas(target, '', true, false)) {
    if (isStructural(metadata)) continue;
    if (metadata.type !== 'customValidation') throw fault(target, metadata, `${metadata.type} is not supported`);
    const list = rules.get(metadata.propertyName) ?? [];
    list.push(compileRule(target, metadata));
    rules.set(metadata.propertyName, list);
  }
  return rules;
}
