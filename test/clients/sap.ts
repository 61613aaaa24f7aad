/**
 * A program of somebody who has the service's URL and the client that SAP's Cloud SDK generated from its metadata. It
 * stands outside of the project's own compilation: the client that it imports exists only while its test runs. The
 * Cloud SDK addresses members of entity sets; what they contain has no builder of its own in it.
 */
import { and, desc } from '@sap-cloud-sdk/odata-v4';
import { profiles } from './generated/profiles';
import { batch, changeset } from './generated/profiles/BatchRequest';

const { SERVICE = '', TOKEN = '' } = process.env;
const destination = { url: SERVICE };
const headers = { authorization: `Bearer ${TOKEN}` };
const { decoratedProfileConnectionsApi: api } = profiles();
const { ID, RELEVANCE_SCORE } = api.schema;

/** Reads and change sets in multipart batches, one with each kind of URL that the SDK writes. */
async function batches(): Promise<unknown> {
  const make = (id: string) => api.requestBuilder().create(api.entityBuilder().id(id).relevanceScore(0.1).build());
  const read = (id: string) => api.requestBuilder().getByKey(id);
  const send = (
    path: 'absolute' | 'relativeToEntity' | 'noPath' | undefined,
    ...parts: Parameters<typeof batch>[0]
  ) => {
    const request = batch(parts).addCustomHeaders(headers);
    return (path === undefined ? request : request.withSubRequestPathType(path)).execute(destination);
  };
  const done = await send(undefined, read('s1'), changeset(make('b1'), make('b2')), read('b2'));
  const entity = await read('b1').addCustomHeaders(headers).execute(destination);
  entity.relevanceScore = 0.9;
  const updated = await send('absolute', changeset(api.requestBuilder().update(entity)), read('b1'));
  // The entity is stale now: nothing of the change set may happen.
  entity.relevanceScore = 0.2;
  const failed = await send('relativeToEntity', changeset(make('b3'), api.requestBuilder().update(entity)));
  const gone = await send('noPath', changeset(api.requestBuilder().delete('b2'), api.requestBuilder().delete('b1')));
  const kept = await read('b3')
    .addCustomHeaders(headers)
    .execute(destination)
    .then(
      () => 'there',
      () => 'missing',
    );
  const outcome = (responses: Awaited<typeof done>): unknown[] =>
    responses.map((response) =>
      response.isWriteResponses()
        ? response.responses.map(({ httpCode }) => httpCode)
        : response.isReadResponse()
          ? response.as(api).map(({ id, relevanceScore }) => [id, relevanceScore])
          : (response as { httpCode: number }).httpCode,
    );
  return [outcome(done), outcome(updated), outcome(failed), outcome(gone), kept];
}

async function main(): Promise<void> {
  for (const [id, score] of [
    ['s1', 0.25],
    ['s2', 0.75],
    ['s3', 0.875],
  ] as const) {
    const entity = api.entityBuilder().id(id).relevanceScore(score).build();
    await api.requestBuilder().create(entity).skipCsrfTokenFetching().addCustomHeaders(headers).execute(destination);
  }
  const read = await api.requestBuilder().getByKey('s2').addCustomHeaders(headers).execute(destination);
  const score: number | null | undefined = read.relevanceScore;

  const found = await api
    .requestBuilder()
    .getAll()
    .select(ID, RELEVANCE_SCORE)
    .filter(and(RELEVANCE_SCORE.greaterThan(0.5), ID.notEquals('nobody')))
    .orderBy(desc(RELEVANCE_SCORE))
    .top(5)
    .addCustomHeaders(headers)
    .execute(destination);
  const count: number = await api.requestBuilder().getAll().count().addCustomHeaders(headers).execute(destination);

  const update = (relevanceScore: number, entity: typeof read) => {
    entity.relevanceScore = relevanceScore;
    return api.requestBuilder().update(entity).skipCsrfTokenFetching().addCustomHeaders(headers).execute(destination);
  };
  const stale = await api.requestBuilder().getByKey('s2').addCustomHeaders(headers).execute(destination);
  const updated = await update(0.5, read);
  const refused = await update(0.1, stale).then(
    () => 'done',
    (error: { rootCause?: { response?: { status?: number } } }) => error.rootCause?.response?.status,
  );
  console.log(
    JSON.stringify({
      score,
      found: found.map(({ id, relevanceScore }) => [id, relevanceScore]),
      count,
      updated: updated.relevanceScore,
      etagChanged: updated.versionIdentifier !== stale.versionIdentifier,
      refused,
      batches: await batches(),
    }),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
