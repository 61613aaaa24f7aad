/**
 * A program of somebody who has the service's URL and the client that SAP's Cloud SDK generated from its metadata. It
 * stands outside of the project's own compilation: the client that it imports exists only while its test runs. The
 * Cloud SDK addresses members of entity sets; what they contain has no builder of its own in it.
 */
import { and, desc } from '@sap-cloud-sdk/odata-v4';
import { profiles } from './generated/profiles';

const { SERVICE = '', TOKEN = '' } = process.env;
const destination = { url: SERVICE };
const headers = { authorization: `Bearer ${TOKEN}` };
const { decoratedProfileConnectionsApi: api } = profiles();
const { ID, RELEVANCE_SCORE } = api.schema;

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
    }),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
