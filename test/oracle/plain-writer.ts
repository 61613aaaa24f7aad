import type { EntityType, ItemType, Property, StructuredType } from '../../src/odata/protocol/edm/model.js';
import { Edm, type PrimitiveType } from '../../src/odata/protocol/edm/primitive-types.js';
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../../src/odata/protocol/json/json-value.js';
import type { PayloadFormat } from '../../src/odata/protocol/payload/payload-format.js';
import { everything, type Selection } from '../../src/odata/protocol/payload/selection.js';
import { actualType, membersOf, type StoredEntity } from '../../src/odata/protocol/payload/stored-entity.js';
import { transformWritten } from '../../src/odata/protocol/payload/transform-written.js';
import type { EntityToWrite } from '../../src/odata/protocol/payload/write-entity.js';

type Members = [name: string, json: string][];

const text = (value: JsonValue): string => JSON.stringify(value);

/** JSON Format 4.5.3: the type of dynamic numbers of which a double would lose digits. */
function exactTypeOf(value: JsonValue): PrimitiveType | undefined {
  const items = Array.isArray(value) ? value : [value];
  const numbers = items.filter((item) => typeof item === 'number' || item instanceof JsonNumber);
  if (!numbers.some((item) => item instanceof JsonNumber)) return undefined;
  if (items.some((item) => item !== null && !numbers.includes(item as number))) return undefined;
  return numbers.every((item) => Edm.Int64.read(item, { ieee754Compatible: false }) !== undefined)
    ? Edm.Int64
    : Edm.Decimal;
}

/** Writes entities as the format says, step by step: what the service's writers are held to, byte for byte. */
export class PlainWriter {
  readonly #at: string;

  constructor(private readonly format: PayloadFormat) {
    this.#at = format.version === '4.0' ? '@odata.' : '@';
  }

  document(entity: EntityToWrite, contextFragment: string): string {
    const context: Members =
      this.format.metadata === 'none'
        ? []
        : [[`${this.#at}context`, text(`${this.format.serviceRoot}$metadata#${contextFragment}`)]];
    return this.#object([...context, ...this.#entity(entity)]);
  }

  #object(members: Members): string {
    return `{${members.map(([name, json]) => `${text(name)}:${json}`).join(',')}}`;
  }

  #entity({ type: declared, path, value, selection = everything, changed }: EntityToWrite): Members {
    const { metadata, serviceRoot } = this.format;
    const type = actualType(declared, value);
    const url = text(`${serviceRoot}${path.url}`);
    const { select } = selection;
    const keyless = select !== undefined && type.key.some((name) => !select.has(name));
    const [minimal, full] = [metadata !== 'none', metadata === 'full'];
    const control: (readonly [boolean, string, string])[] = [
      [minimal, 'type', text(`#${type.qualifiedName}`)],
      [full || (minimal && keyless), 'id', url],
      [minimal && '$version' in value, 'etag', text(`W/"${value.$version}"`)],
      [full, 'editLink', url],
    ];
    return [
      ...control.flatMap(([isThere, name, json]): Members => (isThere ? [[`${this.#at}${name}`, json]] : [])),
      ...Object.entries(value).flatMap(([name, one]): Members => (name.startsWith('@') ? [[name, text(one)]] : [])),
      ...this.#properties(type, value, selection, changed),
      ...this.#navigation(type, { path, value, selection }),
    ];
  }

  #navigation(type: EntityType, { path, value, selection }: Omit<EntityToWrite, 'type'>): Members {
    const { select, expand } = selection ?? everything;
    return [...type.navigation.values()].flatMap(({ name, type: inner, collection }): Members => {
      const url = `${this.format.serviceRoot}${path.url}/${name}`;
      const links: Members = [
        [`${name}${this.#at}associationLink`, text(`${url}/$ref`)],
        [`${name}${this.#at}navigationLink`, text(url)],
      ];
      const linked = this.format.metadata === 'full' && (select?.has(name) ?? true) ? links : [];
      const expanded = expand?.get(name);
      if (expanded === undefined) return linked;
      const write = (item: StoredEntity, at: string): string =>
        this.#object(this.#entity({ type: inner, path: { url: at, text: at }, value: item, selection: expanded }));
      const at = `${path.url}/${name}`;
      const counted = this.#count(value, name);
      const stored = value[name];
      if (!collection)
        return [...linked, ...counted, [name, isJsonObject(stored) ? write(stored as StoredEntity, at) : 'null']];
      const all = membersOf(stored).map((item) => write(item, `${at}('${encodeURIComponent(item.id as string)}')`));
      return [...linked, ...counted, [name, `[${all.join(',')}]`]];
    });
  }

  #count(value: JsonObject, name: string): Members {
    const count = value[`${name}@count`];
    if (typeof count !== 'number') return [];
    return [[`${name}${this.#at}count`, this.format.ieee754Compatible ? `"${count}"` : String(count)]];
  }

  #properties(type: StructuredType, value: JsonObject, selection: Selection, changed: JsonValue | undefined): Members {
    const said = isJsonObject(changed) ? changed : {};
    const declared = [...type.properties.values()].flatMap((property): Members => {
      const { name, collection } = property;
      const nested = selection.select === undefined ? everything : selection.select.get(name);
      if (nested === undefined) return [];
      const kept = Object.hasOwn(value, name) ? (value[name] ?? null) : null;
      const stored = this.format.asStored === true ? kept : transformWritten(property, kept, { type, value });
      if (stored === null && !collection)
        return this.format.omitNulls && !Object.hasOwn(said, name) ? [] : [[name, 'null']];
      const inner = Object.hasOwn(said, name) ? said[name] : undefined;
      const items = (Array.isArray(stored) ? stored : []).map((item) => this.#value(property.type, item, nested));
      const json = collection ? `[${items.join(',')}]` : this.#value(property.type, stored, nested, inner);
      const isTyped = this.format.metadata === 'full';
      const counted = collection ? this.#count(value, name) : [];
      return [...(isTyped ? this.#typeOf(property) : []), ...counted, [name, json]];
    });
    const computed = [...(selection.computed ?? [])].flatMap(([name, item]) => this.#undeclared(value, name, item));
    if (!type.open) return [...declared, ...computed];
    const isKnown = (name: string): boolean =>
      type.properties.has(name) ||
      (type.kind === 'entity' && type.navigation.has(name)) ||
      (selection.computed?.has(name) ?? false);
    const others = Object.keys(value).filter((name) => !/[$@]/.test(name) && !isKnown(name));
    const dynamic = selection.select === undefined ? others : (selection.dynamic ?? []);
    return [...declared, ...computed, ...dynamic.flatMap((name) => this.#undeclared(value, name, undefined))];
  }

  #undeclared(value: JsonObject, name: string, type: ItemType): Members {
    const stored = value[name] ?? null;
    if (stored === null && this.format.omitNulls) return [];
    const isTyped = this.format.metadata !== 'none' && stored !== null;
    const known = type ?? (isTyped && this.format.asStored !== true ? exactTypeOf(stored) : undefined);
    const collection = Array.isArray(stored) && type === undefined;
    const written = collection ? `[${stored.map((one) => this.#value(known, one, everything)).join(',')}]` : undefined;
    const json = written ?? this.#value(known, stored, everything);
    // An infinite number is text, as a member of an enumeration is.
    const isWord = known?.kind === 'enum' || (known?.kind === 'primitive' && /^"-?(?:INF|NaN)"$/.test(json));
    const about = known?.kind === 'primitive' || known?.kind === 'enum' ? known : undefined;
    const typed = isTyped && about !== undefined ? this.#typeOf({ name, type: about, collection }, isWord) : [];
    return [...typed, [name, json]];
  }

  #typeOf({ name, type, collection }: Pick<Property, 'name' | 'type' | 'collection'>, always = false): Members {
    const isTold = type.kind === 'complex' || (type.kind === 'primitive' && !type.needsTypeAnnotation);
    if (!collection && isTold && !always) return [];
    const one = type.kind === 'primitive' ? type.name.replace('Edm.', '') : type.qualifiedName;
    const mark = type.kind === 'primitive' && this.format.version !== '4.0' ? '' : '#';
    return [[`${name}${this.#at}type`, text(`${mark}${collection ? `Collection(${one})` : one}`)]];
  }

  #value(type: ItemType, value: JsonValue, selection: Selection, changed?: JsonValue): string {
    if (type?.kind === 'complex' && isJsonObject(value)) {
      const actual = actualType(type, value);
      const typed: Members =
        this.format.metadata === 'none' ? [] : [[`${this.#at}type`, text(`#${actual.qualifiedName}`)]];
      return this.#object([...typed, ...this.#properties(actual, value, selection, changed)]);
    }
    if (type?.kind !== 'primitive' || value === null) return text(value);
    const json = type.write(value);
    const isQuoted = this.format.ieee754Compatible && type.exactNumber && typeof json !== 'string';
    return isQuoted ? `"${text(json)}"` : text(json);
  }
}
