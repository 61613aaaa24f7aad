import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { XMLParser } from 'fast-xml-parser';
import { validateXML } from 'xmllint-wasm';
import { csdlJson } from '../src/odata/csdl/csdl-json.js';
import { csdlXml } from '../src/odata/csdl/csdl-xml.js';
import { profilesModel } from '../src/profiles/profiles.model.js';
import { libraryModel } from './models/library.js';
import { TestApp } from './support/test-app.js';

const models = { profiles: profilesModel, library: libraryModel };
const fixture = (name: string): string => readFileSync(`test/fixtures/oasis/${name}`, 'utf8');

type Node = Record<string, any>;
const list = (value: Node | Node[] | undefined): Node[] => (value === undefined ? [] : [value].flat());

/** An XML document as the JSON one that says the same (OData CSDL XML and JSON 4.01 say how). */
function jsonOfXml(xml: string): Node {
  const options = { ignoreAttributes: false, attributeNamePrefix: '', ignoreDeclaration: true };
  const { 'edmx:Edmx': edmx } = new XMLParser(options).parse(xml) as Node;
  const { Schema: schema } = edmx['edmx:DataServices'];
  const annotations = (node: Node): Node =>
    Object.fromEntries(list(node.Annotation).map(({ Term, Int, Decimal }) => [`@${Term}`, Number(Int ?? Decimal)]));
  const typed = (text: string): Node => {
    const item = /^Collection\((.*)\)$/.exec(text)?.[1];
    const type = item ?? text;
    return { ...(type === 'Edm.String' ? {} : { $Type: type }), ...(item === undefined ? {} : { $Collection: true }) };
  };
  const property = (node: Node): Node => ({
    ...typed(node.Type),
    ...((node.Nullable ?? 'true') === 'true' ? { $Nullable: true } : {}),
    ...(node.MaxLength === undefined ? {} : { $MaxLength: Number(node.MaxLength) }),
    ...(node.Precision === undefined ? {} : { $Precision: Number(node.Precision) }),
    // 7.2.4: what JSON means by saying nothing.
    ...(node.Scale === undefined || node.Scale === 'variable' ? {} : { $Scale: Number(node.Scale) }),
    ...annotations(node),
  });
  const navigation = (node: Node): Node => {
    const type = typed(node.Type);
    return {
      $Kind: 'NavigationProperty',
      ...type,
      ...(type.$Collection ? {} : { $Nullable: true }),
      $ContainsTarget: node.ContainsTarget === 'true',
    };
  };
  const members = (nodes: Node[], read: (node: Node) => Node): Node =>
    Object.fromEntries(nodes.map((node) => [node.Name as string, read(node)]));
  const structured =
    (kind: string) =>
    (node: Node): Node => ({
      $Kind: kind,
      ...(node.BaseType === undefined ? {} : { $BaseType: node.BaseType }),
      ...(node.Abstract === 'true' ? { $Abstract: true } : {}),
      ...(node.OpenType === 'true' ? { $OpenType: true } : {}),
      ...(node.Key === undefined ? {} : { $Key: list(node.Key.PropertyRef).map(({ Name }) => Name as string) }),
      ...members(list(node.Property), property),
      ...members(list(node.NavigationProperty), navigation),
    });
  const enumeration = (node: Node): Node => ({
    $Kind: 'EnumType',
    ...(node.IsFlags === 'true' ? { $IsFlags: true } : {}),
    ...Object.fromEntries(list(node.Member).map(({ Name, Value }) => [Name as string, Number(Value)])),
  });
  const container = schema.EntityContainer;
  const include = edmx['edmx:Reference']['edmx:Include'];
  return {
    $Version: edmx.Version,
    $EntityContainer: `${schema.Namespace}.${container.Name}`,
    $Reference: {
      [edmx['edmx:Reference'].Uri.replace(/xml$/, 'json')]: {
        $Include: [{ $Namespace: include.Namespace, $Alias: include.Alias }],
      },
    },
    [schema.Namespace]: {
      ...members(list(schema.EnumType), enumeration),
      ...members(list(schema.ComplexType), structured('ComplexType')),
      ...members(list(schema.EntityType), structured('EntityType')),
      [container.Name]: {
        $Kind: 'EntityContainer',
        ...members(list(container.EntitySet), ({ EntityType }) => ({ $Collection: true, $Type: EntityType })),
        ...members(list(container.Singleton), ({ Type }) => ({ $Type: Type })),
      },
    },
  };
}

describe.each(Object.entries(models))('the metadata document of a model: %s', (_, model) => {
  it.each(['4.0', '4.01'] as const)('[A40M-8] is valid by the schemas of OASIS: %s', async (version) => {
    const xml = { fileName: 'metadata.xml', contents: csdlXml(model, version) };
    const result = await validateXML({
      xml,
      schema: { fileName: 'edmx.xsd', contents: fixture('edmx.xsd') },
      preload: [{ fileName: 'edm.xsd', contents: fixture('edm.xsd') }],
    });
    expect(result.errors).toEqual([]);
    const validate = new Ajv({
      strict: false,
      unicodeRegExp: true,
      formats: { 'uri-reference': true, uri: true },
    }).compile(JSON.parse(fixture('csdl.schema.json')) as object);
    validate(csdlJson(model, version));
    expect(validate.errors).toBeNull();
  });

  it('a schema that it breaks says so', async () => {
    const broken = csdlXml(model, '4.01').replace(' Name="', ' Nom="');
    const result = await validateXML({
      xml: { fileName: 'metadata.xml', contents: broken },
      schema: { fileName: 'edmx.xsd', contents: fixture('edmx.xsd') },
      preload: [{ fileName: 'edm.xsd', contents: fixture('edm.xsd') }],
    });
    expect(result.valid).toBe(false);
  });

  it('says the same in XML and in JSON', () => {
    expect(jsonOfXml(csdlXml(model, '4.01'))).toEqual(csdlJson(model, '4.01'));
  });
});

describe('metadata', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ PUBLIC_URL: 'https://api.example.com' });
  });
  afterAll(() => app.stop());
  const anonymous = { as: null };

  it.each([['/'], ['']])('[A40M-1] the service document names every set, for anyone: %j', async (path) => {
    const { status, body, headers } = await app.get(path, anonymous);
    expect([status, body]).toEqual([
      200,
      {
        '@odata.context': 'https://api.example.com/v1.0/$metadata',
        value: [{ name: 'decoratedProfileConnections', kind: 'EntitySet', url: 'decoratedProfileConnections' }],
      },
    ]);
    expect(headers.get('content-type')).toBe('application/json;odata.metadata=minimal');
    expect(headers.get('odata-version')).toBe('4.0');
  });

  it('the service document follows version and format', async () => {
    const newer = { as: null, headers: { 'odata-maxversion': '4.01' } };
    expect((await app.get('/', newer)).body).toHaveProperty('@context');
    expect((await app.get('/?$format=application/json;metadata=none', newer)).body).not.toHaveProperty('@context');
    expect((await app.get('/?$top=1', newer)).status).toBe(400);
    expect((await app.get('/', { as: null, headers: { accept: 'application/xml' } })).status).toBe(406);
  });

  it('names singletons of another model', async () => {
    const library = await TestApp.start({}, { model: libraryModel, modules: [] });
    const { body } = await library.get('/', anonymous);
    expect(body.value).toContainEqual({ name: 'settings', kind: 'Singleton', url: 'settings' });
    expect((await library.get('/$metadata', anonymous)).text).toContain('<Singleton Name="settings"');
    await library.stop();
  });

  it.each<[rows: string, accept: string | undefined, query: string, type: string]>([
    ['A40M-13] [A40I-8] [A40A-2', undefined, '', 'application/xml'],
    ['A40M-13', '*/*', '', 'application/xml'],
    ['A41M-10', 'application/xml', '', 'application/xml'],
    ['A41M-10', 'application/json;odata.metadata=minimal', '', 'application/json'],
    ['A41A-6', 'application/json,application/xml;q=0.5', '', 'application/json'],
    ['A41A-6', 'text/html,application/xml;q=0.9,*/*;q=0.8', '', 'application/xml'],
    ['A41A-6', 'application/xml', '?$format=json', 'application/json'],
    ['A41A-6', 'application/json', '?$format=application/xml', 'application/xml'],
  ])('[%s] $metadata for Accept: %s and %j is %s', async (_, accept, query, type) => {
    // Node sends an Accept of its own where there is none.
    const headers = accept === undefined ? { accept: '' } : { accept };
    const { status, headers: got, text } = await app.get(`/$metadata${query}`, { as: null, headers });
    expect([status, got.get('content-type')]).toEqual([200, type]);
    expect(text.startsWith(type.endsWith('xml') ? '<?xml' : '{')).toBe(true);
  });

  it.each([
    ['/$metadata', { accept: 'text/csv' }, 406],
    ['/$metadata', { accept: 'xml' }, 406],
    ['/$metadata?$format=csv', {}, 406],
    ['/$metadata?$filter=true', {}, 400],
    ['/$metadata?nonsense=1', {}, 400],
    ['/$metadata', { 'odata-maxversion': '3.0' }, 400],
    ['/$metadata/x', {}, 404],
  ])('%s with %j is answered with %i', async (path, headers, status) => {
    expect((await app.get(path, { headers })).status).toBe(status);
  });

  it('$metadata is in the version that was negotiated', async () => {
    for (const version of ['4.0', '4.01']) {
      const headers = { accept: 'application/json', 'odata-maxversion': version };
      const { body, headers: got } = await app.get('/$metadata', { as: null, headers });
      expect([body.$Version, got.get('odata-version')]).toEqual([version, version]);
    }
  });

  it('$metadata can be kept, and asked for again by its ETag', async () => {
    const first = await app.get('/$metadata', anonymous);
    expect(first.headers.get('cache-control')).toBe('public, max-age=300');
    expect(first.headers.get('vary')).toContain('OData-MaxVersion');
    const etag = first.headers.get('etag')!;
    for (const known of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
      const again = await app.get('/$metadata', { as: null, headers: { 'if-none-match': known } });
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    const other = { as: null, headers: { 'if-none-match': etag, accept: 'application/json' } };
    expect((await app.get('/$metadata', other)).status).toBe(200);
  });

  it.each(['/', '/$metadata'])('%s knows GET and HEAD only', async (path) => {
    const { status, headers } = await app.request('DELETE', path);
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await app.request('HEAD', path, anonymous)).status).toBe(200);
  });

  it('[A41M-8] names are those of the answers, in their case', async () => {
    const profile = await app.profile({ firstName: 'Ann' });
    const { body } = await app.get(profile);
    const { body: csdl } = await app.get('/$metadata', { headers: { accept: 'application/json' } });
    const { DecoratedProfile: type, ...types } = csdl['microsoft.graph'];
    const declared = Object.keys({ ...types[type.$BaseType.split('.').at(-1)], ...type });
    for (const name of Object.keys(body).filter((key) => !key.includes('@'))) expect(declared).toContain(name);
  });
});
