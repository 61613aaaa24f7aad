/** A program of somebody who reads and writes with `@pnp/graph`, and builds queries with `odata-query`. */
import { graphDelete, graphPatch, graphPost, GraphQueryable } from '@pnp/graph';
import { BrowserFetchWithRetry, DefaultParse, RejectOnError, ResolveOnData } from '@pnp/queryable';
import { createRequire } from 'node:module';

const buildQuery = createRequire(import.meta.url)('odata-query').default;
const { SERVICE = '', TOKEN = '' } = process.env;
const signIn = (instance) => {
  instance.on.auth((url, init) => [url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${TOKEN}` } }]);
  return instance;
};
const at = (path) =>
  GraphQueryable(`${SERVICE}/${path}`).using(
    BrowserFetchWithRetry(),
    DefaultParse(),
    ResolveOnData(),
    RejectOnError(),
    signIn,
  );
const body = (value) => ({ body: JSON.stringify(value), headers: { 'Content-Type': 'application/json' } });

await graphPost(at('decoratedProfileConnections'), body({ id: 'p1', relevanceScore: 0.25 }));
const made = await graphPatch(at("decoratedProfileConnections('p1')/profile"), body({ firstName: 'Ann' }));
const query = buildQuery({
  select: ['id'],
  filter: { and: [{ relevanceScore: { gt: 0.2 } }, { id: 'p1' }] },
  expand: { profile: { select: ['firstName'] } },
  orderBy: ['id desc'],
});
const found = await at(`decoratedProfileConnections${query}`)();
await graphDelete(at('decoratedProfileConnections/p1'));
const gone = await at('decoratedProfileConnections/p1')().then(
  () => 'there',
  (error) => error.status,
);
console.log(
  JSON.stringify({ made: made.firstName, query, found: found.map(({ id, profile }) => [id, profile.firstName]), gone }),
);
