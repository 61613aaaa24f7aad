import { keyHolders } from '../edm/key-parts.js';
import type { NavigationProperty, Property, StructuredType } from '../edm/model.js';
import { streamIn } from '../edm/streams.js';
import { namesType } from '../edm/type-annotation.js';
import { declaredTypeName, typeName } from '../edm/type-name.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import type { BodyFormat, EntityIds, Handlers, Mode, OnControl, Place } from './body-format.js';
import { typeIn } from './control-information.js';
import { defaultsOf } from './default-values.js';
import { ruledProperties } from './dto.js';
import { step } from './fault-collector.js';
import { checkDynamicType, exactDynamic, identifier, readDynamic } from './read-dynamic.js';
import { PropertyValueReader } from './read-properties.js';
import { inModelOrder } from './member-order.js';
import { type SoundProperties, soundProperties } from './read-sound.js';
import { notGiven } from './read-transformed.js';
import { faultsOfWhole, type NewValue, wholeOf } from './whole.js';

export type { BodyFormat, EntityIds };

/** Whether no update changes the property. */
export function keepsItsValue(type: StructuredType, property: Property): boolean {
  return property.immutable || isKeyOf(type, property);
}

function isKeyOf(type: StructuredType, { name }: Property): boolean {
  return type.kind === 'entity' && type.key.includes(name);
}

/** Whether a property is a part of the key, or a complex one that has a part inside. */
function holdsKeyOf(type: StructuredType, { name }: Property): boolean {
  return type.kind === 'entity' && keyHolders(type).includes(name);
}

function derives(type: StructuredType, base: StructuredType | undefined): boolean {
  return type === base || (base?.derived as readonly StructuredType[] | undefined)?.includes(type) === true;
}

/** Reads values of a body by their declared types; collects every fault with its path, so that one answer names them all. */
export class ValueReader extends PropertyValueReader {
  protected override structured(
    type: StructuredType,
    json: JsonObject,
    place: Place,
    handlers: Handlers = {},
  ): JsonObject {
    const { target, path, mode } = place;
    const result: JsonObject = {};
    const ignored: string[] = [];
    const object =
      mode === 'create' ? () => wholeOf(this.#newValue(type, json, result, { ignored, handlers })) : undefined;
    if (mode === 'replace') this.#absent(type, json, result, target);
    if (mode === 'create') this.#complete(type, json, { result, target });
    const sound = this.sound(type, mode);
    let [last, isInOrder] = [-1, mode === 'merge'];
    for (const name of Object.keys(json)) {
      const value = json[name] as JsonValue;
      const known = sound.get(name);
      if (known?.take(value, result) === true) {
        isInOrder &&= known.at > last;
        last = known.at;
        continue;
      }
      isInOrder = false;
      const at = name.indexOf('@');
      const inner: Place = { target: step(target, name), path: [...path, name], mode, object };
      const property = at < 0 ? type.properties.get(name) : undefined;
      if (property !== undefined) {
        const read = this.#declared(type, property, { json, at: inner, ignored });
        if (read !== undefined) result[name] = read;
        continue;
      }
      const navigation = type.navigation?.get(at < 0 ? name : name.slice(0, at));
      if (at < 0 && navigation !== undefined)
        handlers.navigation?.({ property: navigation, value, target: inner.target, as: 'value' });
      else if (at === 0) this.#control([name, value], { type, place, target: inner.target }, handlers.control);
      else if (at > 0 && navigation !== undefined)
        this.#ofNavigation(navigation, [name.slice(at), value], inner.target, handlers);
      else if (at > 0) {
        if (this.known(name.slice(at)) === '@type')
          this.#typeOfProperty(type, name.slice(0, at), { annotation: value, json, target: inner.target });
        else handlers.control?.(name, value, inner.target);
      } else if (streamIn(type, name) !== undefined) {
        const message = `'${inner.target}' is a stream: its content is not read from JSON, send it to its own URL.`;
        this.fault('notImplemented', inner.target, message);
      } else if (type.open && identifier.test(name)) {
        if (value !== null) result[name] = readDynamic(this.#exact(json, name), inner.target, this.onFault) ?? null;
        else if (mode !== 'create') result[name] = null;
        // What may be called is advertised by its qualified name (JSON Format 4.01, 16 and 17), and comes back with the rest.
      } else if (!name.includes('#')) this.#unknown(type, inner.target);
    }
    if (object !== undefined && this.format.isPartial !== true && ruledProperties(type).length > 0)
      this.#whole(this.#newValue(type, json, result, { ignored, handlers }), object, target);
    return isInOrder ? result : inModelOrder(type, result);
  }

  /** What is read at once where it is sound. */
  protected sound(type: StructuredType, mode: Mode): SoundProperties {
    return soundProperties(type, mode, this.format);
  }

  #newValue(
    type: StructuredType,
    json: JsonObject,
    read: JsonObject,
    { ignored, handlers }: { readonly ignored: readonly string[]; readonly handlers: Handlers },
  ): NewValue {
    const isSaid = typeIn(json, this.format.version) !== undefined;
    return { type, json, read, inside: handlers.inside, ignored, isSaid };
  }

  /** What a body says of a declared property, in stored form; undefined where nothing is set. */
  #declared(
    type: StructuredType,
    property: Property,
    { json, at, ignored }: { readonly json: JsonObject; readonly at: Place; readonly ignored: string[] },
  ): JsonValue | undefined {
    const { name, computed, nullable, collection } = property;
    const value = json[name] ?? null;
    // OData 4.01 Protocol 11.4.2 and 11.4.3: what the client cannot set is ignored, whatever its value; so is the key of an
    // update, which comes from the URL.
    const isSet = computed && this.format.isOwn !== true;
    if (isSet || (at.mode !== 'create' && keepsItsValue(type, property))) {
      ignored.push(name);
      return undefined;
    }
    const given = property.onRead === undefined ? value : this.transformed(property, value, at.target, json);
    if (given === undefined) return undefined;
    if (given !== notGiven) return this.property(property, given, at);
    ignored.push(name);
    if (at.mode === 'merge') return undefined;
    if (nullable || collection) return at.mode === 'replace' ? null : undefined;
    if (!isKeyOf(type, property)) this.mustBeGiven(at.target);
    return undefined;
  }

  /** The rules about the whole of a new value; where it has other faults, a validator may fail on them. */
  #whole(value: NewValue, object: () => object, target: string): void {
    try {
      const faults = faultsOfWhole(value, object, (name) => step(target, name));
      for (const { code, message, target: at = target } of faults) this.fault(code, at, message);
    } catch (error) {
      if (!this.isFaulty) throw error;
    }
  }

  /** What a new value has where nothing is said (OData CSDL 4.01, 7.2.7); what must be said, and is not, is a fault. */
  #complete(
    type: StructuredType,
    json: JsonObject,
    { result, target }: { readonly result: JsonObject; readonly target: string },
  ): void {
    if (this.format.isPartial === true) return;
    for (const { name, default: value } of defaultsOf(type)) if (!Object.hasOwn(json, name)) result[name] = value;
    this.missing(type, json, target);
  }

  /** What a replacement does not name becomes null, or what is meant then; where it cannot, it must be named. */
  #absent(type: StructuredType, json: JsonObject, result: JsonObject, target: string): void {
    for (const property of type.properties.values()) {
      const { name, computed, nullable, collection } = property;
      if (computed || keepsItsValue(type, property) || Object.hasOwn(json, name)) continue;
      if (this.isSaidElsewhere?.(type, json, name) === true) continue;
      if (property.default !== undefined) result[name] = property.default;
      else if (nullable || collection) result[name] = null;
      else this.mustBeGiven(step(target, name));
    }
  }

  /** Whether the body says the value of a property by a reference. */
  protected isSaidElsewhere?(type: StructuredType, json: JsonObject, name: string): boolean;

  /** What a new value must have; its key is the business of who makes entities. */
  protected missing(type: StructuredType, json: JsonObject, target: string): void {
    if (this.format.isPartial === true) return;
    for (const property of type.properties.values()) {
      const { name, computed, nullable, collection, default: value } = property;
      if (computed || nullable || collection || value !== undefined) continue;
      if (Object.hasOwn(json, name) || holdsKeyOf(type, property)) continue;
      if (this.isSaidElsewhere?.(type, json, name) === true) continue;
      this.mustBeGiven(step(target, name));
    }
  }

  protected mustBeGiven(target: string): void {
    if (!this.isFaultyAt(target)) this.fault('nullNotAllowed', target, `'${target}' cannot be null: it must be given.`);
  }

  protected neverNull(target: string): undefined {
    return this.fault('nullNotAllowed', target, `'${target}' cannot be null.`);
  }

  #unknown(type: StructuredType, target: string): void {
    const named = target === '' ? 'without a name' : `'${target}'`;
    this.fault('propertyNotFound', target, `The type ${type.qualifiedName} has no property ${named}.`);
  }

  /** OData JSON Format 4.01, 4.5; a name that is not known here is ignored, as 4.5 asks. */
  #control(
    [name, value]: [string, JsonValue],
    { type, place, target }: { readonly type: StructuredType; readonly place: Place; readonly target: string },
    more?: OnControl,
  ): void {
    const known = this.known(name);
    if (known === '@type') {
      for (
        let base = place.declared === undefined ? undefined : type.baseType;
        base !== undefined;
        base = base.baseType
      )
        if (namesType(value, base.qualifiedName) && derives(base, place.declared)) return;
      this.type(type.qualifiedName, value, target);
    } else more?.(known === '' ? name : known, value, target);
  }

  #ofNavigation(
    property: NavigationProperty,
    [annotation, value]: [string, JsonValue],
    target: string,
    { navigation }: Handlers,
  ): void {
    const name = this.known(annotation);
    if (name === '@bind') navigation?.({ property, value, target, as: 'bind' });
    else if (name === '@delta') navigation?.({ property, value, target, as: 'delta' });
  }

  #typeOfProperty(
    type: StructuredType,
    name: string,
    {
      annotation,
      json,
      target,
    }: { readonly annotation: JsonValue; readonly json: JsonObject; readonly target: string },
  ): void {
    const property = type.properties.get(name);
    if (property !== undefined) {
      const { type: item, collection } = property;
      const derived = item.kind === 'complex' ? item.derived : [];
      const names = [declaredTypeName(property, collection), ...derived.map((one) => typeName(one, collection))];
      if (!names.some((one) => namesType(annotation, one))) this.type(names[0] ?? '', annotation, target);
    } else if (type.open) {
      checkDynamicType(annotation, this.#exact(json, name), { target, fault: this.onFault });
    }
  }

  /** The value of a dynamic property; of a number that is sent as text with its type, the number. */
  #exact(json: JsonObject, name: string): JsonValue {
    const value = Object.hasOwn(json, name) ? (json[name] ?? null) : null;
    if (!this.format.ieee754Compatible || (typeof value !== 'string' && !Array.isArray(value))) return value;
    const said = ['@type', '@odata.type'].find((one) => this.known(one) === '@type' && Object.hasOwn(json, name + one));
    return said === undefined ? value : exactDynamic(json[name + said] ?? null, value);
  }
}
