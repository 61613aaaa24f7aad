import type { Settings } from '../options.js';
import { keyOf } from '../protocol/edm/key-text.js';
import { ODataError } from '../protocol/odata-error.js';
import { everything } from '../protocol/payload/selection.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import { type JoinedToWrite, keyedEntityPath } from '../protocol/payload/write-entity.js';
import { bindCrossJoin, type CrossJoin } from '../protocol/query/bind-cross-join.js';
import { bindOptions } from '../protocol/query/bind-options.js';
import { selectionOf } from '../protocol/query/bind-selection.js';
import type { BoundRead, PageRow, Shape } from '../protocol/query/bound.js';
import { requestContext } from '../protocol/query/request-context.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import type { Entities } from './entities.js';
import type { EntityRequest } from './entity-request.js';
import { checkQueryOptions, crossJoinRead } from './query-support.js';
import type { CrossJoinResult } from './results.js';
import { Seal } from './sealed-text.js';
import { linkOf, nextQuery, openSkipToken, pageSize, queryOf } from './server-paging.js';

/** The entities of a row, as far as they are selected: what is not expanded is a link (4.15). */
function joinedEntities({ entity, order }: PageRow, { rows }: CrossJoin, shape: Shape): readonly JoinedToWrite[] {
  const ids = order.slice(-rows.length);
  const expand = selectionOf(shape).expand ?? new Map<string, undefined>();
  return rows.flatMap(({ set }, index): readonly JoinedToWrite[] => {
    const { name, type } = set;
    const selection = expand.get(name);
    if (selection === undefined && shape.select?.has(name) === false) return [];
    const path = keyedEntityPath({ url: name, text: name }, type, keyOf(type, String(ids[index])));
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
  async read({ path: url, rawQuery, protocol, caller }: EntityRequest): Promise<CrossJoinResult> {
    const { query, preferences } = protocol;
    const join = this.#bound(url);
    checkQueryOptions(query, crossJoinRead);
    const seal = (this.#seal ??= new Seal(await this.entities.secret()));
    const { skiptoken } = query;
    const from = skiptoken === undefined ? undefined : openSkipToken(skiptoken, seal, queryOf(url, rawQuery));
    const context = requestContext(this.settings.model, query, from?.now);
    const { collection, shape } = bindOptions({ ...context, it: join.item }, join.item, query);
    const size = pageSize(preferences, this.settings);
    const top = from === undefined ? collection.top : from.remaining;
    const read: BoundRead = {
      path: join.path,
      join: join.rows,
      collection: { ...collection, top },
      shape,
      page: { size, bytes: this.settings.pageBytes, after: from?.after },
    };
    const found = await this.entities.read(read, caller);
    if (found.kind !== 'page') throw new Error('A cross join is read page by page');
    const kept = found.rows.slice(0, size);
    const last = kept.at(-1);
    const more = (found.isCut || found.rows.length > size) && last !== undefined;
    const remaining = top === undefined ? undefined : top - kept.length;
    const next = more ? { after: last.order, remaining, now: context.now } : undefined;
    return {
      kind: 'crossJoin',
      type: join.item.type,
      computed: selectionOf(shape).computed,
      rows: kept.map((row) => ({ entities: joinedEntities(row, join, shape), value: row.entity })),
      count: found.count,
      next: next && linkOf(url, nextQuery({ path: url, query: rawQuery }, next, seal)),
      pageSize: preferences.maxPageSize === undefined ? undefined : size,
    };
  }

  #bound(url: string): CrossJoin {
    const [first, ...others] = parsePath(url).segments;
    if (first?.kind === 'crossjoin' && others.length === 0) return bindCrossJoin(this.settings.model, first);
    throw new ODataError('resourceNotFound', `There is no resource at '${url.slice(0, 200)}'.`);
  }
}
