import type { Model } from '../../src/odata/protocol/edm/model.js';
import { bindCrossJoin } from '../../src/odata/protocol/query/bind-cross-join.js';
import { bindOptions } from '../../src/odata/protocol/query/bind-options.js';
import { bindPath } from '../../src/odata/protocol/query/bind-path.js';
import type { BoundRead } from '../../src/odata/protocol/query/bound.js';
import { Budget } from '../../src/odata/protocol/query/budget.js';
import { parsePath } from '../../src/odata/protocol/uri/parse-path.js';
import { parseQuery } from '../../src/odata/protocol/uri/parse-query.js';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import type { AggregateSet } from '../../src/odata/store/aggregate-store.js';
import { libraryModel } from '../models/library.js';

export const connections = 'decoratedProfileConnections';
export const owner = { tenant: 't', owner: 'o' };

/** The sets of every model of the tests. */
export function everySet(): readonly AggregateSet[] {
  return [profilesModel, libraryModel].flatMap((model) =>
    [...model.entitySets.values(), ...model.singletons.values()].map(aggregateSet),
  );
}

/** Binds a URL, as a request would. @param after values that the page begins behind */
export function bindRead(model: Model, url: string, after?: readonly (string | number | null)[]): BoundRead {
  const [path = '', query = ''] = url.split('?');
  const now = new Date(0);
  const options = parseQuery(encodeURI(query));
  const context = { model, aliases: new Map<string, never>(), now, budget: new Budget() };
  const parsed = parsePath(path);
  const [first] = parsed.segments;
  if (first?.kind === 'crossjoin') {
    const { item, rows, path: ofFirst } = bindCrossJoin(model, first);
    const { collection, shape } = bindOptions({ ...context, it: item }, item, options);
    return { path: ofFirst, join: rows, collection, shape, page: { size: 20, after } };
  }
  const bound = bindPath(parsed, context);
  const instance = bound.steps.at(-1)?.item ?? bound.entity;
  const { collection, shape } = bindOptions({ ...context, it: instance }, instance, options);
  return { path: bound, collection, shape, page: { size: 20, after } };
}

/** Reads of every kind, whose statements are kept as snapshots. */
export const reads: readonly (readonly [url: string, model?: Model, after?: readonly (string | number | null)[]])[] = [
  [connections],
  [`${connections}?$filter=profile/lastName eq 'Hopper'&$orderby=relevanceScore desc&$top=5`],
  [`${connections}?$orderby=relevanceScore desc`, profilesModel, [0.5, 'id']],
  [`${connections}?$orderby=profile/lastName,relevanceScore desc`, profilesModel, [null, null, 'id']],
  [`${connections}?$filter=not (relevanceScore gt 1) and profile/firstName ne null&$count=true`],
  [`${connections}?$filter=profile/skills/any(s:s eq 'x') or profile/phoneNumbers/all(p:p/type eq 'HOME')`],
  [`${connections}?$search=engineer NOT ships`],
  [
    `${connections}?$select=id&$expand=profile($select=firstName,phoneNumbers($filter=type eq 'WORK';$orderby=number;$top=2;$count=true))`,
  ],
  [`${connections}?$compute=length(profile/headline) as n&$select=n`],
  [`${connections}/$count?$filter=relevanceScore le 1`],
  [`${connections}('a')/profile`],
  [`${connections}('a')/profile/skills/$count`],
  [`${connections}('a')/profile/bornOn/year/$value`],
  ["works?$filter=test.library.Map/scale gt 5 and access has 'Lend'", libraryModel],
  ["works('a')?$expand=chapters($filter=pages gt 5;$compute=pages mul 2 as n)", libraryModel],
  ["works('a')/chapters(2)/words?$filter=contains($this,'a')", libraryModel],
  ['settings/seat', libraryModel],
  ['$crossjoin(works,authors)?$filter=works/title eq authors/name&$count=true', libraryModel, ['a', 'b']],
];
