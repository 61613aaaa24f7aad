import { keyIn } from '../protocol/edm/key-parts.js';
import type { EntityType } from '../protocol/edm/model.js';
import { isJsonObject, type JsonObject } from '../protocol/json/json-value.js';
import { type Change, valueAt } from '../protocol/payload/change.js';
import { actualType } from '../protocol/payload/stored-entity.js';
import { ChangeBody, dtosInside, entitiesInside, type InsideNode, type Values } from './change-body.js';
import { Altered, type Completion } from './completion.js';
import type { Level, RuleAsker } from './rule-levels.js';
import type { RuleBook, RuleKind } from './rules.js';

/** An entity, its key, and what is stored of it where that was read. */
type Entity = Pick<Level, 'type' | 'key' | 'stored'>;

/** What is asked for whom, and whether the aggregate was read. */
export interface InsideAsking {
  readonly asker: RuleAsker;
  readonly isRead: boolean;
}

/** A change of an entity on its way, of which the rules of the entity itself have been asked. */
export interface ChangeOnItsWay {
  readonly level: Pick<Level, 'type' | 'stored'>;
  readonly kind: 'merge' | 'replace';
  readonly change: Change;
  readonly body: ChangeBody;
  /** What rules alter of the body. */
  readonly altered: Altered;
}

/** What rules have set can only be asked about when the entity is known as it is: the write begins again, and reads it. */
export class MustBeRead extends Error {}

/**
 * Asks the rules of entities inside the one that is written: of those that a request names, and of those that rules make,
 * change and remove when they complete what is written.
 */
export class RulesInside {
  constructor(
    private readonly rules: RuleBook,
    private readonly completion: Completion,
  ) {}

  /** Whether rules may be asked of entities inside an entity that changes. */
  isAsked(type: EntityType, { inside = [], clear = [], retain = [] }: Change): boolean {
    const contained = [type, ...type.derived]
      .flatMap(({ navigation }) => [...navigation.values()])
      .filter(({ containsTarget }) => containsTarget);
    const has = (kind: RuleKind): boolean => contained.some((one) => this.rules.hasInside(one.type, kind));
    if (inside.length > 0 && (has('change') || has('create'))) return true;
    return clear.length + retain.length > 0 && has('delete');
  }

  /** Asks of a new entity, then of what it contains as the rules of the entity have left that. */
  async created(asker: RuleAsker, entity: Pick<Level, 'type' | 'key'>, values: Values): Promise<void> {
    await asker.create(entity, values);
    for (const { type, values: inner } of dtosInside(entity.type, values))
      await this.created(asker, { type, key: keyIn(type, inner as JsonObject) }, inner);
  }

  /** Asks of an entity that is deleted, and of what it contains. */
  async deleted(asker: RuleAsker, entity: Entity): Promise<void> {
    await asker.delete(entity);
    const { type, stored } = entity;
    if (stored === undefined) return;
    for (const inner of entitiesInside(type, stored)) {
      const found = valueAt(stored, inner.path) as JsonObject;
      await asker.delete({ type: inner.type, key: keyIn(inner.type, found), stored: found });
    }
  }

  /**
   * A change with what rules have set of it, when those of everything inside that it is about have been asked, once each.
   * @throws MustBeRead
   */
  async completed({ level, kind, ...given }: ChangeOnItsWay, { asker, isRead }: InsideAsking): Promise<Change> {
    const { type, stored } = level;
    const known = new Set<string>();
    let { change, body, altered } = given;
    for (;;) {
      if (this.isAsked(type, change)) {
        if (!isRead) throw new MustBeRead();
        await this.#ask(body, { stored, kind, known }, asker);
      }
      const completed = this.completion.change(type, change, altered);
      if (completed === change || !this.isAsked(type, completed)) return completed;
      change = completed;
      body = new ChangeBody(type, change, stored);
      altered = new Altered(body.values);
    }
  }

  async #ask(
    { named, removed }: ChangeBody,
    {
      stored: owner = {},
      kind,
      known,
    }: Pick<ChangeOnItsWay, 'kind'> & { readonly stored: JsonObject | undefined; readonly known: Set<string> },
    asker: RuleAsker,
  ): Promise<void> {
    const isNew = ({ path }: InsideNode): boolean => {
      const name = path.join('\0');
      if (known.has(name)) return false;
      known.add(name);
      return true;
    };
    for (const one of [...named].sort((a, b) => a.path.length - b.path.length).filter(isNew)) {
      const { type, path, values } = one;
      const found = valueAt(owner, path);
      if (!isJsonObject(found)) await asker.create({ type, key: keyIn(type, values as JsonObject) }, values);
      else await asker.change({ type: actualType(type, found), key: keyIn(type, found), stored: found }, kind, values);
    }
    for (const { type, path } of removed.filter(isNew)) {
      const found = valueAt(owner, path);
      if (isJsonObject(found)) await this.deleted(asker, { type, key: keyIn(type, found), stored: found });
    }
  }
}
