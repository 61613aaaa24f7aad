import { type IncomingHttpHeaders, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedProfile } from '../support/seed-profile.js';
import { TestApp } from '../support/test-app.js';
import { ann, tokenFor } from '../support/tokens.js';

describe('formats, versions and preferences', () => {
  let app: TestApp;
  let path: string;
  beforeAll(async () => {
    app = await TestApp.start();
    path = await app.profile(seedProfile);
  });
  afterAll(() => app.stop());

  describe('the amount of control information', () => {
    it('[J-14] full names id, links and the types that JSON does not tell', async () => {
      const { body, headers } = await app.get(path, { headers: { accept: 'application/json;odata.metadata=full' } });
      expect(headers.get('content-type')).toBe('application/json;odata.metadata=full');
      expect(body['@odata.id']).toBe(body['@odata.editLink']);
      expect(body['@odata.id']).toMatch(/^http:.*\/v1\.0\/decoratedProfileConnections\('.*'\)\/profile$/);
      expect(body).toMatchObject({
        'totalPositionCount@odata.type': '#Int32',
        'skills@odata.type': '#Collection(String)',
        'phoneNumbers@odata.type': '#Collection(microsoft.graph.PhoneNumber)',
        'connectionDegree@odata.type': '#microsoft.graph.ConnectionDegree',
        locale: { '@odata.type': '#microsoft.graph.Locale' },
      });
      expect(body).not.toHaveProperty('firstName@odata.type');
      const connection = await app.get(path.replace('/profile', ''), {
        headers: { accept: 'application/json;metadata=full', 'odata-maxversion': '4.01' },
      });
      expect(connection.body['profile@navigationLink']).toBe(body['@odata.id']);
      expect(connection.body['profile@associationLink']).toBe(`${String(body['@odata.id'])}/$ref`);
    });

    it('none carries no control information but what paging needs', async () => {
      const { text } = await app.get(path, { headers: { accept: 'application/json;odata.metadata=none' } });
      expect(text).not.toContain('odata');
      expect(JSON.parse(text).firstName).toBe('Ann');
      const headers = { accept: 'application/json;odata.metadata=none', prefer: 'maxpagesize=1' };
      await app.profile();
      const list = await app.get('/decoratedProfileConnections', { headers });
      expect(Object.keys(list.body)).toEqual(['value', '@odata.nextLink']);
    });

    it('[J-19] $format overrides Accept', async () => {
      const accept = { headers: { accept: 'text/csv' } };
      expect((await app.get(`${path}?$format=json`, accept)).status).toBe(200);
      const { headers } = await app.get(`${path}?$format=application/json;odata.metadata=none`, accept);
      expect(headers.get('content-type')).toBe('application/json;odata.metadata=none');
      expect((await app.get(`${path}?$format=atom`)).status).toBe(406);
    });
  });

  it.each([
    ['application/json', 'application/json;odata.metadata=minimal'],
    ['*/*', 'application/json;odata.metadata=minimal'],
    ['text/html, application/*;q=0.5', 'application/json;odata.metadata=minimal'],
    ['application/json;odata.metadata=none;q=0.1, application/json', 'application/json;odata.metadata=minimal'],
    ['application/json;charset=utf-8', 'application/json;odata.metadata=minimal;charset=utf-8'],
    ['application/json;odata.streaming=true', 'application/json;odata.metadata=minimal;odata.streaming=true'],
    ['APPLICATION/JSON;METADATA=Full', 'application/json;odata.metadata=full'],
  ])('[A40M-5.1] [B5.12] [B5.13] [J-18] [J-20] Accept: %s is answered with %s', async (accept, type) => {
    expect((await app.get(path, { headers: { accept } })).headers.get('content-type')).toBe(type);
  });

  it.each([
    'text/csv',
    'application/json;x=1',
    'application/json;odata.metadata=some',
    'application/json;q=0',
    'application/json;charset=latin1',
  ])('[A40M-5.1] [B7.406] Accept: %s is answered with 406', async (accept) => {
    const answer = await app.get(path, { headers: { accept } });
    expect(answer.status).toBe(406);
    expect(answer.body.error).toMatchObject({ code: 'notAcceptable', target: 'Accept' });
  });

  it('an update whose answer cannot be written is not done', async () => {
    const before = (await app.get(path)).text;
    expect((await app.patch(path, { headline: 'x' }, { headers: { accept: 'text/csv' } })).status).toBe(406);
    expect((await app.get(path)).text).toBe(before);
  });

  it.each([
    [undefined, '4.0'],
    ['4.0', '4.0'],
    ['4.01', '4.01'],
    ['4.9', '4.01'],
    ['7.0', '4.01'],
  ])('[A40M-5.2] [B6.3] [A41M-17] [J-23] [J-26] OData-MaxVersion %s is answered in %s', async (max, version) => {
    const { headers, body } = await app.get(path, { headers: max === undefined ? {} : { 'odata-maxversion': max } });
    expect(headers.get('odata-version')).toBe(version);
    expect(Object.keys(body)[0]).toBe(version === '4.0' ? '@odata.context' : '@context');
  });

  it.each(['3.0', 'abc', '4', ''])('[A40M-5.2] OData-MaxVersion %s is refused', async (max) => {
    const answer = await app.get(path, { headers: { 'odata-maxversion': max } });
    expect(answer.status).toBe(400);
    expect(answer.body.error.target).toBe('OData-MaxVersion');
  });

  it.each(['5.0', '3.0', '4.02', 'x'])('[B6.1] a body of OData-Version %s is refused', async (version) => {
    expect((await app.patch(path, {}, { headers: { 'odata-version': version } })).status).toBe(400);
  });

  it('[B6.4] [A41M-2] [J-9.1] [J-9.2] [J-10.2] [J-10.3] names control information as the version does', async () => {
    const full = 'application/json;metadata=full';
    const of = async (version: string) =>
      (await app.get(path, { headers: { accept: full, 'odata-maxversion': version } })).body;
    expect(await of('4.0')).toMatchObject({
      '@odata.type': '#microsoft.graph.DecoratedProfile',
      'totalPositionCount@odata.type': '#Int32',
    });
    expect(await of('4.01')).toMatchObject({
      '@type': '#microsoft.graph.DecoratedProfile',
      'totalPositionCount@type': 'Int32',
    });
  });

  it('[B6.2] [B6.4] [J-24] [J-27] a body may use either spelling where 4.01 is read', async () => {
    for (const name of ['@type', '@odata.type']) {
      expect((await app.patch(path, { [name]: '#microsoft.graph.DecoratedProfile' })).status).toBe(200);
      const wrong = await app.patch(path, { [name]: '#x' }, { headers: { 'odata-version': '4.01' } });
      expect(wrong.body.error.target).toBe(name);
    }
  });

  describe('Prefer', () => {
    it('[B5.2] [B5.14] [B3.8] return=minimal answers 204 without a body', async () => {
      const answer = await app.patch(path, { headline: 'm' }, { headers: { prefer: 'return=minimal' } });
      expect(answer.status).toBe(204);
      expect(answer.text).toBe('');
      expect(answer.headers.get('content-type')).toBeNull();
      expect(answer.headers.get('preference-applied')).toBe('return=minimal');
      expect(answer.headers.get('odata-entityid')).toMatch(/\/v1\.0\/decoratedProfileConnections\('.*'\)\/profile$/);
      expect((await app.get(path)).body.headline).toBe('m');
    });

    it('[B4.11] a 204 carries the ETag where the client named the version that it changed', async () => {
      const prefer = 'return=minimal';
      expect((await app.patch(path, { headline: 'n' }, { headers: { prefer } })).headers.get('etag')).toBeNull();
      const known = (await app.get(path)).headers.get('etag')!;
      const answer = await app.patch(path, { headline: 'o' }, { headers: { prefer, 'if-match': known } });
      expect(answer.headers.get('etag')).toBe((await app.get(path)).headers.get('etag'));
    });

    it('[B5.1] [B5.3] [C34] [C35] [C36] content is the default, and may be asked for', async () => {
      expect((await app.patch(path, {})).headers.get('preference-applied')).toBeNull();
      const answer = await app.patch(path, {}, { headers: { prefer: 'return=representation' } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('preference-applied')).toBe('return=representation');
    });

    it('[B5.4] [A41M-27] $select shapes the answer of an update', async () => {
      const { body } = await app.patch(`${path}?$select=headline`, { headline: 'p' });
      expect(Object.keys(body)).toEqual(['@odata.context', '@odata.type', '@odata.id', '@odata.etag', 'headline']);
      expect(body['@odata.context']).toMatch(/\/profile\(headline\)$/);
    });

    it('[B5.5] $select with return=minimal has no body and says so', async () => {
      const answer = await app.patch(`${path}?$select=headline`, {}, { headers: { prefer: 'return=minimal' } });
      expect(answer.status).toBe(204);
      expect(answer.headers.get('preference-applied')).toBe('return=minimal');
    });

    it.each(['x', 'return', 'return=other', 'respond-async, wait=5', 'a="b,c;d=\\"", ,;', 'include-annotations="*"'])(
      '[B5.7] %s is ignored',
      async (prefer) => {
        const answer = await app.patch(path, {}, { headers: { prefer } });
        expect(answer.status).toBe(200);
        expect(answer.headers.get('preference-applied')).toBeNull();
      },
    );

    it('which annotations a read is to have is heeded: there are none of entities', async () => {
      const asked = (prefer: string, url = path) => app.get(url, { headers: { prefer } });
      for (const url of [path, `${path}/skills`, '/decoratedProfileConnections']) {
        const { headers } = await asked('include-annotations="*,-Core.*"', url);
        expect(headers.get('preference-applied')).toBe('include-annotations="*,-Core.*"');
      }
      const prefixed = await asked('odata.include-annotations="display.subject", omit-values=nulls');
      expect(prefixed.headers.get('preference-applied')).toBe(
        'odata.include-annotations="display.subject", omit-values=nulls',
      );
      for (const prefer of ['include-annotations', 'include-annotations="a b"', 'include-annotations="*\\"x"'])
        expect((await asked(prefer)).headers.get('preference-applied')).toBeNull();
    });

    it('[B5.7] lists, quotes and any case are read; of a name that stands twice the first counts', async () => {
      for (const prefer of ['x, RETURN="minimal"; foo=bar', 'return=minimal, return=representation']) {
        expect((await app.patch(path, {}, { headers: { prefer } })).status).toBe(204);
      }
    });

    it('[B5.8] answers say what they depend on', async () => {
      const vary = (await app.get(path)).headers.get('vary');
      expect(vary).toContain('Prefer');
      expect(vary).toContain('OData-MaxVersion');
    });

    it('[B5.9] [J-22] omit-values=nulls leaves nulls out, but never what the request changed', async () => {
      const headers = { prefer: 'omit-values=nulls' };
      const read = await app.get(path, { headers });
      expect(read.headers.get('preference-applied')).toBe('omit-values=nulls');
      expect(read.text).not.toContain('null');
      const { body } = await app.patch(path, { summary: null, locale: { variant: null } }, { headers });
      expect(body.summary).toBeNull();
      expect(body.locale.variant).toBeNull();
      expect(body.bornOn).not.toHaveProperty('year');
      expect((await app.get(path)).body).toHaveProperty('summary', null);
    });
  });

  describe('$select and $expand', () => {
    it('[A40I-3] [C23] $select names properties, and paths into complex values', async () => {
      const { body } = await app.get(`${path}?$select=firstName,bornOn/day,locale`);
      expect(body).toMatchObject({ firstName: 'Ann', bornOn: { day: 29 }, locale: { language: 'en' } });
      expect(body.bornOn).not.toHaveProperty('month');
      expect(body['@odata.context']).toMatch(/\(firstName,bornOn\/day,locale\)$/);
    });

    it('[A41M-6] [A41M-7] [C16] option names need no $ and no case, and may be percent-encoded', async () => {
      for (const option of ['select', '$SELECT', '%24select', '%24Select']) {
        expect(Object.keys((await app.get(`${path}?${option}=id`)).body)).toEqual([
          '@odata.context',
          '@odata.type',
          '@odata.etag',
          'id',
        ]);
      }
    });

    it.each(['profile($select=headline,bornOn/year)', 'profile(%24select%3Dheadline%2CbornOn/year)'])(
      '[A40M-12] $expand=%s expands the profile with its own ETag',
      async (expand) => {
        const { body } = await app.get(`${path.replace('/profile', '')}?$select=id&$expand=${expand}`);
        expect(body.profile['@odata.etag']).toBe((await app.get(path)).body['@odata.etag']);
        expect(Object.keys(body.profile)).toEqual(['@odata.type', '@odata.id', '@odata.etag', 'headline', 'bornOn']);
        expect(body['@odata.context']).toMatch(
          /#decoratedProfileConnections\(id,profile\(headline,bornOn\/year\)\)\/\$entity$/,
        );
      },
    );

    it.each([
      ['$select=nope', 400],
      ['$select=', 400],
      ['$select=firstName/x', 400],
      ['$expand=nope', 400],
      ['$expand=profile', 400],
      ['$select=id&$select=id', 400],
      ['$compute=1', 400],
      ['$schemaversion=1', 404],
      ['$filter=true', 400],
      ['$top=1', 400],
      ['$x=1', 400],
      ['nonsense=1', 400],
      ['$select=%zz', 400],
    ])('[C21] [A40M-6] [A40M-7] [B7.501] ?%s answers %i and names the option', async (query, status) => {
      const answer = await app.get(`${path}?${query}`);
      expect(answer.status).toBe(status);
      if (query !== '$select=%zz') expect(answer.body.error.target).toBe(query.split('=')[0]);
    });

    it.each(['$index=1'])('[B7.501] [C21] %s of a list inside an entity answers 501', async (query) => {
      const answer = await app.get(`/decoratedProfileConnections/a/profile/skills?${query}`);
      expect(answer.status).toBe(501);
      expect(answer.body.error).toMatchObject({ code: 'notImplemented', target: query.split('=')[0] });
    });
  });
});

describe('compression of answers', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    await Promise.all(Array.from({ length: 30 }, () => app.profile({ headline: 'h', skills: ['a', 'b'] })));
  });
  afterAll(() => app.stop());

  /** The bytes of an answer as they travel. */
  const bytes = (path: string, encoding?: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
      const all = {
        authorization: `Bearer ${tokenFor(ann)}`,
        ...(encoding === undefined ? {} : { 'accept-encoding': encoding }),
        ...headers,
      };
      request(`${app.root}${path}`, { headers: all }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
        });
      })
        .on('error', reject)
        .end();
    });
  const list = '/decoratedProfileConnections?$expand=profile';

  it('is for those who ask for it, and loses nothing', async () => {
    const plain = await bytes(list);
    const gzip = await bytes(list, 'gzip, deflate');
    expect([plain.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual([undefined, 'gzip']);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(gzip.body.length).toBeLessThan(plain.body.length / 4);
    expect(gzip.headers.vary).toMatch(/accept-encoding/i);
    expect(gzip.headers['content-type']).toBe(plain.headers['content-type']);
    expect((await bytes(list, 'gzip;q=0, identity')).headers['content-encoding']).toBeUndefined();
  });

  it('leaves small answers, errors and conditions as they are', async () => {
    const one = `${list.split('?')[0]!}?$top=1&$select=id`;
    expect((await bytes(one, 'gzip')).headers['content-encoding']).toBeUndefined();
    const metadata = await bytes('/$metadata', 'gzip');
    expect(metadata.headers['content-encoding']).toBe('gzip');
    const known = await bytes('/$metadata', 'gzip', { 'if-none-match': metadata.headers.etag! });
    expect([known.status, known.body.length]).toEqual([304, 0]);
    expect((await bytes('/nothing', 'gzip')).status).toBe(404);
  });
});
