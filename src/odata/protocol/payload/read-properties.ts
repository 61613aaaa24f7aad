import type { ComplexType, Property, StructuredType } from '../edm/model.js';
import { storedMembers } from '../edm/enum-values.js';
import { namesType } from '../edm/type-annotation.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import type { BodyFormat, Handlers, Place } from './body-format.js';
import type { Change, MadeObject, Retention, StoredPath } from './change.js';
import { knownControl, typeIn } from './control-information.js';
import { defaultsOf } from './default-values.js';
import { codeOfRule, dtoValue, faultsOfProperty } from './dto.js';
import { FaultCollector, type OnFault, step, wellFormed } from './fault-collector.js';
import type { notGiven } from './read-transformed.js';
import { transformRead } from './read-transformed.js';
import { typeMember } from './stored-entity.js';

/** The names of what a type declares, and of what its values carry. */
function propertyNames({ properties, navigation, carries }: ComplexType): readonly string[] {
  return [...properties.keys(), ...(navigation?.keys() ?? []), ...(carries?.keys() ?? [])];
}

/** Reads values of declared properties by their types, and tests their rules. */
export abstract class PropertyValueReader extends FaultCollector {
  /** Paths of values that are removed before others take their places. */
  protected readonly clear: StoredPath[] = [];
  protected readonly retain: Retention[] = [];
  /** What a merge may have to make. */
  protected readonly makes: MadeObject[] = [];
  protected readonly onFault: OnFault = (code, target, message) => this.fault(code, target, message);

  constructor(protected readonly format: BodyFormat) {
    super();
  }

  /**
   * What the property's `@Transform` makes of a value; what is the service's own is not transformed.
   * @param owner what has the property
   */
  protected transformed(
    property: Property,
    value: JsonValue,
    target: string,
    owner?: JsonObject,
  ): JsonValue | typeof notGiven | undefined {
    if (property.onRead === undefined || this.format.isOwn === true) return value;
    const about = owner === undefined ? {} : { owner };
    return transformRead(property, { value, target, ...about, fault: this.onFault });
  }

  /** A patch, and what is done before it. */
  protected changeOf(patch: JsonObject, etag?: string): Change {
    const { clear, retain, makes } = this;
    return {
      patch,
      etag,
      ...(clear.length === 0 ? {} : { clear }),
      ...(retain.length === 0 ? {} : { retain }),
      ...(makes.length === 0 ? {} : { makes }),
    };
  }

  /** What a merge says nothing of has its default where there is nothing yet (OData CSDL 4.01, 7.2.7). */
  protected mayMake(type: StructuredType, path: StoredPath, said: JsonObject): void {
    const unsaid = defaultsOf(type).filter(({ name }) => said[name] === undefined);
    if (unsaid.length === 0) return;
    this.makes.push({ path, members: Object.fromEntries(unsaid.map(({ name, default: value }) => [name, value])) });
  }

  /** The properties of an entity or a complex value. */
  protected abstract structured(type: StructuredType, json: JsonObject, place: Place, handlers?: Handlers): JsonObject;

  /** Control information without prefix is of 4.01 only; in a body of 4.0 it is an annotation like others (4.5). */
  protected known(name: string): string {
    return knownControl(name, this.format.version);
  }

  protected type(declared: string, value: JsonValue, target: string): void {
    if (namesType(value, declared)) return;
    this.fault('odataTypeMismatch', target, `'${target}' must be "#${declared}", the type of its place.`);
  }

  /**
   * The type that a value says it is of, among the declared one and those derived from it (JSON Format 4.5.3). What is said
   * wrongly is a fault, for the reader of the value.
   */
  protected saidType<T extends StructuredType>(
    declared: T,
    json: JsonObject,
  ): { readonly type: T; readonly isSaid: boolean } {
    if (declared.derived.length === 0) return { type: declared, isSaid: false };
    const annotation = typeIn(json, this.format.version);
    const types = [declared, ...(declared.derived as readonly T[])];
    const type =
      annotation === undefined ? undefined : types.find(({ qualifiedName }) => namesType(annotation, qualifiedName));
    return { type: type ?? declared, isSaid: type !== undefined };
  }

  protected property(property: Property, value: JsonValue, at: Place): JsonValue | undefined {
    const { target, mode } = at;
    if (!property.collection) {
      if (value !== null) return this.#value(property, value, at);
      if (property.nullable) return mode === 'create' ? undefined : null;
      return this.fault('nullNotAllowed', target, `'${target}' cannot be null.`);
    }
    if (value === null) return this.fault('nullNotAllowed', target, `'${target}' is a collection and cannot be null.`);
    if (!Array.isArray(value)) return this.fault('typeMismatch', target, `'${target}' must be an array.`);
    const items = value.map((item, index) => this.item(property, item, step(target, index), at.object) ?? null);
    if (mode !== 'create' && property.objectRules.length > 0) this.#local(property, items, target);
    // In stored form an empty collection is absent, as null is.
    if (items.length === 0) return mode === 'create' ? undefined : null;
    return items;
  }

  /** Rules that look at nothing but the collection: nobody else sees that it is replaced by an empty one. */
  #local(property: Property, items: readonly JsonValue[], target: string): void {
    const object = { [property.name]: dtoValue(property, [...items]) };
    for (const { code, message } of faultsOfProperty(property, object, target, ({ isLocal }) => isLocal))
      this.fault(code, target, message);
  }

  protected item(property: Property, item: JsonValue, target: string, object?: () => object): JsonValue | undefined {
    if (item === null) {
      if (!property.nullable) this.fault('nullNotAllowed', target, `'${target}': an item cannot be null.`);
      return null;
    }
    return this.#value(property, item, { target, mode: 'create', path: [], object });
  }

  #value(property: Property, value: JsonValue, at: Place): JsonValue | undefined {
    const read = this.#typed(property.type, value, at);
    if (read === undefined) return undefined;
    for (const rule of this.rulesOf(property)) {
      if (rule.accepts(read, at.object)) continue;
      return this.fault(codeOfRule(rule.name), at.target, `'${at.target}': ${rule.explain(read, at.object)}.`);
    }
    return read;
  }

  /** The rules that values of a property obey. */
  protected rulesOf({ rules }: Property): Property['rules'] {
    return rules;
  }

  #typed(type: Property['type'], value: JsonValue, at: Place): JsonValue | undefined {
    const { target } = at;
    switch (type.kind) {
      case 'complex':
        return this.complex(type, value, at);
      case 'enum': {
        const member = typeof value === 'string' ? storedMembers(type, value) : undefined;
        if (member !== undefined) return member;
        const message = `'${target}' must be a member of ${type.qualifiedName}: ${type.members.join(', ')}.`;
        return this.fault(typeof value === 'string' ? 'unknownEnumMember' : 'typeMismatch', target, message);
      }
      case 'primitive': {
        // An object to the store, which would merge it: what is known of the value before is gone.
        if (type.family === 'geo' && at.mode !== 'create') this.clear.push(at.path);
        const read = type.read(value, this.format);
        if (read === undefined) return this.fault('typeMismatch', target, `'${target}' must be ${type.expects}.`);
        if (typeof read !== 'string' || wellFormed(read)) return read;
        return this.fault('invalidCharacters', target, `'${target}' holds U+0000 or half a surrogate pair.`);
      }
    }
  }

  protected complex(declared: ComplexType, value: JsonValue, at: Place): JsonValue | undefined {
    const { target, path, mode } = at;
    if (!isJsonObject(value))
      return this.fault('typeMismatch', target, `'${target}' must be an object of type ${declared.qualifiedName}.`);
    const { type, isSaid } = this.saidType(declared, value);
    if (type.abstract)
      return this.fault(
        'odataTypeMismatch',
        target,
        `'${target}' must say its type: ${declared.qualifiedName} is abstract.`,
      );
    // What is declared stays where no body changes it; nobody knows what else there is.
    if (mode === 'replace' && type.open) this.retain.push({ path, names: [typeMember, ...propertyNames(type)] });
    const read = this.structured(type, value, at);
    if (mode === 'merge') this.mayMake(type, path, read);
    if (declared.derived.length === 0) return read;
    if (mode === 'create') return type === declared ? read : { [typeMember]: type.qualifiedName, ...read };
    // A value that becomes one of another type keeps what both have.
    const isChanged = mode === 'replace' || isSaid;
    if (isChanged && !type.open) this.retain.push({ path, names: propertyNames(type) });
    return isChanged ? { ...read, [typeMember]: type === declared ? null : type.qualifiedName } : read;
  }
}
