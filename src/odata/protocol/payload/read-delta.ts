import { keyTextIn } from '../edm/key-text.js';
import type { EntitySet, EntityType, NavigationProperty } from '../edm/model.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { type Fault, ODataError } from '../odata-error.js';
import { parseEntityTags, type Precondition, restrict } from '../headers/precondition.js';
import type { BodyFormat } from './body-format.js';
import type { Change, ContentId, NewEntity } from './change.js';
import { contentIdOf, control, typeIn } from './control-information.js';
import { openCollection } from './read-collection.js';
import { type Body, readChange, readKey, readNewEntity, saidType } from './read-body.js';
import { keyedEntityPath } from './keyed-path.js';

/** What one item of a delta payload asks for, and its place in the payload. */
export type DeltaItem = {
  readonly target: string;
  readonly contentId: ContentId | undefined;
} & (
  | {
      readonly kind: 'upsert';
      readonly key: JsonObject;
      /** The type that it says the entity is of; undefined where it says none. */
      readonly type: EntityType | undefined;
      readonly change: Change & { readonly precondition: Precondition };
    }
  /** It names no key: the service makes one. */
  | { readonly kind: 'insert'; readonly entity: NewEntity }
  | {
      readonly kind: 'delete';
      readonly key: JsonObject;
      readonly precondition: Precondition;
      readonly reason: 'deleted' | 'changed';
    }
  /** A relation that is added or removed (JSON Format 15.4 and 15.5). */
  | {
      readonly kind: 'link';
      readonly isAdded: boolean;
      readonly key: JsonObject;
      readonly property: NavigationProperty;
      /** Of the entity that it leads to; undefined where the one that there is is removed. */
      readonly to: JsonObject | undefined;
    }
  /** It cannot be read; only where the others go on. */
  | { readonly kind: 'faulty'; readonly key: JsonObject | undefined; readonly error: ODataError }
);

const mostFaults = 100;

function faultsOf({ code, message, target, details }: ODataError): readonly Fault[] {
  return details.length > 0 ? details : [{ code, message, ...(target === undefined ? {} : { target }) }];
}

/** The faults that an error names, their targets behind that of an item. */
function faultsIn(error: ODataError, item: string): readonly Fault[] {
  return faultsOf(error).map((fault) => ({
    ...fault,
    target: fault.target === undefined || fault.target === '' ? item : `${item}/${fault.target}`,
  }));
}

/** Reads the items of one payload. */
class DeltaReader {
  readonly #keys = new Set<string>();

  constructor(
    private readonly set: EntitySet,
    private readonly format: BodyFormat,
    private readonly mode: 'merge' | 'replace',
  ) {}

  /** @throws ODataError with the faults of the item, their targets inside it */
  item(item: JsonValue, target: string, duplicates: readonly string[]): DeltaItem {
    if (!isJsonObject(item)) throw new ODataError('typeMismatch', `'${target}' must be an object.`);
    const context = control(item, 'context');
    const about = { target, contentId: contentIdOf(item) };
    const link = this.mode === 'merge' && typeof context === 'string' ? /\$(link|deletedLink)$/.exec(context) : null;
    if (link !== null) return { ...about, ...this.#link(item, link[1] === 'link') };
    const removed = control(item, 'removed');
    if (removed !== undefined && this.mode === 'replace')
      throw new ODataError('valueNotAllowed', 'What a whole collection does not name is removed.');
    const key = this.#key(item);
    if (removed !== undefined) return { ...about, ...this.#removed(item, removed, key) };
    const prefix = `${target}/`;
    const body: Body = {
      value: item,
      duplicates: duplicates.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)),
    };
    const declared = this.set.type;
    if (key === undefined) return { ...about, kind: 'insert', entity: readNewEntity(declared, body, this.format) };
    const type = saidType(declared, body, this.format);
    // What is replaced is of the type that its representation has, which is the declared one where it says none.
    const isSaid = this.mode === 'replace' || typeIn(item, this.format.version) !== undefined;
    if (this.mode === 'replace' && type.abstract)
      throw new ODataError('odataTypeMismatch', `'${target}' must say its type: ${type.qualifiedName} is abstract.`);
    const entityUrl = keyedEntityPath({ url: this.set.name, text: this.set.name }, declared, key).url;
    const change = this.#conditional(
      () => readChange(type, body, this.format, { entityUrl, declared, mode: this.mode }),
      item,
    );
    const said = isSaid && declared.derived.length > 0 ? type : undefined;
    return { ...about, kind: 'upsert', key, type: said, change };
  }

  /** A change, and the condition that its ETag is. Faults of either are told with those of the other. */
  #conditional(read: () => Change, item: JsonObject): Change & { readonly precondition: Precondition } {
    const faults: Fault[] = [];
    const collect = <T>(work: () => T): T | undefined => {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof ODataError)) throw error;
        faults.push(...faultsOf(error));
        return undefined;
      }
    };
    const change = collect(read);
    const etag = control(item, 'etag');
    const precondition = collect(() => this.#precondition(typeof etag === 'string' ? etag : undefined));
    if (change !== undefined && precondition !== undefined) return { ...change, precondition };
    const [first, ...others] = faults;
    throw first === undefined ? new Error('What was not read has a fault') : ODataError.ofFaults([first, ...others]);
  }

  /** A delta payload is of 4.01, whether a header says so or not, so that its ETags count (11.4.3). */
  #precondition(etag: string | undefined): Precondition {
    return etag === undefined ? {} : restrict({}, parseEntityTags(etag, '@etag'));
  }

  /** 11.4.3.1: where an item has both id and key, they name the same entity. */
  #key(item: JsonObject): JsonObject | undefined {
    const { type, name } = this.set;
    const id = control(item, 'id');
    const named = typeof id === 'string' ? this.format.entityIds?.memberOf(this.set, id) : undefined;
    if (id !== undefined && named === undefined) {
      const message = `'@id' must be the entity-id of a member of ${name}.`;
      throw ODataError.ofFaults([{ code: 'entityIdMismatch', target: '@id', message }]);
    }
    const given = readKey(type, item, this.format);
    const key = given ?? named;
    if (key === undefined) return undefined;
    const text = keyTextIn(type, key);
    if (named !== undefined && text !== keyTextIn(type, named))
      throw new ODataError('entityIdMismatch', `'@id' and ${type.key.join(', ')} name different entities.`);
    if (this.#keys.has(text))
      throw new ODataError('entityNamedTwice', `Another item names '${text.slice(0, 200)}' too.`);
    this.#keys.add(text);
    return key;
  }

  #removed(item: JsonObject, removed: JsonValue, key: JsonObject | undefined) {
    const reason = isJsonObject(removed) ? (removed.reason ?? 'changed') : undefined;
    if (reason !== 'deleted' && reason !== 'changed')
      throw new ODataError('typeMismatch', "'@removed' must be an object with the reason 'deleted' or 'changed'.");
    if (key === undefined) throw new ODataError('valueNotAllowed', 'A removed entity must have its key or its @id.');
    const etag = control(item, 'etag');
    if (etag !== undefined && typeof etag !== 'string')
      throw new ODataError('typeMismatch', "'@etag' must be an entity tag.");
    return { kind: 'delete', key, reason, precondition: this.#precondition(etag) } as const;
  }

  #link({ source, relationship, target }: JsonObject, isAdded: boolean) {
    const { type, name } = this.set;
    const properties = [type, ...type.derived].flatMap(({ navigation }) => [...navigation.values()]);
    if (properties.every(({ containsTarget }) => containsTarget))
      throw new ODataError('notImplemented', 'Added and deleted links are not implemented: entities are contained.');
    const faults: Fault[] = [];
    const member = (set: EntitySet | undefined, id: JsonValue | undefined, at: string): JsonObject | undefined => {
      const key = set === undefined || typeof id !== 'string' ? undefined : this.format.entityIds?.memberOf(set, id);
      const message = `'${at}' must be the entity-id of a member of ${set?.name ?? 'an entity set'}.`;
      if (key === undefined) faults.push({ code: 'referenceNotFound', target: at, message });
      return key;
    };
    const property = properties.find((one) => one.name === relationship && !one.containsTarget);
    if (property === undefined) {
      const message = `'relationship' must be a navigation property of ${name} without containment.`;
      faults.push({ code: 'propertyNotFound', target: 'relationship', message });
    }
    const key = member(this.set, source, 'source');
    // 15.5: of a single relation there is only one that can be meant.
    const isOnlyOne = !isAdded && property?.collection === false && target === undefined;
    const to = isOnlyOne || property === undefined ? undefined : member(property.target, target, 'target');
    if (faults.length === 0 && property !== undefined && key !== undefined)
      return { kind: 'link', isAdded, key, property, to } as const;
    const [first, ...others] = faults;
    throw first === undefined ? new Error('What was not read has a fault') : ODataError.ofFaults([first, ...others]);
  }

  /** The key of an item that has a fault elsewhere, for the answer. */
  keyOfFaulty(item: JsonValue): JsonObject | undefined {
    try {
      return isJsonObject(item) ? readKey(this.set.type, item, this.format) : undefined;
    } catch {
      return undefined;
    }
  }
}

/**
 * Reads the body of an update of an entity set: a delta payload (PATCH, `merge`; OData 4.01 Protocol 11.4.12, JSON Format
 * 15.6), or all of its entities (PUT, `replace`; 11.4.12).
 * @param continueOnError a fault of an item is that item's: the others are read (OData 4.01 Protocol 8.2.8.3)
 * @throws ODataError 400 with every fault of every item, and its path: `value/3/place/city`; where the others go on,
 *   with those that are of no item
 */
export function readDelta(
  set: EntitySet,
  body: Body,
  format: BodyFormat,
  { mode, continueOnError }: { readonly mode: 'merge' | 'replace'; readonly continueOnError: boolean },
): readonly DeltaItem[] {
  const { value: values, faults: outside } = openCollection(body, format, {
    name: set.name,
    isDelta: mode === 'merge',
  });
  const reader = new DeltaReader(set, format, mode);
  const faults: Fault[] = [...outside];
  const items = values.map((value, index): DeltaItem => {
    const target = `value/${index}`;
    try {
      return reader.item(value, target, body.duplicates);
    } catch (error) {
      if (!(error instanceof ODataError)) throw error;
      if (!continueOnError) faults.push(...faultsIn(error, target));
      return {
        kind: 'faulty',
        target,
        contentId: isJsonObject(value) ? contentIdOf(value) : undefined,
        key: reader.keyOfFaulty(value),
        error,
      };
    }
  });
  const [first, ...others] = faults;
  if (first !== undefined) throw ODataError.ofFaults([first, ...others.slice(0, mostFaults - 1)]);
  return items;
}
