/** A client that `@hey-api/openapi-ts` generates, as it is. */
import { createDecoratedProfileConnection, listDecoratedProfileConnections } from './generated/hey/sdk.gen';
import { client } from './generated/hey/client.gen';

const { SERVICE = '', TOKEN = '' } = process.env;

async function main(): Promise<void> {
  client.setConfig({ baseUrl: SERVICE, auth: () => TOKEN });
  const made = await createDecoratedProfileConnection({
    body: { id: 'hey', relevanceScore: 0.75, profile: { firstName: 'Ann', skills: ['bridges'] } },
  });
  const found = await listDecoratedProfileConnections({ query: { $filter: "id eq 'hey'", $expand: 'profile' } });
  const names: (string | null | undefined)[] = (found.data?.value ?? []).map(({ profile }) => profile?.firstName);
  const wrong = await listDecoratedProfileConnections({ query: { $filter: 'nothing eq 1' } });
  const fault: string | undefined = wrong.error?.error.message;
  console.log(JSON.stringify({ id: made.data?.id, score: made.data?.relevanceScore, names, fault }));
}

void main();
