/**
 * A program of somebody who has the service's URL and the client that odata2ts generated from its metadata. It stands
 * outside of the project's own compilation: the client that it imports exists only while its test runs.
 */
import { FetchClient } from '@odata2ts/http-client-fetch';
import { ConnectionDegree } from './generated/MicrosoftGraphModel';
import { MicrosoftGraphService } from './generated/MicrosoftGraphService';

const { SERVICE = '', TOKEN = '' } = process.env;
const service = new MicrosoftGraphService(new FetchClient({ headers: { authorization: `Bearer ${TOKEN}` } }), SERVICE);
const connections = service.decoratedProfileConnections();

async function main(): Promise<void> {
  const created = await connections.create({ relevanceScore: 0.75 });
  const { id } = created.data;
  const connection = service.decoratedProfileConnections(id);
  const made = await connection.profile().patch({
    firstName: 'Ann',
    lastName: 'Lee',
    connectionDegree: ConnectionDegree.DISTANCE_1,
    locale: { language: 'en' },
    skills: ['bridges'],
  });

  const read = await connection.profile().query();
  const name: string | null = read.data.firstName;
  const language: string | null | undefined = read.data.locale?.language;

  const found = await connections.query((builder, q) =>
    builder
      .select('id', 'relevanceScore')
      .filter(q.relevanceScore.gt(0.5).and(q.profile.props.connectionDegree.eq(ConnectionDegree.DISTANCE_1)))
      .expanding('profile', (inner, profile) => inner.select('firstName', 'skills').filter(profile.firstName.eq('Ann')))
      .orderBy(q.relevanceScore.desc())
      .top(5),
  );

  const etag = read.headers.etag ?? '';
  const headers = { 'if-match': etag };
  const updated = await connection.profile().patch({ headline: 'Builds bridges' }, { headers });
  const headline = updated.data ? updated.data.headline : undefined;
  const stale = await connection
    .profile()
    .patch({ headline: 'Lost' }, { headers })
    .then(
      ({ status }) => status,
      (error: { status?: number }) => error.status,
    );
  console.log(
    JSON.stringify({
      made: made.status,
      name,
      language,
      found: found.data.value.map(({ relevanceScore, profile }) => [
        relevanceScore,
        profile?.firstName,
        profile?.skills,
      ]),
      headline,
      etagChanged: updated.headers.etag !== etag,
      stale,
    }),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
