/** What openapi-typescript generates are types only: whatever fetches is given them. */
import type { paths } from './generated/openapi';

type Body<R> = R extends { content: infer C } ? C[keyof C] : never;
type Success<M> = M extends { responses: infer R } ? Body<R[keyof R & (200 | 201)]> : never;
/** The operations whose answers could be anything; there is none. */
type Loose = {
  [P in keyof paths]: {
    [M in keyof paths[P]]-?: unknown extends Success<paths[P][M]> ? [P, M] : never;
  }[keyof paths[P]];
}[keyof paths];
export const loose: readonly never[] = [] as readonly Loose[];

type List = paths['/decoratedProfileConnections']['get'];
type Made = Success<paths['/decoratedProfileConnections']['post']>;

const { SERVICE = '', TOKEN = '' } = process.env;
const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

async function main(): Promise<void> {
  const body: paths['/decoratedProfileConnections']['post']['requestBody']['content']['application/json'] = {
    id: 'typed',
    relevanceScore: 0.75,
    profile: { firstName: 'Ann', skills: ['bridges'] },
  };
  const url = `${SERVICE}/decoratedProfileConnections`;
  const made = (await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as Made;
  const query: NonNullable<List['parameters']['query']> = { $filter: "id eq 'typed'", $expand: 'profile' };
  const asked = new URLSearchParams(query as Record<string, string>);
  const found = (await (await fetch(`${url}?${asked.toString()}`, { headers })).json()) as Success<List>;
  const names: (string | null | undefined)[] = found.value.map(({ profile }) => profile?.firstName);
  const score: number | string | null | undefined = made.relevanceScore;
  console.log(JSON.stringify({ id: made.id, score, names }));
}

void main();
