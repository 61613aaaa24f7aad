import { getMetadataStorage } from 'class-validator';
import { type Constraint, constraintOf, type RuleMetadata } from './constraint.js';
import { isPresent } from './edm-validators.js';
import {
  isCollection,
  plainType,
  type NavigationDeclaration,
  type PropertyDeclaration,
  type TypeClass,
} from './schema.js';
import { type Condition, type ObjectRule, objectRule, type ValueRule, valueRule } from './value-rules.js';

/** The rules that class-validator's decorators put on one property. */
export interface PropertyRules {
  readonly rules: readonly ValueRule[];
  readonly objectRules: readonly ObjectRule[];
}

/** What a class declares, and which names its base type has. */
export interface DeclaredMembers {
  readonly properties: readonly PropertyDeclaration[];
  readonly navigation: readonly NavigationDeclaration[];
  readonly inherited: ReadonlySet<string>;
}

/** Built-in rules about a collection as a whole. */
const ofCollections: ReadonlySet<string> = new Set([
  'arrayContains',
  'arrayMaxSize',
  'arrayMinSize',
  'arrayNotContains',
  'arrayNotEmpty',
  'arrayUnique',
]);

function fault(target: TypeClass, propertyName: string, reason: string): Error {
  return new Error(`${target.name}.${propertyName}: ${reason}`);
}

/** The options are absent, against their declared types, where the decorator was given none. */
function optionsOf(metadata: RuleMetadata): Partial<RuleMetadata> {
  return metadata;
}

/** Takes the rules of one property out of what the registry has of it. */
class PropertyRuleReader {
  readonly #rules: ValueRule[] = [];
  readonly #objectRules: ObjectRule[] = [];

  constructor(
    private readonly target: TypeClass,
    private readonly declaration: PropertyDeclaration,
  ) {}

  read(all: readonly RuleMetadata[]): PropertyRules {
    for (const metadata of all) refuseOptions(this.target, metadata);
    const conditions = all.flatMap((metadata) => this.#condition(metadata));
    const rules = all.filter((metadata) => metadata.type !== 'conditionalValidation' && !this.#isImplied(metadata));
    if (rules.length === 0 && conditions.length > 0)
      throw this.#fault('the condition of @ValidateIf concerns no rule: that a value is of its type always holds');
    for (const metadata of rules) this.#add(metadata, conditions);
    return { rules: this.#rules, objectRules: this.#objectRules };
  }

  #fault(reason: string): Error {
    return fault(this.target, this.declaration.name, reason);
  }

  /** The condition that a decorator puts on the rules beside it; none where it is implied by the declaration. */
  #condition(metadata: RuleMetadata): readonly Condition[] {
    if (metadata.type !== 'conditionalValidation') return [];
    const { name, nullable, type } = this.declaration;
    if (metadata.name === 'isOptional') {
      if (isCollection(type)) throw this.#fault('a collection is never null; remove @IsOptional');
      if (nullable) return [];
      throw this.#fault(
        `remove @IsOptional, or nullable: false of @Property, so that both say whether ${name} may be null`,
      );
    }
    const condition = metadata.constraints[0] as Condition;
    return condition === isPresent ? [] : [condition];
  }

  /** Whether a decorator says what the declaration says by itself. */
  #isImplied(metadata: RuleMetadata): boolean {
    const { type } = this.declaration;
    const item = plainType(isCollection(type) ? type.item : type);
    if (metadata.type === 'nestedValidation') {
      if (typeof item === 'function') return true;
      throw this.#fault('@ValidateNested is for complex and navigation properties; remove it');
    }
    const name = metadata.name;
    if (name === 'isOfEdmType') {
      if (metadata.constraints[0] === item) return true;
      throw this.#fault('@IsOfEdmType names another type than @Property; remove it');
    }
    if (name !== 'isArray') return false;
    if (isCollection(type) && optionsOf(metadata).each !== true) return true;
    throw this.#fault('@IsArray never holds for a single value or an item; declare Collection(…), or remove it');
  }

  #add(metadata: RuleMetadata, conditions: readonly Condition[]): void {
    const constraint = runnable(this.target, metadata);
    const { each = false, validateIf } = optionsOf(metadata);
    const collection = isCollection(this.declaration.type);
    const isWhole = collection && !each;
    if (each !== collection && !(isWhole && (!constraint.isBuiltIn || ofCollections.has(constraint.name))))
      throw this.#fault(`${constraint.name} needs each: ${collection}, as the property is declared`);
    if (each && ofCollections.has(constraint.name) && constraint.isBuiltIn)
      throw this.#fault(`${constraint.name} is about the collection, not about each item; remove each: true`);
    const source = { target: this.target, metadata, constraint };
    const all = validateIf === undefined ? conditions : [...conditions, validateIf];
    if (all.length > 0 || isWhole || constraint.looksAround) this.#objectRules.push(objectRule(source, all));
    else this.#rules.push(valueRule(source));
  }
}

/** @throws Error where a decorator has options that nothing asks for */
function refuseOptions(target: TypeClass, metadata: RuleMetadata): void {
  const { groups = [], validateIf, propertyName = '', type } = optionsOf(metadata);
  if (groups.length > 0)
    throw fault(target, propertyName, 'groups have no meaning in a payload; use @ValidateIf, or remove them');
  if (validateIf !== undefined && type !== 'customValidation')
    throw fault(target, propertyName, 'the option validateIf is for rules; nothing asks for it here');
}

/** @throws Error where a decorator is no rule, or one that cannot be run */
function runnable(target: TypeClass, metadata: RuleMetadata): Constraint {
  const { type, propertyName } = metadata;
  if (type === 'isDefined')
    throw fault(target, propertyName, '@IsDefined never fires beside @Property; declare nullable: false instead');
  if (type === 'whitelistValidation') throw fault(target, propertyName, '@Property allows it already; remove @Allow');
  if (type === 'promiseValidation')
    throw fault(target, propertyName, 'a payload has no promises; remove @ValidatePromise');
  if (type !== 'customValidation') throw fault(target, propertyName, `${type} is not supported; remove it`);
  const constraint = constraintOf(metadata);
  if (constraint === undefined)
    throw fault(target, propertyName, 'its validator is not registered once; decorate its class @ValidatorConstraint');
  if (!constraint.isAsync) return constraint;
  const advice = 'test it in the service, or make it synchronous';
  throw fault(target, propertyName, `the asynchronous validator ${constraint.name} cannot guard a payload; ${advice}`);
}

/** @throws Error where a decorator stands on what is no structural property of the class's own */
function refuseMisplaced(target: TypeClass, metadata: RuleMetadata, declared: DeclaredMembers): void {
  const { propertyName, type } = metadata;
  if (propertyName === '@odata.type' && metadata.name === 'isODataType') return;
  const navigation = declared.navigation.find(({ name }) => name === propertyName);
  if (navigation !== undefined) {
    refuseOptions(target, metadata);
    const isImplied = type === 'nestedValidation' || metadata.name === 'isOptional';
    if (isImplied) return;
    const advice = 'rules belong to the properties of the entities, or into the service';
    throw fault(target, propertyName, `a rule on a navigation property is not run; ${advice}`);
  }
  if (!declared.inherited.has(propertyName)) throw fault(target, propertyName, 'has validation rules but no @Property');
  if (metadata.target !== target) return;
  const advice = 'declare it again with @Property beside them, or put them on the base class';
  throw fault(target, propertyName, `rules on an inherited property are not run; ${advice}`);
}

/**
 * The rules that class-validator's decorators put on the properties that a class declares, by property. What the
 * declarations of the model imply is left out: it always holds.
 * @throws Error naming class and property, where a decorator would never fire, or cannot be run
 */
export function rulesOf(target: TypeClass, declared: DeclaredMembers): ReadonlyMap<string, PropertyRules> {
  const byName = new Map<string, RuleMetadata[]>(declared.properties.map(({ name }) => [name, []]));
  for (const metadata of getMetadataStorage().getTargetValidationMetadatas(target, '', true, false)) {
    const list = byName.get(metadata.propertyName);
    if (list === undefined) refuseMisplaced(target, metadata, declared);
    else list.push(metadata);
  }
  return new Map(
    declared.properties.map((property) => [
      property.name,
      new PropertyRuleReader(target, property).read(byName.get(property.name) ?? []),
    ]),
  );
}
