/** A program of somebody who binds DevExtreme's grids to the service: its ODataStore, as the package has it. */
const { XMLHttpRequest } = require('./xml-http-request.cjs');
const { default: ODataStore } = require('devextreme/cjs/data/odata/store.js');
const { default: DataSource } = require('devextreme/cjs/data/data_source.js');

const { default: requests } = require('devextreme/cjs/core/http_request.js');

// Outside of a browser it is told what to send with.
requests.inject({ getXhr: () => new XMLHttpRequest() });
const { SERVICE = '', TOKEN = '' } = process.env;

async function main() {
  const store = new ODataStore({
    url: `${SERVICE}/decoratedProfileConnections`,
    version: 4,
    key: 'id',
    keyType: 'String',
    beforeSend: (options) => {
      options.headers.Authorization = `Bearer ${TOKEN}`;
    },
  });
  await store.insert({ id: "d'1", relevanceScore: 0.25, profile: { firstName: 'Ann' } });
  await store.insert({ id: 'd2', relevanceScore: 0.75 });
  await store.update('d2', { relevanceScore: 0.5 });
  const whole = (await store.load({ filter: ['id', '=', "d'1"], expand: ['profile'] }))[0];
  await store.update(whole.id, { ...whole, relevanceScore: 0.3 });
  const source = new DataSource({
    store,
    sort: [{ selector: 'relevanceScore', desc: true }],
    filter: [['relevanceScore', '>', 0.2], 'and', ['id', 'contains', 'd']],
    select: ['id', 'relevanceScore'],
    pageSize: 1,
    requireTotalCount: true,
  });
  const page = await source.load();
  const count = await store.totalCount({ filter: ['relevanceScore', '>', 0.2] });
  const one = await store.byKey("d'1", { expand: ['profile'] });
  await store.remove('d2');
  const gone = await store.byKey('d2').then(
    () => 'there',
    (error) => error.httpStatus,
  );
  console.log(
    JSON.stringify({
      page: page.map(({ id, relevanceScore }) => [id, relevanceScore]),
      total: source.totalCount(),
      count,
      one: [one.id, one.relevanceScore, one.profile.firstName],
      gone,
    }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
