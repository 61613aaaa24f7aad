import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { profiles } from '../../src/app.module.js';
import { library } from '../models/library.js';
import { operated } from '../models/operated.js';
import { pictures } from '../models/pictures.js';
import { TestApp } from '../support/test-app.js';

type Node = Record<string, any>;

/** The value that a JSON pointer of a document leads to. */
const at = (document: Node, pointer: string): Node =>
  pointer
    .replace(/^#\//, '')
    .split('/')
    .reduce((node: Node, step) => node[step.replaceAll('~1', '/').replaceAll('~0', '~')] as Node, document);
const escape = (segment: string): string => segment.replaceAll('~', '~0').replaceAll('/', '~1');

/** Validators of a document's schemas, by JSON pointer. */
class Schemas {
  readonly #ajv: Ajv2020;

  constructor(document: Node) {
    this.#ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    this.#ajv.addSchema({ ...document, $id: 'openapi' });
  }

  faults(pointer: string, value: unknown): unknown {
    const validate = this.#ajv.compile({ $ref: `openapi${pointer}` });
    return validate(value) ? [] : validate.errors;
  }
}

/** Every media type of a document: pointer of it, and what it says. */
function mediaTypes(node: Node, pointer = '#'): [string, Node][] {
  return Object.entries(node).flatMap(([name, value]) => {
    if (typeof value !== 'object' || value === null || name === 'example') return [];
    const here = `${pointer}/${escape(name)}`;
    const own: [string, Node][] = pointer.endsWith('/content') ? [[here, value as Node]] : [];
    return [...own, ...mediaTypes(value as Node, here)];
  });
}

const operations = (document: Node): [path: string, method: string, operation: Node][] =>
  Object.entries(document.paths as Node).flatMap(([path, item]) =>
    Object.entries(item as Node)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]): [string, string, Node] => [path, method, operation as Node]),
  );

describe.each(Object.entries({ profiles, library, operated, pictures }))(
  'the OpenAPI description of a model: %s',
  (name, domain) => {
    let app: TestApp;
    let text: string;
    let document: Node;
    let schemas: Schemas;
    beforeAll(async () => {
      app = await TestApp.start({ REQUIRE_IF_MATCH: name === 'library' ? 'true' : 'false' }, domain);
      ({ text, body: document } = await app.get('/openapi.json', { as: null }));
      schemas = new Schemas(document);
    });
    afterAll(() => app.stop());

    it('is valid by the schema of OpenAPI 3.1', async () => {
      expect(document.openapi).toMatch(/^3\.1\./);
      const validator = new Validator();
      expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
      expect((await validator.validate({ ...structuredClone(document), paths: 1 })).valid).toBe(false);
    });

    it('has nothing that a linter finds fault with', async () => {
      const config = await createConfig({ extends: ['recommended-strict'] });
      const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config });
      const found = problems
        .map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])
        // OpenAPI 3.1, Paths Object: a concrete path, `…/$count`, is matched before a templated one, `…/{id}`.
        .filter(([rule, message]) => !(rule === 'no-ambiguous-paths' && message!.includes('$count')));
      expect(found).toEqual([]);
    });

    it('every operation has an id of its own, a summary, an answer, errors, and says who may call it', () => {
      const all = operations(document);
      const ids = all.map(([, , { operationId }]) => operationId as string);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [path, method, { operationId, summary, responses, security }] of all) {
        const place = `${method} ${path}`;
        expect([place, operationId, summary]).toEqual([
          place,
          expect.stringMatching(/^[a-z]\w+$/),
          expect.stringMatching(/\.$/),
        ]);
        expect([place, Object.keys(responses as Node)]).toEqual([place, expect.arrayContaining(['400', '500'])]);
        expect([place, (security as unknown[]).length > 0]).toEqual([place, !/^\/(\$metadata)?$/.test(path)]);
      }
    });

    it('every example is valid by its schema', () => {
      const examples = mediaTypes(document).filter(([, { example }]) => example !== undefined);
      for (const [pointer, { example }] of examples) {
        expect([pointer, schemas.faults(`${pointer}/schema`, example)]).toEqual([pointer, []]);
      }
      expect(examples.length).toBeGreaterThan(name === 'profiles' ? 10 : 2);
    });

    it('can be kept, and asked for again by its ETag', async () => {
      const { headers } = await app.get('/openapi.json', { as: null });
      expect(headers.get('content-type')).toBe('application/json');
      expect(headers.get('cache-control')).toBe('public, max-age=300');
      const again = await app.get('/openapi.json', { as: null, headers: { 'if-none-match': headers.get('etag')! } });
      expect(again.status).toBe(304);
    });

    it('what can be read is read: with a status and a body that are described', async () => {
      const reads = operations(document).filter(([path, method]) => method === 'get' && !path.includes('{'));
      for (const [path, , { responses }] of reads) {
        const { status, body } = await app.get(path, {
          headers: { accept: path === '/$metadata' ? '*/*' : 'application/json' },
        });
        const described = Object.keys(responses as Node);
        expect([path, described]).toEqual([path, expect.arrayContaining([String(status)])]);
        if (body === undefined) continue;
        const response = status < 400 ? `#/paths/${escape(path)}/get/responses/200` : '#/components/responses/notFound';
        expect([path, schemas.faults(`${response}/content/application~1json/schema`, body)]).toEqual([path, []]);
      }
    });
  },
);

describe('the OpenAPI description of the service', () => {
  let app: TestApp;
  let document: Node;
  let schemas: Schemas;
  beforeAll(async () => {
    app = await TestApp.start();
    document = (await app.get('/openapi.json', { as: null })).body as Node;
    schemas = new Schemas(document);
  });
  afterAll(() => app.stop());

  it('has every operation of the service, and no other', () => {
    expect(operations(document).map(([path, method]) => `${method.toUpperCase()} ${path}`)).toEqual([
      'GET /decoratedProfileConnections',
      'POST /decoratedProfileConnections',
      'PATCH /decoratedProfileConnections',
      'PUT /decoratedProfileConnections',
      'GET /decoratedProfileConnections/$count',
      'GET /decoratedProfileConnections/delta',
      'GET /decoratedProfileConnections/{id}',
      'PATCH /decoratedProfileConnections/{id}',
      'PUT /decoratedProfileConnections/{id}',
      'DELETE /decoratedProfileConnections/{id}',
      'GET /decoratedProfileConnections/{id}/profile',
      'PATCH /decoratedProfileConnections/{id}/profile',
      'PUT /decoratedProfileConnections/{id}/profile',
      'DELETE /decoratedProfileConnections/{id}/profile',
      'GET /decoratedProfileConnections/{id}/profile/microsoft.graph.missingProperties()',
      'POST /$batch',
      'GET /$async/{id}',
      'DELETE /$async/{id}',
      'GET /',
      'GET /$metadata',
    ]);
  });

  const json = 'application~1json';
  /** Does an operation with its example; gives the answer, having held it against its description. */
  const perform = async (
    path: string,
    method: string,
    { body, headers }: { body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const url = path.replace('{id}', 'c1');
    const answer = await app.request(method, url, { body, ...(headers === undefined ? {} : { headers }) });
    const described = at(document, `#/paths/${escape(path)}/${method.toLowerCase()}/responses`);
    const response = described[answer.status] as Node | undefined;
    expect([method, path, answer.status, response]).toEqual([method, path, answer.status, expect.anything()]);
    const pointer =
      (response!.$ref as string | undefined) ??
      `#/paths/${escape(path)}/${method.toLowerCase()}/responses/${answer.status}`;
    const { headers: named, content } = at(document, pointer);
    for (const header of Object.keys((named as Node | undefined) ?? {})) {
      if (answer.status !== 204) expect([header, answer.headers.get(header)]).toEqual([header, expect.any(String)]);
    }
    if (answer.body !== undefined) {
      expect([method, path, schemas.faults(`${pointer}/content/${json}/schema`, answer.body)]).toEqual([
        method,
        path,
        [],
      ]);
    } else expect([method, path, content]).toEqual([method, path, undefined]);
    return answer;
  };
  const example = (path: string, method: string): unknown =>
    at(document, `#/paths/${escape(path)}/${method}/requestBody/content/${json}`).example;

  it('its examples are requests that succeed, and their answers are as they are described', async () => {
    const set = '/decoratedProfileConnections';
    const one = `${set}/{id}`;
    const profile = `${one}/profile`;
    const created = await perform(set, 'POST', { body: example(set, 'post') });
    expect(created.status).toBe(201);
    const expected = at(document, `#/paths/${escape(set)}/post/responses/201/content/${json}`).example as Node;
    // What the service makes anew each time, and where it is.
    const volatile = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (name, inner: unknown) => (/^(id|@odata\.(etag|context))$/.test(name) ? name : inner)),
      );
    expect(volatile(created.body)).toEqual(volatile(expected));
    await perform(set, 'POST', { body: example(set, 'post') });
    await perform(set, 'POST', {
      body: { relevanceScore: 0.1 },
      headers: { prefer: 'return=minimal', 'content-type': 'application/json' },
    });
    await perform(set, 'GET');
    expect((await perform(set, 'PATCH', { body: example(set, 'patch') })).status).toBe(200);
    await perform(set, 'PATCH', { body: { value: [{ nope: 1 }] } });
    const read = await perform(one, 'GET');
    await perform(one, 'GET', { headers: { 'if-none-match': read.headers.get('etag')! } });
    for (const path of [one, profile]) {
      const updated = await perform(path, 'PATCH', { body: example(path, 'patch') });
      expect(updated.status).toBe(200);
      expect((await perform(path, 'PUT', { body: example(path, 'put') })).status).toBe(200);
      await perform(path, 'PATCH', { body: { nope: 1 } });
      await perform(path, 'PATCH', { body: '{', headers: { 'content-type': 'application/json' } });
      await perform(path, 'PATCH', { body: {}, headers: { 'if-match': 'W/"1"', 'content-type': 'application/json' } });
      await perform(path, 'PATCH', { body: {}, headers: { 'content-type': 'text/plain' } });
    }
    expect((await perform(profile, 'DELETE')).status).toBe(204);
    expect((await perform(profile, 'PATCH', { body: {} })).status).toBe(201);
    expect((await perform(one, 'DELETE')).status).toBe(204);
    expect((await perform(one, 'GET')).status).toBe(404);
  });

  it.each(['/', '/$metadata'])('the document %s is had in each form that is described', async (path) => {
    const { parameters, responses } = at(document, `#/paths/${escape(path)}/get`);
    const queries = (parameters as Node[]).filter((one) => one.in === 'query');
    expect(queries.map(({ name }) => name as string)).toEqual(path === '/' ? [] : ['$format', 'inheritance']);
    const bodies = new Set<string>();
    for (const { name, schema } of queries) {
      for (const value of schema.enum as string[]) {
        const answer = await app.get(`${path}?${name as string}=${value}`, { as: null });
        const [type] = answer.headers.get('content-type')!.split(';');
        expect([answer.status, Object.keys(responses['200'].content as Node)]).toEqual([
          200,
          expect.arrayContaining([type]),
        ]);
        bodies.add(answer.text);
      }
    }
    expect(bodies.size).toBe(path === '/' ? 0 : 3);
    const { headers } = await app.get(path, { as: null });
    for (const name of Object.keys(responses['200'].headers as Node))
      expect([name, headers.get(name)]).toEqual([name, expect.any(String)]);
    const again = await app.get(path, { as: null, headers: { 'if-none-match': headers.get('etag')! } });
    expect([again.status, responses['304']]).toEqual([304, expect.anything()]);
  });

  it.each<[what: string, body: unknown, accepted: boolean]>([
    ['a property that the type does not have', { nope: 1 }, false],
    ['a text that is too long', { firstName: 'x'.repeat(257) }, false],
    ['a number that is out of range', { bornOn: { day: 32 } }, false],
    ['a fraction for an integer', { totalPositionCount: 1.5 }, false],
    ['no member of an enumeration', { connectionDegree: 'NEAR' }, false],
    ['null for a collection', { skills: null }, false],
    ['an object for a text', { headline: {} }, false],
    ['null for what is nullable', { headline: null, connectionDegree: null, bornOn: null }, true],
    ['annotations', { '@odata.type': '#microsoft.graph.DecoratedProfile', 'headline@my.note': 1 }, true],
    ['an integer of 64 bits', { salesNavigatorInfo: { insights: [{ createdAt: 1_700_000_000_000 }] } }, true],
    ['nothing', {}, true],
  ])('the schema of a body and the service agree on %s', async (_, body, accepted) => {
    const profile = await app.profile();
    const faults = schemas.faults('#/components/schemas/microsoft.graph.DecoratedProfile-update', body) as unknown[];
    expect([faults.length === 0, (await app.patch(profile, body)).status]).toEqual([accepted, accepted ? 200 : 400]);
  });
});
