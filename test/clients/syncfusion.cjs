/** A program of somebody who uses Syncfusion's data manager on the service, as its package has it. */
const { DataManager, ODataV4Adaptor, Query } = require('@syncfusion/ej2-data');

// It makes the boundaries of its batches with what a browser has.
globalThis.window = globalThis;
const { SERVICE = '', TOKEN = '' } = process.env;
const manager = new DataManager({
  url: `${SERVICE}/decoratedProfileConnections`,
  adaptor: new ODataV4Adaptor(),
  headers: [{ Authorization: `Bearer ${TOKEN}` }],
});

async function main() {
  await manager.insert({ id: 's1', relevanceScore: 0.25, profile: { firstName: 'Ann' } });
  await manager.insert({ id: 's2', relevanceScore: 0.75 });
  await manager.update('id', { id: 's2', relevanceScore: 0.5 });
  const read = await manager.executeQuery(
    new Query()
      .where('relevanceScore', 'greaterthan', 0.2)
      .sortBy('relevanceScore', 'descending')
      .page(1, 1)
      .requiresCount(),
  );
  const [whole] = (await manager.executeQuery(new Query().expand('profile').where('id', 'equal', 's1'))).result;
  await manager.update('id', { ...whole, relevanceScore: 0.3 });
  // Its batches prefer that everything is returned, and come in one change set.
  const changes = {
    addedRecords: [{ id: 's3', relevanceScore: 0.1 }],
    changedRecords: [{ id: 's2', relevanceScore: 0.6 }],
    deletedRecords: [{ id: 's1' }],
  };
  await manager.saveChanges(changes, 'id');
  const { result, count } = await manager.executeQuery(
    new Query().select(['id', 'relevanceScore']).sortBy('id').requiresCount(),
  );
  console.log(
    JSON.stringify({
      read: [read.result.map(({ id }) => id), read.count],
      changed: result.map(({ id, relevanceScore }) => [id, relevanceScore]),
      count,
    }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
