import type { Property, StructuredType } from '../edm/model.js';
import { storedMembers } from '../edm/enum-values.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import type { BodyFormat, Mode } from './body-format.js';
import { defaultsOf } from './default-values.js';
import { ruledProperties } from './dto.js';
import { wellFormed } from './fault-collector.js';
import { inModelOrder } from './member-order.js';

/** Gives the stored form of a value that is not null; undefined where it is not known to be sound. */
type ReadSound = (value: JsonValue) => JsonValue | undefined;

/** Puts what a body says of one property into the result; false, and nothing put, where that is not known to be sound. */
type TakeSound = (value: JsonValue, result: JsonObject) => boolean;

/** By the names of the properties, with their places in the order of the model; what is not here is read step by step. */
export type SoundProperties = ReadonlyMap<string, { readonly at: number; readonly take: TakeSound }>;

const none: SoundProperties = new Map();

/** How sound values are read, by type, and by mode and number format: six for each type, as long as it lives. */
const compiled = new WeakMap<StructuredType, Map<string, SoundProperties>>();

/**
 * Readers of the properties of a type, compiled from the model for values that are as they should be: they name no place
 * and collect no fault. Of anything else they say nothing, and it is read step by step, which finds the faults. What has to
 * be transformed, is set by the service, keeps its value, or is open or derived, is always read so.
 */
export function soundProperties(type: StructuredType, mode: Mode, format: BodyFormat): SoundProperties {
  if (format.isOwn === true || format.isPartial === true) return none;
  const { ieee754Compatible } = format;
  let ofType = compiled.get(type);
  if (ofType === undefined) compiled.set(type, (ofType = new Map<string, SoundProperties>()));
  const key = `${mode} ${ieee754Compatible}`;
  let properties = ofType.get(key);
  if (properties === undefined)
    ofType.set(key, (properties = new Compiler(mode, { ieee754Compatible }).properties(type)));
  return properties;
}

class Compiler {
  constructor(
    private readonly mode: Mode,
    private readonly format: Pick<BodyFormat, 'ieee754Compatible'>,
  ) {}

  properties(type: StructuredType): SoundProperties {
    const keys: readonly string[] = type.kind === 'entity' ? type.key : [];
    const found = new Map<string, { at: number; take: TakeSound }>();
    for (const [at, property] of [...type.properties.values()].entries()) {
      const { name, computed, immutable, onRead } = property;
      if (computed || onRead !== undefined || (this.mode !== 'create' && (immutable || keys.includes(name)))) continue;
      const take = property.collection ? this.#collection(property) : this.#single(property);
      if (take !== undefined) found.set(name, { at, take });
    }
    return found;
  }

  #single(property: Property): TakeSound | undefined {
    const { name, nullable } = property;
    const read = this.#value(property);
    if (read === undefined) return undefined;
    const isKept = this.mode !== 'create';
    return (value, result) => {
      if (value === null) {
        if (nullable && isKept) result[name] = null;
        return nullable;
      }
      const sound = read(value);
      if (sound === undefined) return false;
      result[name] = sound;
      return true;
    };
  }

  #collection(property: Property): TakeSound | undefined {
    const { name, nullable, objectRules } = property;
    const isKept = this.mode !== 'create';
    const read = new Compiler('create', this.format).#value(property);
    if (read === undefined || (isKept && objectRules.length > 0)) return undefined;
    return (value, result) => {
      if (!Array.isArray(value)) return false;
      const items: JsonValue[] = [];
      for (const item of value) {
        const sound = item === null ? (nullable ? null : undefined) : read(item);
        if (sound === undefined) return false;
        items.push(sound);
      }
      // In stored form an empty collection is absent, as null is.
      if (items.length > 0) result[name] = items;
      else if (isKept) result[name] = null;
      return true;
    };
  }

  #value(property: Property): ReadSound | undefined {
    const { rules } = property;
    const read = this.#typed(property.type);
    if (read === undefined || rules.length === 0) return read;
    // Rules of a new value may look at what has it, which is not known here: only what needs no look is sound.
    const obeys = this.mode === 'create' ? 'surelyAccepts' : 'accepts';
    return (value) => {
      const sound = read(value);
      if (sound === undefined) return undefined;
      for (const rule of rules) if (!rule[obeys](sound)) return undefined;
      return sound;
    };
  }

  #typed(type: Property['type']): ReadSound | undefined {
    if (type.kind === 'complex') return this.#complex(type);
    if (type.kind === 'enum') {
      // Names that are stored as they are: of several for one value, only the first.
      const members: ReadonlySet<unknown> = new Set(type.members.filter((one) => storedMembers(type, one) === one));
      return (value) => (members.has(value) ? value : undefined);
    }
    if (type.family === 'geo' && this.mode !== 'create') return undefined;
    return (value) => {
      const read = type.read(value, this.format);
      return typeof read !== 'string' || wellFormed(read) ? read : undefined;
    };
  }

  #complex(type: StructuredType): ReadSound | undefined {
    const { open, abstract, derived, qualifiedName, navigation, carries } = type;
    const isRuled = this.mode === 'create' && ruledProperties(type).length > 0;
    if (open || abstract || derived.length > 0 || isRuled || (navigation ?? carries) !== undefined) return undefined;
    // What has defaults is completed by them.
    if (defaultsOf(type).length > 0) return undefined;
    const properties = this.properties(type);
    const begin = this.#begin(type);
    const typeName = `#${qualifiedName}`;
    return (value) => {
      if (!isJsonObject(value)) return undefined;
      const result = begin(value);
      if (result === undefined) return undefined;
      let [last, isInOrder] = [-1, this.mode !== 'replace'];
      for (const name of Object.keys(value)) {
        const member = value[name] as JsonValue;
        const property = properties.get(name);
        if (property === undefined) {
          if (name !== '@odata.type' || member !== typeName) return undefined;
          continue;
        }
        if (!property.take(member, result)) return undefined;
        isInOrder &&= property.at > last;
        last = property.at;
      }
      return isInOrder ? result : inModelOrder(type, result);
    };
  }

  /** What comes of a value's absent members: undefined where one of them must be given. */
  #begin(type: StructuredType): (value: JsonObject) => JsonObject | undefined {
    const settable = [...type.properties.values()].filter(({ computed, immutable }) => !computed && !immutable);
    const isReplaced = this.mode === 'replace';
    const needed = isReplaced
      ? settable
      : [...type.properties.values()].filter(
          ({ computed, nullable, collection }) => !computed && !nullable && !collection,
        );
    if (this.mode === 'merge' || needed.length === 0) return () => ({});
    return (value) => {
      const result: JsonObject = {};
      for (const { name, nullable, collection } of needed) {
        if (Object.hasOwn(value, name)) continue;
        if (!isReplaced || !(nullable || collection)) return undefined;
        result[name] = null;
      }
      return result;
    };
  }
}
