import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from '../../support/raw-client.js';
import { TestApp } from '../../support/test-app.js';

let client: RawClient;
afterEach(() => client.leave());

/** Writes a request as it stands, lines by themselves; gives the answer. */
async function sent(app: TestApp, ...lines: readonly string[]): Promise<string> {
  client = await RawClient.connect(app.url);
  client.socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  await client.closed;
  return client.text;
}

describe('the host of a request', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());
  const get = 'GET /v1.0/ HTTP/1.1';

  it.each([
    ['is missing', []],
    ['is empty', ['Host:']],
    ['stands twice', ['Host: a', 'Host: a']],
    ['stands twice in other letters', ['Host: a', 'hOST: b']],
    ['is a list', ['Host: a, b']],
    ['has a space', ['Host: a b']],
    ['has a path', ['Host: a/b']],
    ['has a user', ['Host: u@a']],
    ['has markup', ['Host: a<script>']],
    ['has quotes', ["Host: a'b"]],
    ['has two ports', ['Host: a:1:2']],
    ['has a port that is no number', ['Host: a:x']],
    ['is an address without brackets', ['Host: ::1']],
  ])('that %s is refused with an OData error', async (_, fields) => {
    const answer = await sent(app, get, ...fields);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*request-id: [^]*"code":"malformedRequest"/);
  });

  it.each(['a', 'a.example.com:8080', '127.0.0.1:1', '[::1]:3000', 'my_host', 'a.'])('%s is taken', async (host) => {
    expect(await sent(app, get, `Host: ${host}`)).toContain(`"@odata.context":"http://${host}/v1.0/$metadata"`);
  });

  it('of the target comes before that of the field', async () => {
    const answer = await sent(app, 'GET http://b.example.com:81/v1.0/ HTTP/1.1', 'Host: a');
    expect(answer).toContain('"@odata.context":"http://b.example.com:81/v1.0/$metadata"');
    expect(await sent(app, 'GET http://b,c/v1.0/ HTTP/1.1', 'Host: a')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('need not be named in HTTP/1.0', async () => {
    const { host } = new URL(app.url);
    expect(await sent(app, 'GET /v1.0/ HTTP/1.0')).toContain(`"@odata.context":"http://${host}/v1.0/$metadata"`);
  });
});

describe('the host that a proxy names', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ TRUST_PROXY: 'true' });
  });
  afterAll(() => app.stop());
  const get = (...fields: readonly string[]): Promise<string> => sent(app, 'GET /v1.0/ HTTP/1.1', 'Host: a', ...fields);

  it.each(['X-Forwarded-Host: a/b', 'X-Forwarded-Host: "a"', 'X-Forwarded-Host: ,', 'X-Forwarded-Proto: javascript'])(
    'is held to the same: %s',
    async (field) => {
      expect(await get(field)).toMatch(/^HTTP\/1\.1 400 /);
    },
  );

  it('is in the answer, and caches are told so', async () => {
    const answer = await get('X-Forwarded-Host: b.example.com', 'X-Forwarded-Proto: https');
    expect(answer).toContain('"@odata.context":"https://b.example.com/v1.0/$metadata"');
    expect(answer).toMatch(/cache-control: public/i);
    const [, vary = ''] = /^vary: (.*)$/im.exec(answer) ?? [];
    for (const name of ['Host', 'X-Forwarded-Host', 'X-Forwarded-Proto']) expect(vary.split(/, */)).toContain(name);
  });
});
