import { keyHolders } from '../protocol/edm/key-parts.js';
import type { EntityType, Model } from '../protocol/edm/model.js';
import type { JsonObject, JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import type { Change, NewEntity } from '../protocol/payload/change.js';
import { jsonValue } from '../protocol/payload/plain-value.js';
import {
  type PropertyPlace,
  readChange,
  readKey,
  readNewEntity,
  readPropertyChange,
} from '../protocol/payload/read-body.js';
import type { BodyFormat } from '../protocol/payload/read-values.js';
import { ModelEntityIds } from '../protocol/query/entity-ids.js';

/** Reads what code of the service gives, by the model; what does not fit is an error of that code, not of the client. */
export class OwnValues {
  readonly #format: BodyFormat;

  constructor(model: Model) {
    const entityIds = new ModelEntityIds(model, []);
    this.#format = { version: '4.01', ieee754Compatible: true, isOwn: true, entityIds };
  }

  #read<T>(what: string, read: () => T): T {
    try {
      return read();
    } catch (cause) {
      if (!(cause instanceof ODataError)) throw cause;
      const faults = cause.details.map(({ message }) => message).join(' ');
      throw new Error(`${what} gives what the model does not allow: ${faults || cause.message}`, { cause });
    }
  }

  /** The JSON of a value of JavaScript; undefined becomes null. @throws Error where it has none */
  json(what: string, value: unknown): JsonValue {
    if (value === undefined) return null;
    const json = jsonValue(value, null);
    if (json === undefined) throw new Error(`${what} gives what is no JSON`);
    return json;
  }

  #body(what: string, value: object) {
    return { value: this.json(what, value) as JsonObject, duplicates: [] };
  }

  newEntity(what: string, type: EntityType, values: object): NewEntity {
    return this.#read(what, () => readNewEntity(type, this.#body(what, values), this.#format));
  }

  change(what: string, type: EntityType, changes: object): Change {
    return this.#read(what, () => readChange(type, this.#body(what, changes), this.#format));
  }

  /** The key that an object of the type's class has. */
  key(what: string, type: EntityType, values: object): JsonObject {
    const json = this.json(what, values) as JsonObject;
    const named = Object.fromEntries(
      keyHolders(type).flatMap((name) => (Object.hasOwn(json, name) ? [[name, json[name]]] : [])),
    );
    const key = this.#read(what, () => readKey(type, named as JsonObject, this.#format));
    if (key === undefined) throw new Error(`${what} gives an entity without its key`);
    return key;
  }

  /** A value of a property that is none of an entity, in stored form. */
  value(what: string, place: PropertyPlace, value: unknown): JsonValue {
    const json = this.json(what, value);
    const { property } = place;
    const isBody = property.type.kind === 'complex' && !property.collection && json !== null;
    const body = { value: isBody ? json : { value: json }, duplicates: [] };
    const { patch } = this.#read(what, () => readPropertyChange(place, body, this.#format, 'replace'));
    return patch[property.name] ?? null;
  }
}
