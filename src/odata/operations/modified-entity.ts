import type { Caller } from './caller.js';
import type { EntityType, Model } from '../protocol/edm/model.js';
import { isJsonObject } from '../protocol/json/json-value.js';
import { noResourceAt } from '../protocol/odata-error.js';
import type { Inline } from '../protocol/payload/change.js';
import { everything, type Expansion, expandedBy, type Selection } from '../protocol/payload/selection.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import { bindOptions } from '../protocol/query/bind-options.js';
import { bindPath } from '../protocol/query/bind-path.js';
import { needsQuery, selectionOf } from '../protocol/query/bind-selection.js';
import { endOf, type Expanded, type Instance, plainShape, type Shape } from '../protocol/query/bound.js';
import { requestContext } from '../protocol/query/request-context.js';
import type { EntityPath } from '../protocol/uri/entity-path.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { Entities } from './entities.js';

/** Whether what is expanded is elsewhere: no write gives it. */
function leadsOut(type: EntityType, expand: ReadonlyMap<string, Expansion> = new Map()): boolean {
  return [...expand].some(([name, inner]) => {
    const property = [type, ...type.derived]
      .map(({ navigation }) => navigation.get(name))
      .find((one) => one !== undefined);
    return property !== undefined && (!property.containsTarget || leadsOut(property.type, inner.expand));
  });
}

/** A shape that shows what a body carried inline too. */
export function shapeWith(shape: Shape, type: EntityType, inline: ReadonlyMap<string, Expansion> = new Map()): Shape {
  const expand = new Map(shape.expand);
  for (const [name, inner] of inline) {
    const navigation = [type, ...type.derived].map((one) => one.navigation.get(name)).find((one) => one !== undefined);
    if (navigation === undefined) continue;
    const instance: Instance = { kind: 'item', type: navigation.type };
    const plain = { navigation, shape: plainShape(instance), query: undefined, only: undefined };
    const known: Expanded = expand.get(name) ?? plain;
    expand.set(name, { ...known, shape: shapeWith(known.shape, navigation.type, inner.expand) });
  }
  return { ...shape, expand };
}

/**
 * What a modification answers with (OData 4.01 Protocol 11.4.1.5): the entity as the write gave it, or read again in the
 * same transaction where the query, or what the body carried inline, asks for more than that.
 */
export class ModifiedEntity {
  readonly #shape: Shape;
  readonly #selected: Selection;

  /** @throws ODataError 400 for what `$select`, `$expand` and `$compute` name and the model does not have */
  constructor(
    private readonly model: Model,
    private readonly entities: Entities,
    private readonly asked: { readonly type: EntityType; readonly query: Query },
  ) {
    const instance: Instance = { kind: 'entity', type: asked.type };
    const { select, expand, compute } = asked.query;
    // Most ask for nothing.
    const isPlain = (select ?? expand ?? compute) === undefined;
    this.#shape = isPlain
      ? plainShape(instance)
      : bindOptions({ ...this.#context(), it: instance }, instance, asked.query).shape;
    this.#selected = isPlain ? everything : selectionOf(this.#shape);
  }

  #context() {
    return requestContext(this.model, this.asked.query);
  }

  #selection(inline: Inline): Selection {
    return expandedBy(this.#selected, inline);
  }

  #isRead(inline: Inline): boolean {
    return needsQuery(this.#shape) || leadsOut(this.asked.type, this.#selection(inline).expand);
  }

  /** Whether the write and the answer are one transaction. */
  needs(inline: Inline): { readonly isRead: boolean } {
    return { isRead: this.#isRead(inline) };
  }

  /** What an answer carries whose request carried nothing inline. */
  get selection(): Selection {
    return this.#selected;
  }

  /**
   * What a change of several members answers with: each as it is now, one behind the other.
   * @param pathOf canonical, of an entity
   */
  async all(
    entities: readonly StoredEntity[],
    { pathOf, caller }: { readonly pathOf: (entity: StoredEntity) => EntityPath; readonly caller: Caller },
  ): Promise<readonly { readonly path: EntityPath; readonly value: StoredEntity }[]> {
    const items: { readonly path: EntityPath; readonly value: StoredEntity }[] = [];
    for (const entity of entities) {
      const path = pathOf(entity);
      if (!(await this.isKept(entity, { path, caller }))) continue;
      items.push({ path, value: (await this.of(entity, { path, caller, inline: {} })).value });
    }
    return items;
  }

  /** Whether `$filter`, which looks at what was modified as it is then, leaves it in the answer (URL Conventions 4.12). */
  async isKept(
    entity: StoredEntity,
    { path, caller }: { readonly path: EntityPath; readonly caller: Caller },
  ): Promise<boolean> {
    const { filter } = this.asked.query;
    if (filter === undefined) return true;
    const context = this.#context();
    const bound = bindPath(parsePath(path.url), context);
    const instance = endOf(bound);
    const { collection } = bindOptions({ ...context, it: instance }, instance, { filter });
    const last = bound.steps.at(-1);
    const kept =
      last === undefined
        ? { filters: [...bound.filters, ...collection.filters] }
        : { steps: [...bound.steps.slice(0, -1), { ...last, filters: [...last.filters, ...collection.filters] }] };
    const read = { path: { ...bound, ...kept }, collection: { ...collection, filters: [] }, page: undefined };
    const found = await this.entities.readBack({ ...read, shape: plainShape(instance) }, caller);
    return found.kind === 'one' && found.present && isJsonObject(found.value);
  }

  /** @param path canonical, of the entity */
  async of(
    entity: StoredEntity,
    { path, caller, inline }: { readonly path: EntityPath; readonly caller: Caller; readonly inline: Inline },
  ): Promise<{ readonly value: StoredEntity; readonly selection: Selection }> {
    const selection = this.#selection(inline);
    if (!this.#isRead(inline)) return { value: entity, selection };
    const context = this.#context();
    const bound = bindPath(parsePath(path.url), context);
    const instance = endOf(bound);
    const { select, expand, compute } = this.asked.query;
    const asked = { ...(select && { select }), ...(expand && { expand }), ...(compute && { compute }) };
    const { collection, shape } = bindOptions({ ...context, it: instance }, instance, asked);
    const whole = shapeWith(shape, this.asked.type, inline.expand);
    const read = { path: bound, collection, shape: whole, page: undefined };
    const found = await this.entities.readBack(read, caller);
    if (found.kind !== 'one' || !isJsonObject(found.value)) throw noResourceAt(path.text);
    return { value: { ...found.value, $version: entity.$version }, selection };
  }
}
