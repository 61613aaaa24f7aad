/** A client that orval generates, as it is; its URLs are relative, as a page of the same origin has them. */
import { createDecoratedProfileConnection, listDecoratedProfileConnections } from './generated/orval';

const { SERVICE = '', TOKEN = '' } = process.env;
const headers = { authorization: `Bearer ${TOKEN}` };
const send = globalThis.fetch;
globalThis.fetch = (url, init) => send(`${SERVICE}${url as string}`, init);

async function main(): Promise<void> {
  const made = await createDecoratedProfileConnection(
    { id: 'orval', relevanceScore: 0.75, profile: { firstName: 'Ann', skills: ['bridges'] } },
    {},
    { headers },
  );
  const found = await listDecoratedProfileConnections({ $filter: "id eq 'orval'", $expand: 'profile' }, { headers });
  if (made.status !== 201 || found.status !== 200) throw new Error(`${made.status} ${found.status}`);
  const names: (string | null | undefined)[] = found.data.value.map(({ profile }) => profile?.firstName);
  const wrong = await listDecoratedProfileConnections({ $filter: 'nothing eq 1' }, { headers });
  const fault: string | undefined = wrong.status === 400 ? wrong.data.error.message : undefined;
  console.log(JSON.stringify({ id: made.data.id, score: made.data.relevanceScore, names, fault }));
}

void main();
