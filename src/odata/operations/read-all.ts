import type { Settings } from '../options.js';
import { keyOf } from '../protocol/edm/key-text.js';
import type { EntityType } from '../protocol/edm/model.js';
import { noResourceAt, ODataError } from '../protocol/odata-error.js';
import { everything } from '../protocol/payload/selection.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';
import { bindOptions } from '../protocol/query/bind-options.js';
import { bindPath } from '../protocol/query/bind-path.js';
import { isSearchable } from '../protocol/query/bind-search.js';
import { selectionOf } from '../protocol/query/bind-selection.js';
import type { PageRow, UnitedRead } from '../protocol/query/bound.js';
import { type RequestContext, requestContext } from '../protocol/query/request-context.js';
import { derivesFrom, findType } from '../protocol/query/value-types.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { Caller } from './caller.js';
import type { Entities } from './entities.js';
import type { EntityRequest } from './entity-request.js';
import { allRead, checkQueryOptions, countOfAll } from './query-support.js';
import { type CollectionResult, countResult, type ItemResult, type ODataResult } from './results.js';
import { Seal } from './sealed-text.js';
import { linkOf, nextQuery, openSkipToken, pageOf, pageSize, queryOf } from './server-paging.js';

/** An entity set or singleton, or the members of a set of a type. */
interface Source {
  readonly name: string;
  readonly type: EntityType;
  /** Behind the service root. */
  readonly path: string;
  readonly isSingleton: boolean;
}

/** Whether a path begins at the collection of all entities. */
export function isAll(path: string): boolean {
  return /^\$all(?:\/|$)/i.test(path);
}

/** What is asked of a source, bound. */
interface Part {
  readonly source: Source;
  readonly read: UnitedRead;
}

/**
 * All entities of a service (OData 4.01 URL Conventions 4.16): the members of every set that the caller may read, and the
 * singletons, in one order. What is said of properties must be true of the type of each.
 */
export class AllEntities {
  #seal: Seal | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly entities: Entities,
  ) {}

  /** @throws ODataError 400, 404, 501 */
  async read(request: EntityRequest): Promise<ODataResult> {
    const { path: url, rawQuery, protocol, caller } = request;
    const { query, preferences } = protocol;
    const { type, isCount } = this.#asked(url);
    checkQueryOptions(query, isCount ? countOfAll : allRead);
    const seal = (this.#seal ??= new Seal(await this.entities.secret()));
    const { skiptoken } = query;
    const from = skiptoken === undefined ? undefined : openSkipToken(skiptoken, seal, queryOf(url, rawQuery));
    const sources = this.#sources(caller, { type, isSearched: query.search !== undefined });
    const context = requestContext(this.settings.model, query, from?.now);
    const parts = sources.map((source) => this.#part(source, query, context));
    const [first] = parts;
    if (first === undefined) return isCount ? countResult(0) : this.#nothing(type, query);
    checkOrder(parts);
    const { collection } = first.read;
    const size = pageSize(preferences, this.settings);
    const top = from === undefined ? collection.top : from.remaining;
    const found = await this.entities.read(
      {
        ...first.read,
        ...(isCount ? { path: { ...first.read.path, suffix: 'count' as const } } : {}),
        union: parts.map(({ read }) => read),
        collection: { ...collection, top },
        page: isCount ? undefined : { size, bytes: this.settings.pageBytes, after: from?.after },
      },
      caller,
    );
    if (found.kind === 'count') return countResult(found.count);
    if (found.kind !== 'page') throw new Error('All entities are read page by page');
    const { kept, next } = pageOf(found, { size, top, now: context.now });
    return {
      ...this.#nothing(type, query),
      type: first.read.path.entity.type,
      items: kept.map((row) => itemOf(row, parts)),
      count: found.count,
      next: next && linkOf(url, nextQuery({ path: url, query: rawQuery }, next, seal)),
      pageSize: preferences.maxPageSize === undefined ? undefined : size,
    };
  }

  /** Where the members of a source are, and what is asked of them. */
  #part(source: Source, query: Query, context: RequestContext): Part {
    const path = bindPath(parsePath(source.path), context);
    const { collection, shape } = bindOptions({ ...context, it: path.entity }, path.entity, query);
    return { source, read: { path, collection, shape } };
  }

  #asked(path: string): { readonly type: EntityType | undefined; readonly isCount: boolean } {
    const [, ...segments] = parsePath(path).segments;
    const isCount = segments.at(-1)?.kind === 'count';
    const [cast, ...others] = isCount ? segments.slice(0, -1) : segments;
    const type = cast?.kind === 'name' && cast.qualified ? findType(this.settings.model, cast.name) : undefined;
    const isKnown = cast === undefined || type?.kind === 'entity';
    if (!isKnown || others.length > 0) throw noResourceAt(path);
    return { type: type?.kind === 'entity' ? type : undefined, isCount };
  }

  #sources(
    caller: Caller,
    { type, isSearched }: { readonly type: EntityType | undefined; readonly isSearched: boolean },
  ): readonly Source[] {
    const { entitySets, singletons } = this.settings.model;
    return [...entitySets.values(), ...singletons.values()].flatMap((set): Source[] => {
      const { name, type: own } = set;
      const isSingleton = singletons.has(name);
      if (!this.#mayRead(caller, name) || (isSearched && !isSearchable(own))) return [];
      if (type === undefined || derivesFrom(own, type)) return [{ name, type: own, path: name, isSingleton }];
      if (!derivesFrom(type, own)) return [];
      return [{ name, type, path: `${name}/${type.qualifiedName}`, isSingleton }];
    });
  }

  #mayRead(caller: Caller, name: string): boolean {
    const { access } = this.entities;
    if (!access.allows({ name }, 'read')) return false;
    try {
      access.require(caller, name, 'read');
      return true;
    } catch (error) {
      if (error instanceof ODataError) return false;
      throw error;
    }
  }

  #nothing(type: EntityType | undefined, { count }: Query): CollectionResult {
    const [any] = [...this.settings.model.entitySets.values(), ...this.settings.model.singletons.values()];
    if (any === undefined) throw new Error('The model has no entities');
    return {
      kind: 'collection',
      context: type === undefined ? 'Collection(Edm.EntityType)' : `Collection(${type.qualifiedName})`,
      type: any.type,
      items: [],
      selection: everything,
      count: count === true ? 0 : undefined,
      next: undefined,
      pageSize: undefined,
    };
  }
}

/** Rows of several sets are ordered by values of the same types. */
function checkOrder(parts: readonly Part[]): void {
  const [first = [], ...others] = parts.map(({ read }) => read.collection.order.map((one) => one.expression.type.item));
  const differs = others.some((types) => types.length !== first.length || types.some((type, at) => type !== first[at]));
  if (differs)
    throw new ODataError('invalidQueryOption', '$orderby is by values of different types in different sets.', {
      target: '$orderby',
    });
}

/** An entity, behind whose order stand the number of its source and its id. */
function itemOf({ entity, order }: PageRow, parts: readonly Part[]): ItemResult {
  const [number, id] = order.slice(-2);
  const part = parts[Number(number)];
  if (part === undefined) throw new Error('An entity is of one of the sources');
  const { name, isSingleton } = part.source;
  const { path, shape } = part.read;
  const place = { url: name, text: name };
  const { type } = path.root;
  return {
    type: path.entity.type,
    path: isSingleton ? place : keyedEntityPath(place, type, keyOf(type, String(id))),
    value: entity,
    selection: selectionOf(shape),
    context: [name, isSingleton ? '' : '/$entity'],
  };
}
