/**
 * A program of somebody who uses Microsoft's Graph client on the service. Its token travels over https only, and only to
 * hosts that it is told of.
 */
import * as graph from '@microsoft/microsoft-graph-client';

const { BatchRequestContent, BatchResponseContent, Client } = graph;
const { SERVICE = '', TOKEN = '' } = process.env;
const { host, origin } = new URL(SERVICE);
const client = Client.init({
  baseUrl: origin,
  customHosts: new Set([host.split(':')[0]!]),
  authProvider: (done) => {
    done(null, TOKEN);
  },
});
const url = (path: string): string => `${SERVICE}/decoratedProfileConnections${path}`;
const headers = { 'Content-Type': 'application/json' };
const step = (id: string, method: string, path: string, body?: object, dependsOn?: string[]) => ({
  id,
  request: new Request(url(path), {
    method,
    ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
  }),
  ...(dependsOn === undefined ? {} : { dependsOn }),
});

/** Sends steps in one batch; gives the status and the body that the client makes of each answer. */
async function send(steps: ReturnType<typeof step>[]): Promise<Record<string, unknown>> {
  const content = new BatchRequestContent(steps);
  const answer = (await client.api('/$batch').post(await content.getContent())) as ConstructorParameters<
    typeof BatchResponseContent
  >[0];
  const found: Record<string, unknown> = {};
  for (const [id, response] of new BatchResponseContent(answer).getResponses()) {
    const body = response.status === 204 ? {} : ((await response.json()) as Record<string, any>);
    found[id] = [response.status, body.id ?? body.firstName ?? body.error?.code ?? null];
  }
  return found;
}

const serial = await send([
  step('1', 'POST', '', { id: 'g1', relevanceScore: 0.5 }),
  step('2', 'PATCH', '/g1/profile', { firstName: 'Ann' }, ['1']),
  step('3', 'GET', '/g1', undefined, ['2']),
]);
const same = await send([
  step('1', 'GET', '/nobody'),
  step('2', 'PATCH', '/g1/profile', { firstName: 'Never' }, ['1']),
  step('3', 'DELETE', '/g1', undefined, ['1']),
]);
const parallel = await send([
  step('a', 'GET', '/nobody'),
  step('b', 'GET', '/g1?$select=id'),
  step('c', 'PATCH', '/g1/profile', { firstName: 5 }),
]);
const many = Array.from({ length: 20 }, (_, at) => step(String(at), 'GET', '/g1?$select=id'));
const full = Object.keys(await send(many)).length;
const read = (await client.api('/decoratedProfileConnections/g1/profile').get()) as { firstName: string };
const page = (await client.api('/decoratedProfileConnections').top(1).get()) as { '@odata.context': string };
console.log(
  JSON.stringify({
    serial,
    same,
    parallel,
    full,
    firstName: read.firstName,
    scheme: page['@odata.context'].split(':')[0],
  }),
);
