import type { Settings } from '../options.js';
import { keyOf } from '../protocol/edm/key-text.js';
import { noResourceAt, ODataError } from '../protocol/odata-error.js';
import { everything } from '../protocol/payload/selection.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';
import type { JoinedToWrite } from '../protocol/payload/write-entity.js';
import { bindApply } from '../protocol/query/bind-apply.js';
import { bindCrossJoin, type CrossJoin } from '../protocol/query/bind-cross-join.js';
import { bindOptions } from '../protocol/query/bind-options.js';
import { madeOf, selectionOf } from '../protocol/query/bind-selection.js';
import type { BoundRead, PageRow, Shape } from '../protocol/query/bound.js';
import { requestContext } from '../protocol/query/request-context.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import type { Entities } from './entities.js';
import type { EntityRequest } from './entity-request.js';
import { checkQueryOptions, crossJoinRead } from './query-support.js';
import type { CrossJoinResult, PropertyResult } from './results.js';
import { Seal } from './sealed-text.js';
import { linkOf, nextQuery, openSkipToken, pageOf, pageSize, queryOf } from './server-paging.js';

/** The entities of a row, as far as they are selected: what is not expanded is a link (4.15). */
function joinedEntities(
  { entity, order }: PageRow,
  { rows }: CrossJoin,
  { shape, isMade }: { readonly shape: Shape; readonly isMade: boolean },
): readonly JoinedToWrite[] {
  const ids = order.slice(-rows.length);
  const expand = selectionOf(shape).expand ?? new Map<string, undefined>();
  return rows.flatMap(({ set }, index): readonly JoinedToWrite[] => {
    const { name, type } = set;
    const selection = expand.get(name);
    if (selection === undefined && shape.select?.has(name) === false) return [];
    // What is made of rows has their entities, and any order.
    const key = isMade ? (entity[name] as StoredEntity) : keyOf(type, String(ids[index]));
    const path = keyedEntityPath({ url: name, text: name }, type, key);
    const value = selection === undefined ? undefined : ((entity[name] ?? null) as StoredEntity | null);
    return [{ set, path, value, selection: selection ?? everything }];
  });
}

/** Reading of cross joins of entity sets (OData 4.01 URL Conventions 4.15), page by page. */
export class CrossJoinReads {
  #seal: Seal | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly entities: Entities,
  ) {}

  /**
   * Reads combinations of entities of several sets, of each set those that the caller sees.
   * @throws ODataError 400, 401, 403, 404, 501
   */
  async read({ path: url, rawQuery, protocol, caller }: EntityRequest): Promise<CrossJoinResult | PropertyResult> {
    const { query, preferences } = protocol;
    const join = this.#bound(url);
    checkQueryOptions(query, crossJoinRead);
    const seal = (this.#seal ??= new Seal(await this.entities.secret()));
    const { skiptoken } = query;
    const from = skiptoken === undefined ? undefined : openSkipToken(skiptoken, seal, queryOf(url, rawQuery));
    const context = requestContext(this.settings.model, query, from?.now);
    const applied =
      query.apply && bindApply({ ...context, it: join.item }, { root: undefined, item: join.item }, query.apply);
    const instance = applied?.output ?? join.item;
    const { collection, shape } = bindOptions({ ...context, it: instance, hasThese: true }, instance, query);
    const size = pageSize(preferences, this.settings);
    const top = from === undefined ? collection.top : from.remaining;
    const read: BoundRead = {
      path: join.path,
      join: join.rows,
      ...(applied && { apply: applied.transformations }),
      collection: { ...collection, top },
      shape,
      page: { size, bytes: this.settings.pageBytes, after: from?.after },
    };
    const found = await this.entities.read(read, caller);
    if (found.kind !== 'page') throw new Error('A cross join is read page by page');
    const { kept, next: continuation } = pageOf(found, { size, top, now: context.now });
    const next = continuation && linkOf(url, nextQuery({ path: url, query: rawQuery }, continuation, seal));
    const { type, selection } = madeOf(instance.type, join.item.type, selectionOf(shape));
    if (type?.kind === 'complex') {
      if (type.variants?.some(({ kind }) => kind === 'entity') === true)
        throw new ODataError('notImplemented', 'Rows of a cross join beside what is aggregated are not implemented.');
      const value = kept.map(({ entity }) => entity);
      const made = { type: { item: type, collection: true }, context: 'Collection(Edm.ComplexType)' };
      return { kind: 'property', ...made, value, selection, count: found.count, next };
    }
    const isMade = applied !== undefined;
    return {
      kind: 'crossJoin',
      type: join.item.type,
      computed: selection.computed,
      rows: kept.map((row) => ({ entities: joinedEntities(row, join, { shape, isMade }), value: row.entity })),
      count: found.count,
      next,
      pageSize: preferences.maxPageSize === undefined ? undefined : size,
    };
  }

  #bound(url: string): CrossJoin {
    const [first, ...others] = parsePath(url).segments;
    if (first?.kind === 'crossjoin' && others.length === 0) return bindCrossJoin(this.settings.model, first);
    throw noResourceAt(url);
  }
}
