import type { EntitySet } from '../protocol/edm/model.js';
import type { JsonObject } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { annotated, type Inline } from '../protocol/payload/change.js';
import type { DeltaItem } from '../protocol/payload/read-delta.js';
import { everything, expandedBy } from '../protocol/payload/selection.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';
import type { ChangedItem, ChangesResult } from './results.js';

/** An item that can be applied. */
export type ReadableItem = Exclude<DeltaItem, { readonly kind: 'faulty' }>;

/** What became of an item: the entity as it is now; gone; or what was wrong, where the others go on. */
export type Outcome =
  | { readonly kind: 'done'; readonly entity: StoredEntity }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'failed'; readonly operation: 'insert' | 'update' | 'delete'; readonly error: ODataError };

/** How the items of a delta payload are applied. */
export interface DeltaRules {
  /**
   * Applies one; gives the entity as it is then, undefined where it is gone.
   * @param onCreate told where an update turns into a creation
   */
  readonly apply: (item: ReadableItem, onCreate: () => void) => Promise<StoredEntity | undefined>;
  /** Runs work as one transaction. */
  readonly atomically: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whether what can be done is done; else everything or nothing. */
  readonly continueOnError: boolean;
  /** How many items there may be. */
  readonly most: number;
}

/** What an item came to that failed alone. @param isInsert an entity was to be made */
function failureOf(kind: DeltaItem['kind'], isInsert: boolean, error: unknown): Outcome {
  if (!(error instanceof ODataError)) throw error;
  return { kind: 'failed', operation: isInsert ? 'insert' : kind === 'delete' ? 'delete' : 'update', error };
}

/** The error of an item as that of the whole: what it points at is inside the item. */
function failAt(item: string, error: unknown): never {
  if (!(error instanceof ODataError)) throw error;
  throw error.inside(item);
}

/** Core.DataModificationException; its `info` is a Core.MessageType. */
export function exceptionOf(
  { code, message, target, details, status }: ODataError,
  failedOperation: string,
): JsonObject {
  const inner = details.map((one) => ({
    code: one.code,
    message: one.message,
    severity: 'error',
    target: one.target ?? '',
  }));
  const info = {
    code,
    message,
    severity: 'error',
    ...(target === undefined ? {} : { target }),
    ...(inner.length === 0 ? {} : { details: inner }),
  };
  return { '@Core.DataModificationException': { failedOperation, responseCode: status, info } };
}

export function inlineOf(item: DeltaItem): Inline {
  if (item.kind === 'insert') return item.entity;
  return item.kind === 'upsert' ? item.change : {};
}

/** 11.4.12: a relation that could not be added is said as if it were removed, and the other way round. */
function linkItem(
  { isAdded, property, to }: DeltaItem & { readonly kind: 'link' },
  outcome: Outcome,
  about: Pick<ChangedItem, 'path' | 'key'> & { readonly annotations: JsonObject },
): ChangedItem {
  const { target: set } = property;
  const target =
    to === undefined || set === undefined
      ? undefined
      : keyedEntityPath({ url: set.name, text: set.name }, set.type, to);
  const isFailed = outcome.kind === 'failed';
  const exception = isFailed ? exceptionOf(outcome.error, isAdded ? 'link' : 'unlink') : {};
  const link = { isAdded: isAdded !== isFailed, relationship: property.name, target };
  return { ...about, value: undefined, link, annotations: { ...about.annotations, ...exception } };
}

function changedItem(set: EntitySet, item: DeltaItem, outcome: Outcome): ChangedItem {
  const annotations: JsonObject = item.contentId === undefined ? {} : { [item.contentId[0]]: item.contentId[1] };
  const named = item.kind === 'insert' ? {} : (item.key ?? {});
  const key = outcome.kind === 'done' ? outcome.entity : named;
  const about = { path: keyedEntityPath({ url: set.name, text: set.name }, set.type, key), key: named, annotations };
  const inline = inlineOf(item);
  if (item.kind === 'link') return linkItem(item, outcome, about);
  switch (outcome.kind) {
    case 'done':
      return { ...about, value: annotated(outcome.entity, inline), selection: expandedBy(everything, inline) };
    case 'deleted':
      return { ...about, value: undefined, reason: item.kind === 'delete' ? item.reason : 'deleted' };
    case 'failed': {
      // 11.4.12: what could not be made is said as if it were removed, what could not be removed as if it were there.
      const operation = item.kind === 'delete' && item.reason === 'changed' ? 'unlink' : outcome.operation;
      const failed = { ...annotations, ...exceptionOf(outcome.error, operation) };
      const isReference = outcome.operation !== 'insert' && Object.keys(named).length > 0;
      return { ...about, value: undefined, reason: 'deleted', isReference, annotations: failed };
    }
  }
}

/**
 * Applies items in their order.
 * @throws ODataError of the first that fails, with its path, unless the others go on; 400 where they are too many
 */
export async function outcomesOf(
  items: readonly DeltaItem[],
  { apply, continueOnError, most }: Omit<DeltaRules, 'atomically'>,
): Promise<readonly Outcome[]> {
  if (items.length > most)
    throw new ODataError('tooManyChanges', `The body has ${items.length} items; it may have ${most}.`);
  const outcomes: Outcome[] = [];
  for (const item of items) {
    let isInsert = item.kind === 'insert';
    try {
      if (item.kind === 'faulty') throw item.error;
      const entity = await apply(item, () => (isInsert = true));
      outcomes.push(entity === undefined ? { kind: 'deleted' } : { kind: 'done', entity });
    } catch (error) {
      outcomes.push(continueOnError ? failureOf(item.kind, isInsert, error) : failAt(item.target, error));
    }
  }
  return outcomes;
}

/**
 * Applies the items of a delta payload in their order; answers with one item for each (OData 4.01 Protocol 11.4.12).
 * @throws ODataError of the first item that fails, with its path, and nothing is changed; unless the others go on
 */
export async function applyDelta(
  set: EntitySet,
  items: readonly DeltaItem[],
  rules: DeltaRules,
): Promise<ChangesResult> {
  const { atomically, continueOnError } = rules;
  const applyAll = () => outcomesOf(items, rules);
  const outcomes = await (continueOnError ? applyAll() : atomically(applyAll));
  return {
    kind: 'changes',
    type: set.type,
    set: set.name,
    context: set.name,
    items: items.flatMap((item, index) => {
      const outcome = outcomes[index];
      return outcome === undefined ? [] : [changedItem(set, item, outcome)];
    }),
    selection: everything,
    next: undefined,
    delta: undefined,
    pageSize: undefined,
    form: 'graph',
    applied: continueOnError ? ['continue-on-error'] : [],
    effect: outcomes.some(({ kind }) => kind === 'failed') ? 'failed' : 'updated',
  };
}
