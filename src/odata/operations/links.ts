import { keyTextIn } from '../protocol/edm/key-text.js';
import type { EntitySet, Model, Singleton, StructuredType } from '../protocol/edm/model.js';
import { Edm } from '../protocol/edm/primitive-types.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import type { InsideEntity } from '../protocol/payload/change.js';
import { memberName, type StoredEntity } from '../protocol/payload/stored-entity.js';
import { type BoundExpression, type Instance, type Member, single } from '../protocol/query/bound.js';
import { aggregateSet } from '../store/aggregate-set.js';
import type { AggregateStore, EntityChange, Members, Scope } from '../store/aggregate-store.js';

/** What is on the way to a reference: a containment navigation property, or a complex one. */
interface Containment {
  readonly name: string;
  readonly collection: boolean;
  readonly type: StructuredType;
}

/** Where entities refer to the members of a set: the way to a navigation property, and that property. */
interface Place {
  readonly way: readonly Containment[];
  readonly name: string;
  /** It refers to several. */
  readonly collection: boolean;
  /** Whether a single one may refer to nothing. */
  readonly nullable: boolean;
  /** Names of the properties beside it that have the values of the key (OData CSDL 4.01, 8.5). */
  readonly tied: readonly string[];
}

/** Such a place in the entities of a set, or of a singleton. */
interface Source extends Place {
  readonly set: EntitySet | Singleton;
}

function placesIn(type: StructuredType, target: EntitySet, way: readonly Containment[] = []): readonly Place[] {
  const types: readonly StructuredType[] = [type, ...type.derived];
  const complex = new Set(types.flatMap(({ properties }) => [...properties.values()]));
  const inside = [...complex].flatMap(({ name, type: inner, collection }) =>
    inner.kind === 'complex' ? placesIn(inner, target, [...way, { name, collection, type: inner }]) : [],
  );
  const references = new Set(types.flatMap(({ navigation }) => [...(navigation?.values() ?? [])]));
  const found = [...references].flatMap(
    ({ name, type: inner, collection, containsTarget, target: leadsTo, ...more }) => {
      if (containsTarget) return placesIn(inner, target, [...way, { name, collection, type: inner }]);
      const tied = (more.constraints ?? []).map(({ dependent }) => dependent);
      // What contains an entity goes with it.
      if (more.isOwner === true) return [];
      return leadsTo === target ? [{ way, name, collection, nullable: more.nullable, tied }] : [];
    },
  );
  return [...found, ...inside];
}

/** The condition that an entity refers to the member with a key, or one inside it does. */
function refersTo(place: Place, id: string, instance: Instance): BoundExpression {
  const { way, name, collection } = place;
  const type = single(Edm.Boolean);
  const several = way.findIndex((step) => step.collection);
  const step = way[several];
  if (step !== undefined) {
    const path = way.slice(0, several + 1).map((one) => one.name);
    const item: Instance = { kind: 'item', type: step.type };
    const member: Member = { kind: 'member', instance, path, type: { item: step.type, collection: true } };
    const predicate = refersTo({ ...place, way: way.slice(several + 1) }, id, item);
    return {
      kind: 'lambda',
      operator: 'any',
      collection: { member, item, filters: [], search: undefined },
      predicate,
      type,
    };
  }
  const path = [...way.map((one) => one.name), name, ...(collection ? [memberName(id)] : [])];
  const left: Member = { kind: 'member', instance, path, type: single(Edm.String) };
  return { kind: 'comparison', operator: 'eq', left, right: { kind: 'literal', value: id, type: left.type }, type };
}

/** The patch that removes a reference out of the entity that has it. */
function withoutLink({ name, collection, tied }: Place, id: string): JsonObject {
  if (collection) return { [name]: { [memberName(id)]: null } };
  return Object.fromEntries([name, ...tied].map((one) => [one, null]));
}

/** A value with a merge patch in it (RFC 7396). */
function mergedInto(value: JsonObject, patch: JsonObject): JsonObject {
  const kept = Object.entries(value).filter(([name]) => !Object.hasOwn(patch, name));
  const changed = Object.entries(patch).flatMap(([name, change]): [string, JsonValue][] => {
    if (change === null) return [];
    const before = value[name];
    return [[name, isJsonObject(change) ? mergedInto(isJsonObject(before) ? before : {}, change) : change]];
  });
  return Object.fromEntries([...kept, ...changed]);
}

/** A patch of entities inside a stored one, all those on a way that have the reference; and their paths. */
function patchInside(
  place: Place,
  id: string,
  entity: JsonObject,
): { readonly patch: JsonObject; readonly paths: string[][] } {
  const [step, ...way] = place.way;
  if (step === undefined) return { patch: withoutLink(place, id), paths: [] };
  const value: JsonValue | undefined = entity[step.name];
  const inner = { ...place, way };
  if (Array.isArray(value)) {
    const items = value.map((item) =>
      isJsonObject(item) && hasLink(inner, id, item) ? mergedInto(item, patchInside(inner, id, item).patch) : item,
    );
    return { patch: { [step.name]: items }, paths: [] };
  }
  if (!isJsonObject(value)) return { patch: {}, paths: [] };
  if (!step.collection) {
    const { patch, paths } = patchInside(inner, id, value);
    const own = step.type.kind === 'entity' ? [[step.name]] : [];
    return { patch: { [step.name]: patch }, paths: [...own, ...paths.map((path) => [step.name, ...path])] };
  }
  const members = Object.entries(value).filter(([, member]) => isJsonObject(member) && hasLink(inner, id, member));
  const patches = members.map(
    ([member, document]) => [member, patchInside(inner, id, document as JsonObject)] as const,
  );
  return {
    patch: { [step.name]: Object.fromEntries(patches.map(([member, { patch }]) => [member, patch])) },
    paths: patches.flatMap(([member, { paths }]) => [
      [step.name, member],
      ...paths.map((path) => [step.name, member, ...path]),
    ]),
  };
}

function hasLink(place: Place, id: string, entity: JsonObject): boolean {
  const [step, ...way] = place.way;
  const value = entity[step?.name ?? place.name];
  if (step === undefined) {
    return place.collection ? isJsonObject(value) && Object.hasOwn(value, memberName(id)) : value === id;
  }
  const inner = { ...place, way };
  if (!isJsonObject(value) && !Array.isArray(value)) return false;
  const entities: readonly JsonValue[] = step.collection ? Object.values(value) : [value];
  return entities.some((one) => isJsonObject(one) && hasLink(inner, id, one));
}

function changeOf(patch: JsonObject, paths: readonly (readonly string[])[]): EntityChange {
  return { patch, inside: paths.map((path): InsideEntity => ({ path })) };
}

/** The references between the entities of a model, in a store. */
export class Links {
  /** By the name of the entity set that they lead to. */
  readonly #sources = new Map<string, readonly Source[]>();

  constructor(
    private readonly store: AggregateStore,
    { entitySets, singletons }: Model,
  ) {
    const roots = [...entitySets.values(), ...singletons.values()];
    for (const target of entitySets.values()) {
      const sources = roots.flatMap((set) => placesIn(set.type, target).map((place): Source => ({ ...place, set })));
      if (sources.length > 0) this.#sources.set(target.name, sources);
    }
  }

  /** Whether anything can refer to the members of a set. */
  leadTo({ name }: EntitySet | Singleton): boolean {
    return this.#sources.has(name);
  }

  /**
   * Removes every reference to a member that is gone (OData 4.01 Protocol 11.4.5), whoever owns what refers to it; inside
   * the unit of work that deleted it.
   * @throws ODataError 409 where an entity must refer to it
   */
  async remove({ name }: EntitySet | Singleton, id: string, { tenant, actor }: Scope): Promise<void> {
    const scope: Scope = { tenant, ...(actor === undefined ? {} : { actor }) };
    for (const source of this.#sources.get(name) ?? []) {
      const item: Instance = { kind: 'entity', type: source.set.type };
      const members = { set: aggregateSet(source.set), scope, item, filters: [refersTo(source, id, item)] };
      if (!source.collection && !source.nullable) {
        if ((await this.store.countMembers(members, 1)) === 0) continue;
        const path = [...source.way, source].map(({ name: one }) => one).join('/');
        throw new ODataError('relationRequired', `'${path}' of members of ${source.set.name} would lead to nothing.`);
      }
      if (source.way.some(({ collection }) => collection)) await this.#removeInside(source, id, members);
      else {
        const patch = source.way.reduceRight((inner, { name: outer }) => ({ [outer]: inner }), withoutLink(source, id));
        const paths = source.way.flatMap(({ type }, index) =>
          type.kind === 'entity' ? [source.way.slice(0, index + 1).map((step) => step.name)] : [],
        );
        await this.store.mergeMembers(members, changeOf(patch, paths));
      }
    }
  }

  /** Which members of its collections refer to it, only the document of an entity says. */
  async #removeInside(source: Source, id: string, members: Members): Promise<void> {
    const { set, scope } = members;
    // A change that changes nothing gives the entities as they are, and keeps others from changing them meanwhile.
    for (const entity of await this.store.mergeMembers(members, { patch: {} })) {
      const { patch, paths } = patchInside(source, id, entity);
      await this.store.merge(
        { set, scope, id: idOf(source.set, entity) },
        { ...changeOf(patch, paths), precondition: {} },
      );
    }
  }
}

function idOf({ type, isSingleton = false }: EntitySet | Singleton, entity: StoredEntity): string {
  return isSingleton ? '' : keyTextIn(type, entity);
}
