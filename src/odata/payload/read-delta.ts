import type { EntitySet } from '../edm/model.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { type Fault, ODataError } from '../odata-error.js';
import { keyInEntityId, memberPath } from '../uri/entity-path.js';
import type { Change, ContentId, NewEntity } from './change.js';
import { contentIdOf, control } from './control-information.js';
import { type Body, readChange, readNewEntity } from './read-body.js';
import type { BodyFormat } from './read-values.js';

/** What one item of a delta payload asks for, and its place in the payload. */
export type DeltaItem = { readonly target: string; readonly contentId: ContentId | undefined } & (
  | { readonly kind: 'upsert'; readonly key: string; readonly change: Change }
  /** It names no key: the service makes one. */
  | { readonly kind: 'insert'; readonly entity: NewEntity }
  | {
      readonly kind: 'delete';
      readonly key: string;
      readonly etag: string | undefined;
      readonly reason: 'deleted' | 'changed';
    }
);

/** Reads the items of one payload; collects the faults of all of them. */
class DeltaReader {
  readonly faults: Fault[] = [];
  readonly #keys = new Set<string>();

  constructor(
    private readonly set: EntitySet,
    private readonly format: BodyFormat,
  ) {}

  /** Adds what a reader throws to the faults, its paths behind that of the item. */
  collect<T>(target: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ODataError)) throw error;
      const { code, message, details } = error;
      const found: readonly Fault[] = details.length === 0 ? [{ code, message }] : details;
      for (const fault of found) {
        const inner = fault.target === undefined || fault.target === '' ? '' : `/${fault.target}`;
        this.faults.push({ ...fault, target: `${target}${inner}` });
      }
      return undefined;
    }
  }

  item(item: JsonValue, target: string, duplicates: readonly string[]): DeltaItem {
    if (!isJsonObject(item)) throw new ODataError('typeMismatch', `'${target}' must be an object.`);
    const context = control(item, 'context');
    if (typeof context === 'string' && /\$(?:link|deletedLink)$/.test(context))
      throw new ODataError('notImplemented', 'Added and deleted links are not implemented: entities are contained.');
    const key = this.#key(item);
    const about = { target, contentId: contentIdOf(item) };
    const removed = control(item, 'removed');
    if (removed !== undefined) return { ...about, ...this.#removed(item, removed, key) };
    const prefix = `${target}/`;
    const body: Body = {
      value: item,
      duplicates: duplicates.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)),
    };
    const { type, name } = this.set;
    if (key === undefined) return { ...about, kind: 'insert', entity: readNewEntity(type, body, this.format) };
    const entityUrl = memberPath(name, key).url;
    return { ...about, kind: 'upsert', key, change: readChange(type, body, this.format, { entityUrl }) };
  }

  /** 11.4.3.1: where an item has both id and key, they name the same entity. */
  #key(item: JsonObject): string | undefined {
    const [name = ''] = this.set.type.key;
    const id = control(item, 'id');
    const named = typeof id === 'string' ? keyInEntityId(id, this.set.name) : undefined;
    if (id !== undefined && named === undefined)
      throw new ODataError('entityIdMismatch', `'@id' must be the entity-id of a member of ${this.set.name}.`, {
        details: [{ code: 'entityIdMismatch', target: '@id', message: `'@id' names no member of ${this.set.name}.` }],
      });
    const given = item[name];
    const key = typeof given === 'string' ? given : named;
    if (named !== undefined && key !== named)
      throw new ODataError('entityIdMismatch', `'@id' and '${name}' name different entities.`);
    if (key === undefined) return undefined;
    if (this.#keys.has(key)) throw new ODataError('entityNamedTwice', `Another item names '${key.slice(0, 200)}' too.`);
    this.#keys.add(key);
    return key;
  }

  #removed(item: JsonObject, removed: JsonValue, key: string | undefined) {
    const reason = isJsonObject(removed) ? (removed.reason ?? 'changed') : undefined;
    if (reason !== 'deleted' && reason !== 'changed')
      throw new ODataError('typeMismatch', "'@removed' must be an object with the reason 'deleted' or 'changed'.");
    if (key === undefined) throw new ODataError('valueNotAllowed', 'A removed entity must have its key or its @id.');
    const etag = control(item, 'etag');
    if (etag !== undefined && typeof etag !== 'string')
      throw new ODataError('typeMismatch', "'@etag' must be an entity tag.");
    return { kind: 'delete', key, reason, etag } as const;
  }
}

/**
 * Reads the body of an update of an entity set, a delta payload (OData 4.01 Protocol 11.4.11, JSON Format 15.5).
 * @param set whose key is one text
 * @throws ODataError 400 with every fault of every item, and its path: `value/3/profile/headline`
 */
export function readDelta(set: EntitySet, body: Body, format: BodyFormat): readonly DeltaItem[] {
  if (format.version === '4.0')
    throw new ODataError('invalidVersion', 'A delta payload is updated in OData 4.01 only.', {
      target: 'OData-Version',
    });
  if (!isJsonObject(body.value)) throw new ODataError('bodyNotObject', 'The body must be one JSON object.');
  const context = control(body.value, 'context');
  if (context !== undefined && (typeof context !== 'string' || !context.endsWith('$delta')))
    throw new ODataError('valueNotAllowed', "The context of a delta payload ends in '$delta'.", { target: '@context' });
  const { value } = body.value;
  if (!Array.isArray(value)) throw new ODataError('typeMismatch', "'value' must be an array.", { target: 'value' });
  const reader = new DeltaReader(set, format);
  for (const path of body.duplicates.filter((one) => !/^value\/\d+\//.test(one)))
    reader.faults.push({ code: 'duplicateMember', target: path, message: `'${path}' stands twice in its object.` });
  const items = value.map((item, index) =>
    reader.collect(`value/${index}`, () => reader.item(item, `value/${index}`, body.duplicates)),
  );
  const [first, ...others] = reader.faults;
  if (first !== undefined) throw ODataError.ofFaults([first, ...others.slice(0, 99)]);
  return items.filter((item) => item !== undefined);
}
