import type { Settings } from '../options.js';
import type { EntityType } from '../protocol/edm/model.js';
import { ODataError } from '../protocol/odata-error.js';
import { isSearchable } from '../protocol/query/bind-search.js';
import { derivesFrom, findType } from '../protocol/query/value-types.js';
import { everything } from '../protocol/payload/selection.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { Caller } from './caller.js';
import type { Entities } from './entities.js';
import { DerivedRequest, type EntityRequest, protocolWithout } from './entity-request.js';
import { allRead, allOfTypeRead, checkQueryOptions, countRead } from './query-support.js';
import type { CollectionResult, ODataResult } from './results.js';
import { invalidSkipToken, withoutOptions } from './server-paging.js';

/** Reads what a request asks for, where the model has it. */
type Read = (request: EntityRequest) => Promise<ODataResult>;

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
  return /^(?:\$|%24)all(?:\/|$)/i.test(path);
}

/** A request to one source out of a request to all of them: preferences that are about one result are not of the parts. */
function toSource(given: EntityRequest, path: string, token: string): EntityRequest {
  const protocol = protocolWithout(given.protocol, ['skiptoken', 'count'], ['trackChanges']);
  const { query } = protocol;
  return new DerivedRequest(given, {
    path,
    protocol: token === '' ? protocol : { ...protocol, query: { ...query, skiptoken: token } },
    rawQuery: withoutOptions(given.rawQuery, ['skiptoken', 'count']),
  });
}

/** How a link to the next page says where that begins: the number of a source, and the token of its page. */
const tokenForm = /^(\d{1,4})\.(.*)$/s;

/**
 * All entities of a service (OData 4.01 URL Conventions 4.16): the members of every set that the caller may read, and the
 * singletons, one set after the other. A page has entities of one of them.
 */
export class AllEntities {
  constructor(
    private readonly settings: Settings,
    private readonly entities: Entities,
    private readonly readOne: Read,
  ) {}

  /** @throws ODataError 400, 404, 501 */
  async read(request: EntityRequest): Promise<ODataResult> {
    const { query } = request.protocol;
    const { type, isCount } = this.#asked(request.path);
    const support = isCount ? countRead : type === undefined ? allRead : allOfTypeRead;
    checkQueryOptions(query, support);
    const sources = this.#sources(request.caller, { type, isSearched: query.search !== undefined });
    if (isCount)
      return { kind: 'raw', type: { item: undefined, collection: false }, value: await this.#count(request, sources) };
    return this.#page(request, sources, { query, type });
  }

  #asked(path: string): { readonly type: EntityType | undefined; readonly isCount: boolean } {
    const [, ...segments] = parsePath(path).segments;
    const isCount = segments.at(-1)?.kind === 'count';
    const [cast, ...others] = isCount ? segments.slice(0, -1) : segments;
    const type = cast?.kind === 'name' && cast.qualified ? findType(this.settings.model, cast.name) : undefined;
    const isKnown = cast === undefined || type?.kind === 'entity';
    if (!isKnown || others.length > 0)
      throw new ODataError('resourceNotFound', `There is no resource at '${path.slice(0, 200)}'.`);
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

  async #count(request: EntityRequest, sources: readonly Source[]): Promise<number> {
    let count = 0;
    for (const source of sources) {
      // A singleton is counted where it is there.
      const of = source.isSingleton ? source.path : `${source.path}/$count`;
      const found = await this.#found(toSource(request, of, ''), source);
      count += found?.kind === 'raw' ? Number(found.value) : found === undefined ? 0 : 1;
    }
    return count;
  }

  /** What a source has; undefined of a singleton that is not there, or that a search or a filter has no meaning for. */
  async #found(request: EntityRequest, { isSingleton }: Source): Promise<ODataResult | undefined> {
    const { filter, search } = request.protocol.query;
    if (isSingleton && (filter ?? search) !== undefined) return undefined;
    try {
      return await this.readOne(request);
    } catch (error) {
      if (isSingleton && error instanceof ODataError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #page(
    request: EntityRequest,
    sources: readonly Source[],
    { query, type }: { readonly query: Query; readonly type: EntityType | undefined },
  ): Promise<CollectionResult> {
    const [, index = '0', inner = ''] = query.skiptoken === undefined ? [] : (tokenForm.exec(query.skiptoken) ?? []);
    const start = Number(index);
    const isOurs = query.skiptoken === undefined || tokenForm.test(query.skiptoken);
    if (!isOurs || start > sources.length) throw invalidSkipToken();
    const about = {
      kind: 'collection' as const,
      context: type === undefined ? 'Collection(Edm.EntityType)' : `Collection(${type.qualifiedName})`,
      count: query.count === true ? await this.#count(this.#counting(request), sources) : undefined,
    };
    for (const [behind, source] of sources.slice(start).entries()) {
      const at = start + behind;
      const result = await this.#found(toSource(request, source.path, behind === 0 ? inner : ''), source);
      const isEnd = at === sources.length - 1;
      if (result === undefined || (result.kind === 'collection' && result.items.length === 0)) continue;
      if (result.kind === 'entity') {
        const items = [{ path: result.place.path, value: result.value }];
        const next = isEnd ? undefined : this.#next(request, `${at + 1}.`);
        const { selection } = result;
        return {
          ...about,
          type: result.place.type,
          itemContext: [source.name, ''],
          items,
          selection,
          next,
          pageSize: undefined,
        };
      }
      if (result.kind !== 'collection') throw new Error('A set has members');
      const token = /[?&]\$skiptoken=([^&]*)$/.exec(result.next ?? '')?.[1];
      const following = token === undefined ? (isEnd ? undefined : `${at + 1}.`) : `${at}.${token}`;
      const next = following === undefined ? undefined : this.#next(request, following);
      return { ...result, ...about, itemContext: [source.name, '/$entity'], next };
    }
    const [nothing] = [...this.settings.model.entitySets.values()];
    if (nothing === undefined) throw new Error('The model has no entity set');
    return { ...about, type: nothing.type, items: [], selection: everything, next: undefined, pageSize: undefined };
  }

  /** The same without what does not matter for a count. */
  #counting(request: EntityRequest): EntityRequest {
    const { path, protocol } = request;
    const { filter, search, aliases } = protocol.query;
    const query: Query = {
      ...(filter === undefined ? {} : { filter }),
      ...(search === undefined ? {} : { search }),
      ...(aliases === undefined ? {} : { aliases }),
    };
    return new DerivedRequest(request, { path, protocol: { ...protocol, query } });
  }

  #next({ path, rawQuery }: EntityRequest, token: string): string {
    const kept = withoutOptions(rawQuery, ['skiptoken']);
    return `${path}?${kept}${kept === '' ? '' : '&'}$skiptoken=${token}`;
  }
}
