import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { seedProfile } from '../support/seed-profile.js';
import { type Answer, TestApp } from '../support/test-app.js';

describe('the faults of a body', () => {
  let app: TestApp;
  let path: string;
  let before: string;
  beforeAll(async () => {
    app = await TestApp.start({ BODY_LIMIT: '65536' });
    path = await app.profile(seedProfile);
    before = (await app.get(path)).text;
  });
  afterAll(() => app.stop());

  const faultsOf = ({ body }: Answer): string[] =>
    (body.error.details ?? []).map(({ code, target }: { code: string; target: string }) => `${code} ${target}`);

  const refused = async (body: unknown, status = 400): Promise<Answer> => {
    const answer = await app.patch(path, body);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    expect((await app.get(path)).text).toBe(before);
    return answer;
  };

  it('[B2.21] [B1.17] [C6] are all in one answer, each with code and path, and nothing is changed', async () => {
    const answer = await refused({
      firstName: 'not written',
      headline: 1,
      nope: 3,
      totalPositionCount: -1,
      skills: ['a', null, 'x'.repeat(257)],
      recentPositions: [{ startEndDate: { start: { day: 0, month: 13 } } }, 'x'],
      locale: { '@odata.type': '#microsoft.graph.Date', language: 5 },
    });
    expect(faultsOf(answer)).toEqual([
      'typeMismatch headline',
      'propertyNotFound nope',
      'valueOutOfRange totalPositionCount',
      'nullNotAllowed skills/1',
      'valueTooLong skills/2',
      'valueOutOfRange recentPositions/0/startEndDate/start/day',
      'valueOutOfRange recentPositions/0/startEndDate/start/month',
      'typeMismatch recentPositions/1',
      'odataTypeMismatch locale/@odata.type',
      'typeMismatch locale/language',
    ]);
    expect(answer.body.error.innerError.code).toBe('invalidBody');
  });

  it('of one kind and place stand in the error itself', async () => {
    const { body } = await refused({ headline: 1 });
    expect(body.error).toMatchObject({
      code: 'badRequest',
      message: "'headline' must be a string.",
      target: 'headline',
      innerError: { code: 'typeMismatch' },
    });
  });

  it.each<[row: string, fault: string, body: object]>([
    ['B2.11', 'typeMismatch totalPositionCount', { totalPositionCount: 'Integer' }],
    ['B2.11', 'typeMismatch connected', { connected: 'Boolean' }],
    ['B2.11', 'typeMismatch connected', { connected: 1 }],
    ['B2.11', 'typeMismatch locale', { locale: 'en' }],
    ['B2.11', 'typeMismatch locale', { locale: [] }],
    ['B2.11', 'typeMismatch skills', { skills: 'a' }],
    ['B2.11', 'typeMismatch skills', { skills: {} }],
    ['B2.12', 'typeMismatch totalPositionCount', { totalPositionCount: 1.5 }],
    ['B2.12', 'typeMismatch totalPositionCount', { totalPositionCount: 3_000_000_000 }],
    ['B2.13', 'valueTooLong firstName', { firstName: 'x'.repeat(257) }],
    ['B2.14', 'unknownEnumMember connectionDegree', { connectionDegree: 'String' }],
    ['B2.14', 'unknownEnumMember connectionDegree', { connectionDegree: '5' }],
    ['B2.14', 'typeMismatch connectionDegree', { connectionDegree: 1 }],
    ['B2.20', 'unknownEnumMember connectionDegree', { connectionDegree: 'unknownFutureValue' }],
    ['B1.8', 'nullNotAllowed skills', { skills: null }],
    ['B1.8', 'nullNotAllowed phoneNumbers/0', { phoneNumbers: [null] }],
    ['B2.9', 'propertyNotFound nope', { nope: 1 }],
    ['B2.9', 'propertyNotFound locale/nope', { locale: { nope: null } }],
    ['B2.9', 'propertyNotFound Headline', { Headline: 'case matters' }],
    ['B2.6', 'odataTypeMismatch @odata.type', { '@odata.type': '#microsoft.graph.Wrong' }],
    ['B2.6', 'odataTypeMismatch @odata.type', { '@odata.type': '#microsoft.graph.entity' }],
    ['B2.6', 'odataTypeMismatch @type', { '@type': 'microsoft.graph.Locale' }],
    ['B2.6', 'odataTypeMismatch @odata.type', { '@odata.type': 7 }],
    ['B2.6', 'odataTypeMismatch bornOn/@odata.type', { bornOn: { '@odata.type': '#Edm.Date' } }],
    ['B2.6', 'odataTypeMismatch skills@odata.type', { 'skills@odata.type': '#Collection(Int32)' }],
    ['B2.4', 'entityIdMismatch @odata.id', { '@odata.id': "decoratedProfileConnections('other')/profile" }],
    [
      'B2.15',
      'typeMismatch salesNavigatorInfo/insights/0/createdAt',
      { salesNavigatorInfo: { insights: [{ createdAt: '1' }] } },
    ],
  ])('[%s] %s', async (_, fault, body) => {
    expect(faultsOf(await refused(body))).toEqual([fault]);
  });

  it.each(['9223372036854775808', '-9223372036854775809', '1.5', '1e2000'])(
    '[B2.12] %s is no Int64',
    async (number) => {
      const answer = await refused(`{"salesNavigatorInfo":{"insights":[{"createdAt":${number}}]}}`);
      expect(faultsOf(answer)).toEqual(['typeMismatch salesNavigatorInfo/insights/0/createdAt']);
    },
  );

  it.each([
    ['#microsoft.graph.DecoratedProfile'],
    ['microsoft.graph.DecoratedProfile'],
    ['http://x/v1.0/$metadata#microsoft.graph.DecoratedProfile'],
  ])('[B2.5] %s is the declared type', async (type) => {
    expect((await app.patch(path, { '@odata.type': type })).status).toBe(200);
    expect((await app.patch(path, { '@type': type })).status).toBe(200);
  });

  it('[B2.17] a name that stands twice, wherever', async () => {
    const answer = await refused('{"headline":"a","headline":"b","locale":{"country":"a","country":"b"}}');
    expect(faultsOf(answer)).toEqual(['duplicateMember headline', 'duplicateMember locale/country']);
  });

  it.each(['[]', '[null]', '"x"', 'null', '1', '[{}]'])('[B2.18] %s is no entity', async (text) => {
    expect((await refused(text)).body.error.innerError.code).toBe('bodyNotObject');
  });

  it.each<[string, string | Uint8Array]>([
    ['an object without its end', '{"a":'],
    ['text behind the object', '{} x'],
    ['single quotes', "{'a':1}"],
    ['two byte order marks', '\ufeff\ufeff{}'],
    ['a comma too many', '{"a":1,}'],
    ['a leading zero', '{"totalPositionCount":01}'],
    ['a raw control character', '{"headline":"a\nb"}'],
    ['bytes that are not UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['NaN', '{"a":NaN}'],
  ])('[B2.19] [B7.400] %s is not JSON', async (_, text) => {
    expect((await refused(text)).body.error.innerError.code).toBe('malformedJson');
  });

  it('[B2.19] says where the text stops being JSON', async () => {
    expect((await refused('{\n  "headline": x\n}')).body.error.message).toContain('line 2, column 15');
  });

  it.each(['\u0000', '\ud800', 'a\udfffb'])('text that no store can keep: %j', async (text) => {
    expect(faultsOf(await refused({ headline: text }))).toEqual(['invalidCharacters headline']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '[B2.22] %s is a name like any other',
    async (name) => {
      expect(faultsOf(await refused(`{"${name}":{"polluted":true}}`))).toEqual([`propertyNotFound ${name}`]);
      expect(faultsOf(await refused(`{"locale":{"${name}":1}}`))).toEqual([`propertyNotFound locale/${name}`]);
      expect(({} as any).polluted).toBeUndefined();
    },
  );

  it('[B6.9] depth without end', async () => {
    const deep = 10_000;
    const { body } = await refused(`{"locale":${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}}`);
    expect(body.error.innerError.code).toBe('bodyTooDeep');
  });

  it('[B6.9] [B7.413] more bytes than the limit, plain or inflated', async () => {
    const body = JSON.stringify({ headline: 'x'.repeat(70_000) });
    expect((await refused(body, 413)).body.error.innerError.code).toBe('bodyTooLarge');
    const headers = { 'content-encoding': 'gzip' };
    const answer = await app.patch(path, gzipSync(body), { headers });
    expect(answer.status).toBe(413);
    expect(answer.body.error.code).toBe('payloadTooLarge');
  });

  it('a thousand faults make an answer of a hundred', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => [`nope${index}`, 1]);
    const { body } = await refused(Object.fromEntries(names));
    expect(body.error.details).toHaveLength(101);
    expect(body.error.details.at(-1).message).toBe('900 more faults are not listed.');
  });

  it('[B6.8] gzip is read', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expect((await app.patch(path, gzipSync('{"headline":"Engineer at Contoso"}'), { headers })).status).toBe(200);
    const broken = await app.patch(path, gzipSync('{"headline":"x"}').subarray(0, 20), { headers });
    expect(broken.status).toBe(400);
  });

  it.each(['br', 'deflate', 'gzip, gzip', 'x'])('[B6.8] [B7.415] the encoding %s is not read', async (encoding) => {
    const answer = await app.patch(path, '{}', { headers: { 'content-encoding': encoding } });
    expect(answer.status).toBe(415);
    expect(answer.headers.get('accept-encoding')).toBe('gzip, identity');
    expect(answer.body.error.innerError.code).toBe('encodingNotSupported');
  });

  it.each([
    'text/plain',
    'application/xml',
    'application/merge-patch+json',
    'application/json;charset=latin1',
    'application/json;charset=utf-16',
    'application/json;charset',
  ])('[B6.5] [B6.7] [B7.415] the media type %s is not read', async (type) => {
    const answer = await app.patch(path, '{}', { headers: { 'content-type': type } });
    expect(answer.status).toBe(415);
    expect(answer.body.error.code).toBe('unsupportedMediaType');
  });

  it.each([
    'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
    'Application/JSON; Metadata=FULL; charset="UTF-8"',
    'application/json;ExponentialDecimals=true',
    'application/json;odata=verbose',
    'application/json;odata=minimalmetadata; charset=UTF8',
    'application/json;x;y=;',
    'application/json;charset=us-ascii',
  ])('[B6.6] the media type %s is read', async (type) => {
    expect((await app.patch(path, '{}', { headers: { 'content-type': type } })).status).toBe(200);
  });

  it('a byte order mark is passed over', async () => {
    const body = Buffer.from('\ufeff{"headline":"marked"}');
    expect((await app.patch(path, body)).body.headline).toBe('marked');
  });

  it.each<[charset: string, bytes: Buffer, text: string]>([
    ['', Buffer.from('Müller'), 'Müller'],
    ['', Buffer.from('\ufeffMüller'), 'Müller'],
    [';charset=utf8', Buffer.from('Müller'), 'Müller'],
    [';charset=ISO-8859-1', Buffer.from('Müller \x80', 'latin1'), 'Müller \x80'],
    [';charset="utf-16le"', Buffer.from('Müller', 'utf16le'), 'Müller'],
    [';charset=utf-16', Buffer.from('\ufeffMüller', 'utf16le'), 'Müller'],
    [';charset=utf-16', Buffer.from('Müller', 'utf16le').swap16(), 'Müller'],
    [';charset=utf-16be', Buffer.from('\ufeffMüller', 'utf16le').swap16(), 'Müller'],
  ])('[B6.7] text/plain%s is read in its character set', async (charset, bytes, text) => {
    const headers = { 'content-type': `text/plain${charset}` };
    expect((await app.request('PUT', `${path}/headline/$value`, { body: bytes, headers })).status).toBe(204);
    expect((await app.get(`${path}/headline/$value`)).text).toBe(text);
  });

  it.each([
    ['utf-8', 400],
    ['us-ascii', 400],
    ['utf-16', 400],
    ['windows-1252', 415],
    ['utf-32', 415],
  ])('[B6.7] text/plain;charset=%s that is not in it, or is not known, is refused: %s', async (charset, status) => {
    const before = (await app.get(`${path}/headline/$value`)).text;
    const headers = { 'content-type': `text/plain;charset=${charset}` };
    const odd = Buffer.from('\xd8\x01x', 'latin1');
    expect((await app.request('PUT', `${path}/headline/$value`, { body: odd, headers })).status).toBe(status);
    expect((await app.get(`${path}/headline/$value`)).text).toBe(before);
  });

  it('[B7.400] a request without a body', async () => {
    const answer = await app.request('PATCH', path, { headers: { 'content-type': 'application/json' } });
    expect(answer.status).toBe(400);
    expect(answer.body.error.innerError.code).toBe('bodyRequired');
  });
});
