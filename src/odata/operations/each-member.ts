import { keyIn } from '../protocol/edm/key-parts.js';
import type { Model } from '../protocol/edm/model.js';
import { ODataError } from '../protocol/odata-error.js';
import { annotated, type Change } from '../protocol/payload/change.js';
import { readChange } from '../protocol/payload/read-body.js';
import { everything } from '../protocol/payload/selection.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import { exceptionOf } from './delta-update.js';
import type { EachOf } from './each-of.js';
import type { Entities } from './entities.js';
import type { EntityRequest } from './entity-request.js';
import { EntityUpdates } from './entity-updates.js';
import { ModifiedEntity } from './modified-entity.js';
import { type ChangedItem, empty, type ItemResult, type ODataResult } from './results.js';

/**
 * Whether a change is one of its own for each member: it makes entities inside, whose keys are made, carries those of other
 * sets, or depends on what is there.
 */
export function isOfEach({ etag, insideConditions, insideTypes, inside, related }: Change): boolean {
  if ((etag ?? insideConditions ?? insideTypes ?? related) !== undefined) return true;
  return inside?.some(({ defaults }) => defaults !== undefined) === true;
}

export function refuseTooMany(): never {
  const message = 'The path leads to more members than one request may change. Narrow it by $filter(…).';
  throw new ODataError('tooManyChanges', message);
}

/**
 * Changes or deletes entities of a collection one by one, each as by a request to its own URL (OData 4.01 Protocol 11.4.13 and
 * 11.4.14): all of them or none, or those that can be where the client prefers to continue on error.
 */
export class EachMember {
  readonly #apply: EntityUpdates;
  readonly #goesOn: boolean;

  constructor(
    private readonly entities: Entities,
    private readonly of: EachOf,
    private readonly request: EntityRequest,
  ) {
    this.#apply = new EntityUpdates(entities);
    this.#goesOn = request.protocol.preferences.continueOnError === true;
  }

  /** @throws ODataError of the first that fails, and none is changed; unless the others go on */
  async change(model: Model): Promise<ODataResult> {
    const { type, context } = this.of;
    const { query } = this.request.protocol;
    const answer = new ModifiedEntity(model, this.entities, { type, query });
    const results = await this.#ofAll(
      (entity) => this.#changed(entity, answer),
      (entity, error) => this.#failed(entity, error, answer),
    );
    return {
      kind: 'collection',
      type,
      context,
      items: results.flatMap(({ result }) => result),
      selection: answer.selection,
      count: undefined,
      next: undefined,
      pageSize: undefined,
      ...this.#effectOf(results),
    };
  }

  /** The same of deletions. Where one fails the answer is a delta payload, with the members that are still there. */
  async remove(): Promise<ODataResult> {
    const { type, context } = this.of;
    const results = await this.#ofAll(
      async (entity): Promise<ChangedItem> => {
        const outcome = await this.entities.remove(this.of.addressOf(entity, !this.#goesOn), {}, this.request.caller);
        if (outcome === 'refused') throw new Error('Without a condition nothing is refused');
        return { path: this.of.pathOf(entity), key: keyIn(type, entity), value: undefined, reason: 'deleted' };
      },
      (entity, error) => {
        const [path, key] = [this.of.pathOf(entity), keyIn(type, entity)];
        const annotations = exceptionOf(error, 'delete');
        return Promise.resolve<ChangedItem>({ path, key, value: undefined, isReference: true, annotations });
      },
    );
    const { effect, applied } = this.#effectOf(results);
    if (effect === 'updated') return { ...empty, applied };
    const none = { next: undefined, delta: undefined, pageSize: undefined };
    const items = results.map(({ result }) => result);
    const about = { context, selection: everything, form: 'graph', applied, effect, ...none } as const;
    return { kind: 'changes', type, set: context, items, ...about };
  }

  #effectOf(results: readonly { readonly isDone: boolean }[]) {
    const effect = results.every(({ isDone }) => isDone) ? ('updated' as const) : ('failed' as const);
    return { effect, applied: this.#goesOn ? ['continue-on-error'] : [] };
  }

  /** Does something to each member, in one transaction; where the others go on, each in its own. */
  async #ofAll<T>(
    work: (entity: StoredEntity) => Promise<T>,
    failed: (entity: StoredEntity, error: ODataError) => Promise<T>,
  ): Promise<readonly { readonly result: T; readonly isDone: boolean }[]> {
    const all = async () => {
      const held = await this.of.held();
      if (held === 'tooMany') return refuseTooMany();
      const results: { readonly result: T; readonly isDone: boolean }[] = [];
      for (const entity of held) {
        try {
          results.push({ result: await work(entity), isDone: true });
        } catch (error) {
          if (!this.#goesOn || !(error instanceof ODataError)) throw error;
          results.push({ result: await failed(entity, error), isDone: false });
        }
      }
      return results;
    };
    return this.#goesOn ? all() : this.entities.atomically(all);
  }

  /** Read for each anew: what a body makes has keys of its own, and its `@id` is that of one. */
  async #changed(entity: StoredEntity, answer: ModifiedEntity): Promise<readonly ItemResult[]> {
    const { type, item } = this.of;
    const { body, bodyFormat, caller } = this.request;
    const path = this.of.pathOf(entity);
    const change = readChange(item, body, bodyFormat, { entityUrl: path.url });
    const conditional = { ...change, precondition: this.request.conditions(change.etag) };
    const target = {
      address: this.of.addressOf(entity, !this.#goesOn),
      type: item,
      declared: type,
      keyToMake: () => undefined,
    };
    return this.#apply.together(answer.needs(change), caller, async () => {
      const updated = await this.#apply.upsert(target, conditional, { upserts: false, caller });
      if (!(await answer.isKept(updated.entity, { path, caller }))) return [];
      const { value, selection } = await answer.of(updated.entity, { path, caller, inline: change });
      return [{ path, value: annotated(value, change), selection }];
    });
  }

  async #failed(entity: StoredEntity, error: ODataError, answer: ModifiedEntity): Promise<readonly ItemResult[]> {
    const { caller } = this.request;
    const path = this.of.pathOf(entity);
    const found = await this.entities.find({ ...this.of.addressOf(entity, true), conditions: [] }, caller);
    // What is gone by now cannot be shown as it is.
    const { value, selection } =
      found === undefined
        ? { value: entity, selection: answer.selection }
        : await answer.of(found, { path, caller, inline: {} });
    return [{ path, value, selection, annotations: exceptionOf(error, 'update') }];
  }
}
