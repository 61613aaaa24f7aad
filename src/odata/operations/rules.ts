import 'reflect-metadata';
import type { EntitySet, EntityType, Model, Singleton } from '../protocol/edm/model.js';
import type { TypeClass } from '../protocol/edm/schema.js';
import type { Caller } from './caller.js';

type Patched<V> = V extends readonly unknown[] ? V : V extends object ? Patch<V> : V;

/**
 * A change of an entity, as the body of a PATCH of OData 4.01 would say it: what is named changes, null clears, complex
 * values merge, collections are whole. Of contained collections `name` is the whole and `name@delta` a part; removed
 * members have `@removed`. What an entity refers to is `{ '@id': … }`.
 */
export type Patch<T extends object> = { -readonly [K in keyof T]?: Patched<Exclude<T[K], null | undefined>> | null } & {
  [K in keyof T as `${K & string}@delta`]?: (Patch<object> & Record<string, unknown>)[];
};

/** What is about to happen to an entity. */
export interface RuleEvent<T extends object> {
  readonly caller: Caller;
  /** The set or singleton that the entity is in, or what it is contained in. */
  readonly set: EntitySet | Singleton;
  /** Its key properties. */
  readonly key: Readonly<Partial<T>>;
}

/** An entity is made: by POST, an upsert, inside another one, by a delta payload, wherever it comes from. */
export interface Creation<T extends object> extends RuleEvent<T> {
  /** What it will be. Values that a rule sets are kept, computed ones too. */
  readonly entity: T;
  /** Id of the user whose it will be. */
  readonly owner: string;
}

/** An entity is changed: itself, one of its properties, or what it contains. */
export interface EntityChange<T extends object> extends RuleEvent<T> {
  /** `replace`: PUT of the entity; what it does not name is null in the changes. */
  readonly kind: 'merge' | 'replace';
  /** Values that a rule sets are changed too; what it deletes is not changed. */
  readonly changes: Patch<T>;
  /** The entity as it is, held until the change is done; only for rules that read it. */
  readonly current?: T;
}

/** An entity is deleted: itself, with what it is contained in, or because a whole collection does not name it. */
export interface Deletion<T extends object> extends RuleEvent<T> {
  /** The entity as it is; only for rules that read it. */
  readonly current?: T;
}

/**
 * The rules of an entity type, beside those of its model: an injectable class, bound to the type by `@RulesFor`. They are
 * asked before anything happens to an entity of the type, whatever the URL, the verb and the container of the request, in
 * the set that it is a member of or inside the entity that contains it; those of what contains it are asked with the
 * change that it is for that one. A rule refuses by throwing an `ODataError`, which becomes the answer, or the fault of its
 * item where others go on; nothing is changed then. It completes by setting values, which are held to the model: what does
 * not fit is an error of the service (500). A rule may be asked again for one request, where a transaction is begun again.
 * @typeParam T the DTO class of the type; values have the form that they have in JSON
 */
export abstract class EntityRules<T extends object> {
  /**
   * Whether the rules look at the entity as it is: it is read, and held in the transaction of the change. Each entity that
   * a request changes is read then; there are no more than `maxChanges`.
   */
  readonly readsEntity: boolean = false;
  beforeCreate?(creation: Creation<T>): void | Promise<void>;
  beforeChange?(change: EntityChange<T>): void | Promise<void>;
  /** PUT of the entity; without it `beforeChange` is asked. */
  beforeReplace?(change: EntityChange<T>): void | Promise<void>;
  beforeDelete?(deletion: Deletion<T>): void | Promise<void>;
}

const types = new WeakMap<object, TypeClass>();

/** Binds a class of rules to the DTO class of the entities that they are about, and of those derived from it. */
export function RulesFor<T extends object>(type: abstract new () => T) {
  return (target: new (...parameters: never[]) => EntityRules<T>): void => {
    types.set(target, type);
  };
}

/** The DTO class that a class of rules, or one that it extends, is bound to. */
export function boundType(target: object): TypeClass | undefined {
  for (let one: object | null = target; one !== null; one = Object.getPrototypeOf(one) as object | null) {
    const type = types.get(one);
    if (type !== undefined) return type;
  }
  return undefined;
}

/** What rules can be asked before. */
export type RuleKind = 'create' | 'change' | 'delete';

/** Rules of one entity type, with the types that it derives from. */
export type RulesOfType = readonly EntityRules<object>[];

const methods: Readonly<Record<RuleKind, readonly (keyof EntityRules<object>)[]>> = {
  create: ['beforeCreate'],
  change: ['beforeChange', 'beforeReplace'],
  delete: ['beforeDelete'],
};

function answers(rules: EntityRules<object>, kind: RuleKind): boolean {
  return methods[kind].some((name) => rules[name] !== undefined);
}

/** Every rule of a service, by the types that they are about. */
export class RuleBook {
  #bound: readonly (readonly [TypeClass, EntityRules<object>])[] = [];
  readonly #ofType = new Map<EntityType, RulesOfType>();
  readonly #inside = new Map<string, boolean>();

  /**
   * Takes the rules, when all of them are there; before anything is asked.
   * @throws Error for rules that are about no entity type of the model
   */
  take(rules: readonly EntityRules<object>[], { entityTypes }: Model): void {
    const classes = new Set([...entityTypes.values()].map((type) => type.class));
    this.#bound = rules.map((one) => {
      const name = one.constructor.name;
      const type = boundType(one.constructor);
      if (type === undefined) throw new Error(`${name} needs @RulesFor`);
      if (!classes.has(type)) throw new Error(`${name}: ${type.name} is no entity type of the model`);
      return [type, one] as const;
    });
  }

  /** The rules of a type, those of its base types first. */
  of(type: EntityType): RulesOfType {
    let known = this.#ofType.get(type);
    if (known === undefined) {
      const own = this.#bound.filter(([bound]) => bound === type.class).map(([, rules]) => rules);
      known = [...(type.baseType === undefined ? [] : this.of(type.baseType)), ...own];
      this.#ofType.set(type, known);
    }
    return known;
  }

  /** Whether rules of a type can be asked before something. */
  has(type: EntityType, kind: RuleKind): boolean {
    return this.of(type).some((rules) => answers(rules, kind));
  }

  /** Whether rules of a type read the entity. */
  reads(type: EntityType, kind: RuleKind): boolean {
    return this.of(type).some((rules) => rules.readsEntity && answers(rules, kind));
  }

  /** Whether anything in an entity of a type, itself and derived types included, has such rules. */
  hasInside(type: EntityType, kind: RuleKind): boolean {
    const name = `${kind} ${type.qualifiedName}`;
    let known = this.#inside.get(name);
    if (known === undefined) {
      known = [type, ...type.derived].some(
        (one) =>
          this.has(one, kind) ||
          [...one.navigation.values()].some(
            ({ containsTarget, type: inner }) => containsTarget && this.hasInside(inner, kind),
          ),
      );
      this.#inside.set(name, known);
    }
    return known;
  }
}
