import type {
  ComplexType,
  EntityType,
  Model,
  NavigationProperty,
  Property,
  StructuredType,
} from '../../src/odata/protocol/edm/model.js';
import type { TestApp } from './test-app.js';

export const modifying = ['POST', 'PATCH', 'PUT', 'DELETE'] as const;

/** A request that may change something. */
export interface Change {
  readonly method: (typeof modifying)[number];
  readonly path: string;
  /** Of what kind the resource is. */
  readonly kind: string;
  /** Undefined where the resource does not know the method. */
  readonly body: unknown;
  readonly isKnown: boolean;
}

type Bodies = Readonly<Partial<Record<(typeof modifying)[number], unknown>>>;

type Item = Readonly<Record<string, any>> & { readonly '@odata.id'?: string };

const full = { accept: 'application/json;odata.metadata=full' };
/** A DELETE has no body, and is known all the same. */
const none = Symbol('no body');

/** What a client would send back of what it was given. */
function plain(value: unknown): any {
  return JSON.parse(JSON.stringify(value), (name, inner: unknown) =>
    name.includes('@') && name !== '@odata.type' ? undefined : inner,
  );
}

/** Another value of a key than those that are there. */
const another: Readonly<Record<string, unknown>> = {
  'Edm.String': 'zz',
  'Edm.Int32': 77,
  'Edm.Guid': '00000000-0000-0000-0000-0000000000aa',
  'Edm.Date': '2099-01-01',
};

/**
 * Walks over what an application has, by its model, and lists every request that may change some of it: every kind of
 * resource to which a URL leads, with every method.
 */
export class EveryChange {
  readonly found: Change[] = [];

  constructor(
    private readonly app: TestApp,
    private readonly model: Model,
  ) {}

  async walk(): Promise<readonly Change[]> {
    for (const { name, type } of this.model.entitySets.values()) await this.#set(name, type);
    for (const { name, type } of this.model.singletons.values()) await this.#entity(`/${name}`, type, 'singleton', 0);
    return this.found;
  }

  #add(kind: string, path: string, bodies: Bodies): void {
    for (const method of modifying) {
      const isKnown = Object.hasOwn(bodies, method);
      const body = isKnown ? bodies[method] : method === 'DELETE' ? none : {};
      this.found.push({ method, path, kind, isKnown, body: body === none ? undefined : body });
    }
  }

  async #read(path: string): Promise<Item | undefined> {
    const { status, body } = await this.app.get(path, { headers: full });
    return status === 200 ? (body as Item) : undefined;
  }

  #withAnotherKey(type: EntityType, entity: Item): Item {
    const [name = ''] = type.key;
    const at = type.keyPaths?.get(name) ?? [name];
    const copy = plain(entity);
    const owner = at.slice(0, -1).reduce((inner: any, one) => inner[one], copy);
    let property: Property | undefined;
    let inside: StructuredType = type;
    for (const one of at) {
      property = inside.properties.get(one);
      if (property?.type.kind === 'complex') inside = property.type;
    }
    owner[at.at(-1)!] = property?.type.kind === 'primitive' ? another[property.type.name] : undefined;
    return copy;
  }

  async #set(name: string, type: EntityType): Promise<void> {
    const path = `/${name}`;
    const [first] = ((await this.#read(path))?.value ?? []) as Item[];
    if (first === undefined) return;
    const isMedia = type.streams?.has('$value') === true;
    const made = isMedia ? 'some text' : this.#withAnotherKey(type, first);
    const delta = { '@context': '#$delta', value: [plain(first)] };
    this.#add('set', path, { POST: made, PATCH: delta, PUT: { value: [plain(first)] } });
    // A cast to the type that the members have anyway leaves all of them.
    this.#add('set as a type', `${path}/${type.qualifiedName}`, {
      POST: made,
      PATCH: delta,
      PUT: { value: [plain(first)] },
    });
    this.#add('filtered', `${path}/$filter(true)`, {});
    this.#each(path);
    this.#add('count', `${path}/$count`, {});
    const id = encodeURIComponent(first['@odata.id']!);
    this.#add('by id', `/$entity?$id=${id}`, { PATCH: {}, PUT: plain(first), DELETE: none });
    this.#calls(type.callable?.several ?? [], path);
    await this.#entity(this.#pathOf(first), type, 'member', 0);
  }

  #each(path: string): void {
    for (const each of ['$each', '$filter(true)/$each'])
      this.#add('each', `${path}/${each}`, { PATCH: {}, DELETE: none });
  }

  /** Actions that need no parameter. */
  #calls(operations: NonNullable<EntityType['callable']>['one'], path: string): void {
    for (const { kind, qualifiedName } of operations)
      if (kind === 'action') this.#add('action', `${path}/${qualifiedName}`, { POST: {} });
  }

  #pathOf(entity: Item): string {
    return entity['@odata.id']!.slice(this.app.root.length);
  }

  async #entity(path: string, declared: EntityType, kind: string, depth: number): Promise<void> {
    const entity = await this.#read(path);
    if (entity === undefined) return this.#add(`${kind} that is not there`, path, { PATCH: {}, PUT: {} });
    const said = String(entity['@odata.type'] ?? '').slice(1);
    const type = declared.derived.find(({ qualifiedName }) => qualifiedName === said) ?? declared;
    const changes = { PATCH: {}, PUT: plain(entity), ...(kind === 'singleton' ? {} : { DELETE: none }) };
    this.#add(kind, path, changes);
    this.#add(`${kind} as a type`, `${path}/${type.qualifiedName}`, changes);
    const own = type === declared ? path : `${path}/${type.qualifiedName}`;
    for (const property of type.properties.values())
      await this.#property(`${own}/${property.name}`, property, { value: entity[property.name], owner: type });
    for (const property of type.navigation.values()) await this.#navigation(`${own}/${property.name}`, property, depth);
    for (const { name } of type.streams?.values() ?? [])
      this.#add(name === '$value' ? 'media' : 'stream', `${own}/${name}`, { PUT: 'some text', DELETE: none });
    this.#calls(type.callable?.one ?? [], path);
  }

  async #property(
    path: string,
    property: Property,
    { value, owner }: { readonly value: unknown; readonly owner: StructuredType },
  ): Promise<void> {
    const { type, collection, name } = property;
    const kind = `${collection ? 'collection' : 'property'} of type ${type.kind}`;
    const isKey = owner.kind === 'entity' && owner.key.includes(name);
    if (isKey || property.computed || property.immutable) return this.#add('fixed property', path, {});
    if (collection) return this.#collection(path, property, { kind, items: (value ?? []) as unknown[] });
    const body = type.kind === 'complex' ? plain(value ?? {}) : { value };
    this.#add(kind, path, { PUT: body, PATCH: type.kind === 'complex' ? {} : body, DELETE: none });
    if (type.kind === 'complex') {
      if (value !== null && value !== undefined) await this.#inside(path, type, value as Item, 'value');
    } else this.#add(`raw ${kind}`, `${path}/$value`, { PUT: String(value), DELETE: none });
  }

  /** What is inside a complex value. */
  async #inside(path: string, type: ComplexType, value: Item, where: string): Promise<void> {
    for (const property of type.properties.values()) {
      const inner = value[property.name] as unknown;
      if (where === 'item') {
        const { collection, type: of } = property;
        const body = of.kind === 'complex' && !collection ? plain(inner ?? {}) : { value: inner };
        const patch = collection ? {} : { PATCH: of.kind === 'complex' ? {} : body };
        if (!collection)
          this.#add('value of an item', `${path}/${property.name}`, { PUT: body, ...patch, DELETE: none });
      } else await this.#property(`${path}/${property.name}`, property, { value: inner, owner: type });
    }
    if (where === 'item') return;
    for (const property of type.navigation?.values() ?? [])
      await this.#references(`${path}/${property.name}`, property);
  }

  async #collection(
    path: string,
    { type }: Property,
    { kind, items }: { readonly kind: string; readonly items: readonly unknown[] },
  ): Promise<void> {
    const body = (one: unknown) => (type.kind === 'complex' ? plain(one ?? {}) : { value: one });
    const [first] = items as readonly any[];
    this.#add(kind, path, { POST: body(first), PUT: { value: plain(items) }, DELETE: none });
    if (first === undefined) return;
    this.#add('each item', `${path}/$each`, { PATCH: type.kind === 'complex' ? {} : body(first), DELETE: none });
    const item = `${path}/0`;
    this.#add(`item of a ${kind}`, item, {
      PATCH: type.kind === 'complex' ? {} : body(first),
      PUT: body(first),
      DELETE: none,
    });
    if (type.kind === 'complex') await this.#inside(item, type, first as Item, 'item');
    else this.#add('raw item', `${item}/$value`, { PUT: String(first), DELETE: none });
  }

  async #navigation(path: string, property: NavigationProperty, depth: number): Promise<void> {
    const { containsTarget, collection, type, isOwner } = property;
    if (isOwner === true || depth > 2) return;
    if (!containsTarget) return this.#references(path, property);
    if (!collection) return this.#entity(path, type, 'contained', depth + 1);
    const all = ((await this.#read(path))?.value ?? []) as Item[];
    const [first] = all;
    if (first === undefined) return;
    const made = this.#withAnotherKey(type, first);
    const delta = { '@context': '#$delta', value: [plain(first)] };
    this.#add('contained collection', path, { POST: made, PATCH: delta, PUT: { value: plain(all) } });
    this.#each(path);
    this.#calls(type.callable?.several ?? [], path);
    await this.#entity(this.#pathOf(first), type, 'contained member', depth + 1);
  }

  async #references(path: string, { collection, target, type }: NavigationProperty): Promise<void> {
    const [known] = ((await this.#read(`/${target?.name ?? ''}`))?.value ?? []) as Item[];
    if (known === undefined) return;
    const reference = { '@id': known['@odata.id'] };
    if (!collection) {
      this.#add('reference', `${path}/$ref`, { PUT: reference, DELETE: none });
      const now = await this.#read(path);
      if (now !== undefined) this.#add('referred entity', path, { PATCH: {}, PUT: plain(now), DELETE: none });
      return;
    }
    this.#add('references', `${path}/$ref`, { POST: reference, PUT: { value: [reference] }, DELETE: none });
    const [first] = ((await this.#read(path))?.value ?? []) as Item[];
    if (first === undefined) return;
    const key = this.#pathOf(first).slice(`/${target?.name ?? ''}`.length);
    this.#add('one of the references', `${path}${key}/$ref`, { DELETE: none });
    this.#add('referred member', `${path}${key}`, { PATCH: {}, PUT: plain(first), DELETE: none });
    this.#each(path);
    this.#add('referred collection', path, {
      POST: this.#withAnotherKey(type, first),
      PATCH: { '@context': '#$delta', value: [reference] },
      PUT: { value: [reference] },
    });
  }
}
