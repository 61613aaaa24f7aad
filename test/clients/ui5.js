/* A program of somebody who uses OpenUI5's OData V4 model on the service, in a browser. Everything it sends is a batch. */

/** Gives what the model got to know; `token` goes along with every request, those inside of batches too. */
globalThis.runUi5 = async (token) => {
  const need = (...names) =>
    new Promise((resolve, reject) => sap.ui.require(names, (...found) => resolve(found), reject));
  const [ODataModel, Filter, Sorter] = await need(
    'sap/ui/model/odata/v4/ODataModel',
    'sap/ui/model/Filter',
    'sap/ui/model/Sorter',
  );
  const model = new ODataModel({
    serviceUrl: '/v1.0/',
    httpHeaders: { Authorization: `Bearer ${token}` },
    metadataUrlParams: { inheritance: 'flat' },
    operationMode: 'Server',
    groupId: '$auto',
    updateGroupId: 'changes',
  });
  const set = '/decoratedProfileConnections';

  // Two entities in one change set, one of them with what it contains.
  const list = model.bindList(set, undefined, [new Sorter('id')], [new Filter('relevanceScore', 'GT', 0.2)], {
    $select: 'id,relevanceScore',
  });
  await list.requestContexts();
  const first = list.create({ id: 'u1', relevanceScore: 0.5, profile: { firstName: 'Ann', bornOn: { year: 1906 } } });
  const second = list.create({ id: 'u2', relevanceScore: 0.75 });
  await Promise.all([model.submitBatch('changes'), first.created(), second.created()]);

  // A change of the expanded profile goes to its own URL, with the ETag that came with it.
  const bound = model
    .bindContext(`${set}('u1')`, undefined, {
      $select: 'id,relevanceScore',
      $expand: { profile: { $select: ['firstName', 'headline', 'bornOn/year'] } },
    })
    .getBoundContext();
  const read = await bound.requestObject();
  const change = async (property, value) => {
    const changed = bound.setProperty(property, value);
    const [, outcome] = await Promise.all([
      model.submitBatch('changes'),
      changed.then(
        () => 'done',
        (error) => error.status ?? error.message,
      ),
    ]);
    return outcome;
  };
  const outcomes = [await change('profile/headline', 'One'), await change('profile/headline', 'Two')];
  const after = await bound.requestObject();

  // One request of a change set fails: the other did not happen.
  const both = [bound.setProperty('profile/firstName', 'Grace'), bound.setProperty('relevanceScore', 'much')];
  const outcomesOfBoth = Promise.all(
    both.map((one) =>
      one.then(
        () => 'done',
        () => 'refused',
      ),
    ),
  );
  await model.submitBatch('changes');
  model.resetChanges('changes');
  const refused = await outcomesOfBoth;
  return { read, outcomes, headline: after.profile.headline, refused };
};
