import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { XMLParser } from 'fast-xml-parser';
import { validateXML } from 'xmllint-wasm';
import { profiles } from '../../src/app.module.js';
import { catalogue } from '../models/catalogue.js';
import { warehouse } from '../models/warehouse.js';
import { library, libraryModel } from '../models/library.js';
import { operated } from '../models/operated.js';
import { pictures } from '../models/pictures.js';
import { buildModel, Schema } from '../../src/odata/model.js';
import { TestApp } from '../support/test-app.js';

/** The type of a record as CSDL JSON has it: by the document that declares it. */
const typeUrl = (type: string): string => {
  const [alias = '', name = ''] = type.split('.');
  const namespace = `Org.OData.${alias}.V1`;
  if (alias === 'UI')
    return `https://sap.github.io/odata-vocabularies/vocabularies/UI.json#com.sap.vocabularies.UI.v1.${name}`;
  return `https://oasis-tcs.github.io/odata-vocabularies/vocabularies/${namespace}.json#${namespace}.${name}`;
};

const domains = { profiles, library, operated, catalogue, pictures, warehouse };
const fixture = (name: string): string => readFileSync(`test/fixtures/oasis/${name}`, 'utf8');

type Node = Record<string, any>;
const list = (value: Node | Node[] | undefined): Node[] => (value === undefined ? [] : [value].flat());

/** A part of a key, by its alias where it has one. */
const keyReference = ({ Name, Alias }: Node): string | Node => (Alias === undefined ? Name : { [Alias]: Name });

/** An XML document as the JSON one that says the same (OData CSDL XML and JSON 4.01 say how). */
function jsonOfXml(xml: string): Node {
  const options = {
    ignoreAttributes: false,
    attributeNamePrefix: '',
    ignoreDeclaration: true,
    parseTagValue: false,
    trimValues: false,
  };
  const { 'edmx:Edmx': edmx } = new XMLParser(options).parse(xml) as Node;
  const { Schema: schema } = edmx['edmx:DataServices'];
  const readers: Record<string, (text: any) => unknown> = {
    String: (text) => text,
    PropertyPath: (text) => text,
    NavigationPropertyPath: (text) => text,
    AnnotationPath: (text) => text,
    Path: (text) => ({ $Path: text }),
    Guid: (text) => text,
    Date: (text) => text,
    Null: () => null,
    Bool: (text) => text === 'true',
    Int: Number,
    Decimal: Number,
    EnumMember: (text: string) =>
      text
        .split(' ')
        .map((member) => member.split('/')[1])
        .join(','),
    Collection: (node: Node | '') =>
      Object.entries(node === '' ? {} : node).flatMap(([kind, items]) =>
        [items].flat().map((item) => readers[kind]!(item)),
      ),
    Record: ({ Type, PropertyValue, ...more }: Node) => ({
      ...(Type === undefined ? {} : { '@type': typeUrl(Type as string) }),
      ...Object.fromEntries(list(PropertyValue).map((node) => [node.Property as string, valueOf(node)])),
      ...annotations(more),
    }),
  };
  const valueOf = (node: Node): unknown => {
    const kind = Object.keys(readers).find((name) => Object.hasOwn(node, name))!;
    return readers[kind]!(node[kind]);
  };
  const annotations = (node: Node, target = ''): Node =>
    Object.fromEntries(
      list(node.Annotation).map((inner) => [
        `${target}@${inner.Term}${inner.Qualifier === undefined ? '' : `#${inner.Qualifier}`}`,
        valueOf(inner),
      ]),
    );
  const typed = (text: string): Node => {
    const item = /^Collection\((.*)\)$/.exec(text)?.[1];
    const type = item ?? text;
    return { ...(type === 'Edm.String' ? {} : { $Type: type }), ...(item === undefined ? {} : { $Collection: true }) };
  };
  const facets = (node: Node): Node => ({
    ...(node.MaxLength === undefined ? {} : { $MaxLength: Number(node.MaxLength) }),
    ...(node.Precision === undefined ? {} : { $Precision: Number(node.Precision) }),
    // 7.2.4: what JSON means by saying nothing.
    ...(node.Scale === undefined || node.Scale === 'variable' ? {} : { $Scale: Number(node.Scale) }),
    ...(node.Unicode === undefined ? {} : { $Unicode: node.Unicode === 'true' }),
    ...(node.SRID === undefined ? {} : { $SRID: node.SRID }),
  });
  const definition = (node: Node): Node => ({
    $Kind: 'TypeDefinition',
    $UnderlyingType: node.UnderlyingType,
    ...facets(node),
    ...annotations(node),
  });
  const property = (node: Node): Node => ({
    ...typed(node.Type),
    ...((node.Nullable ?? 'true') === 'true' ? { $Nullable: true } : {}),
    ...facets(node),
    ...(node.DefaultValue === undefined ? {} : { $DefaultValue: node.DefaultValue }),
    ...annotations(node),
  });
  const navigation = (node: Node): Node => {
    const type = typed(node.Type);
    const constraints = list(node.ReferentialConstraint).map((one) => [one.Property, one.ReferencedProperty]);
    return {
      $Kind: 'NavigationProperty',
      ...type,
      ...(type.$Collection || node.Nullable === 'false' ? {} : { $Nullable: true }),
      ...(node.Partner === undefined ? {} : { $Partner: node.Partner }),
      ...(node.ContainsTarget === undefined ? {} : { $ContainsTarget: node.ContainsTarget === 'true' }),
      ...(constraints.length === 0 ? {} : { $ReferentialConstraint: Object.fromEntries(constraints) }),
      ...(node.OnDelete === undefined ? {} : { $OnDelete: node.OnDelete.Action }),
      ...annotations(node),
    };
  };
  const bindings = (node: Node): Node => {
    const found = list(node.NavigationPropertyBinding).map(({ Path, Target }) => [Path as string, Target] as const);
    return found.length === 0 ? {} : { $NavigationPropertyBinding: Object.fromEntries(found) };
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
      ...(node.HasStream === 'true' ? { $HasStream: true } : {}),
      ...(node.Key === undefined ? {} : { $Key: list(node.Key.PropertyRef).map(keyReference) }),
      ...annotations(node),
      ...members(list(node.Property), property),
      ...members(list(node.NavigationProperty), navigation),
    });
  const enumeration = (node: Node): Node => ({
    $Kind: 'EnumType',
    ...(node.UnderlyingType === undefined ? {} : { $UnderlyingType: node.UnderlyingType }),
    ...(node.IsFlags === 'true' ? { $IsFlags: true } : {}),
    ...annotations(node),
    ...Object.assign(
      {},
      ...list(node.Member).map((member) => ({
        [member.Name]: Number(member.Value),
        ...annotations(member, member.Name),
      })),
    ),
  });
  const overload =
    (kind: string) =>
    (node: Node): Node => ({
      $Kind: kind,
      ...(node.IsBound === 'true' ? { $IsBound: true } : {}),
      ...(node.EntitySetPath === undefined ? {} : { $EntitySetPath: node.EntitySetPath }),
      ...(node.IsComposable === 'true' ? { $IsComposable: true } : {}),
      ...(node.Parameter === undefined
        ? {}
        : { $Parameter: list(node.Parameter).map((inner) => ({ $Name: inner.Name, ...property(inner) })) }),
      ...(node.ReturnType === undefined ? {} : { $ReturnType: property(node.ReturnType) }),
      ...annotations(node),
    });
  const operations = new Map<string, Node[]>();
  for (const kind of ['Action', 'Function']) {
    for (const node of list(schema[kind])) {
      operations.set(node.Name, [...(operations.get(node.Name) ?? []), overload(kind)(node)]);
    }
  }
  const imported =
    (kind: string) =>
    (node: Node): Node => ({
      [`$${kind}`]: node[kind],
      ...(node.EntitySet === undefined ? {} : { $EntitySet: node.EntitySet }),
      ...(node.IncludeInServiceDocument === 'true' ? { $IncludeInServiceDocument: true } : {}),
      ...annotations(node),
    });
  const container = schema.EntityContainer;
  const references = list(edmx['edmx:Reference']).map(({ Uri, 'edmx:Include': include }) => [
    Uri.replace(/xml$/, 'json'),
    { $Include: [{ $Namespace: include.Namespace, $Alias: include.Alias }] },
  ]);
  const targets = list(schema.Annotations).map((node) => [node.Target, annotations(node)]);
  return {
    $Version: edmx.Version,
    $EntityContainer: `${schema.Namespace}.${container.Name}`,
    $Reference: Object.fromEntries(references),
    [schema.Namespace]: {
      ...annotations(schema),
      ...members(list(schema.EnumType), enumeration),
      ...members(list(schema.TypeDefinition), definition),
      ...members(list(schema.Term), (node) => ({
        $Kind: 'Term',
        ...property(node),
        ...(node.AppliesTo === undefined ? {} : { $AppliesTo: node.AppliesTo.split(' ') }),
      })),
      ...members(list(schema.ComplexType), structured('ComplexType')),
      ...members(list(schema.EntityType), structured('EntityType')),
      ...Object.fromEntries(operations),
      [container.Name]: {
        $Kind: 'EntityContainer',
        ...annotations(container),
        ...members(list(container.EntitySet), (node) => ({
          $Collection: true,
          $Type: node.EntityType,
          ...bindings(node),
          ...annotations(node),
        })),
        ...members(list(container.Singleton), (node) => ({
          $Type: node.Type,
          ...bindings(node),
          ...annotations(node),
        })),
        ...members(list(container.ActionImport), imported('Action')),
        ...members(list(container.FunctionImport), imported('Function')),
      },
      ...(targets.length === 0 ? {} : { $Annotations: Object.fromEntries(targets) }),
    },
  };
}

const schemas = {
  schema: { fileName: 'edmx.xsd', contents: fixture('edmx.xsd') },
  preload: [{ fileName: 'edm.xsd', contents: fixture('edm.xsd') }],
};

describe.each(Object.entries(domains))('the metadata document of a model: %s', (_, domain) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ REQUIRE_IF_MATCH: 'true' }, domain);
  });
  afterAll(() => app.stop());
  const metadata = async (format: string, version = '4.01', inheritance = 'declared') =>
    app.get(`/$metadata?$format=${format}&inheritance=${inheritance}`, {
      as: null,
      headers: { 'odata-maxversion': version },
    });

  it.each([
    ['4.0', 'declared'],
    ['4.01', 'declared'],
    ['4.01', 'flat'],
  ])('[A40M-8] is valid by the schemas of OASIS: %s, inheritance %s', async (version, inheritance) => {
    const { text } = await metadata('xml', version, inheritance);
    const result = await validateXML({ xml: { fileName: 'metadata.xml', contents: text }, ...schemas });
    expect(result.errors).toEqual([]);
    const formats = { 'uri-reference': true, uri: true } as const;
    const validate = new Ajv({ strict: false, unicodeRegExp: true, formats }).compile(
      JSON.parse(fixture('csdl.schema.json')) as object,
    );
    validate((await metadata('json', version, inheritance)).body);
    expect(validate.errors).toBeNull();
  });

  it('a schema that it breaks says so', async () => {
    const contents = (await metadata('xml')).text.replace(' Name="', ' Nom="');
    expect((await validateXML({ xml: { fileName: 'metadata.xml', contents }, ...schemas })).valid).toBe(false);
  });

  it.each(['declared', 'flat'])('says the same in XML and in JSON: inheritance %s', async (inheritance) => {
    const xml = jsonOfXml((await metadata('xml', '4.01', inheritance)).text);
    expect(xml).toEqual((await metadata('json', '4.01', inheritance)).body);
  });

  it('flattened, every type that a value has declares what it inherits from abstract ones', async () => {
    const { namespace } = domain.model;
    const [declared, flat] = await Promise.all(
      ['declared', 'flat'].map(async (way) => (await metadata('json', '4.01', way)).body[namespace] as Node),
    );
    const structured = (types: Node) =>
      Object.entries(types).filter(([, { $Kind }]) => /^(?:Entity|Complex)Type$/.test($Kind));
    const allMembers = (types: Node, type: Node): Node => {
      const base = type.$BaseType === undefined ? {} : allMembers(types, types[type.$BaseType.split('.').at(-1)]);
      const own = Object.entries(type).filter(([name]) => !/^[$@]/.test(name) || name === '$Key');
      return { ...base, ...Object.fromEntries(own) };
    };
    /** A member of a type definition as one of what that is made of. */
    const plain = (member: any): unknown => {
      const { $Kind, $UnderlyingType, ...said } = declared![member.$Type?.split('.').at(-1)] ?? {};
      if ($Kind !== 'TypeDefinition') return member;
      const facets = Object.entries(said as Node).filter(([facet]) => !facet.startsWith('@'));
      const { $Type, ...others } = { ...member, ...Object.fromEntries(facets) };
      return { ...others, ...($UnderlyingType === 'Edm.String' ? {} : { $Type: $UnderlyingType ?? $Type }) };
    };
    // An abstract type that something is declared with is there in either.
    const isNamed = (name: string) => JSON.stringify(flat).includes(`"$Type":"${namespace}.${name}"`);
    for (const [name, type] of structured(flat!)) {
      expect([name, type.$Abstract === true && !isNamed(name)]).toEqual([name, false]);
      const all = Object.entries(allMembers(declared!, declared![name])).map(([one, member]) => [one, plain(member)]);
      expect(allMembers(flat!, type)).toEqual(Object.fromEntries(all));
      const base = type.$BaseType?.split('.').at(-1);
      if (base !== undefined) expect(Object.keys(flat!)).toContain(base);
    }
    const concrete = structured(declared!).filter(([name, { $Abstract }]) => $Abstract !== true || isNamed(name));
    expect(structured(flat!).map(([name]) => name)).toEqual(concrete.map(([name]) => name));
  });
});

describe('a model that says all that CSDL can', () => {
  /** What nothing of a model becomes: expressions that compute, other ways to say the same, and what is not there. */
  const left = {
    expressions:
      'Add And Apply Cast Div DivBy Eq Ge Gt Has If In IsOf LabeledElement LabeledElementReference Le Lt Mod Mul Ne Neg Not Or Sub UrlRef',
    constants: 'Binary Decimal Duration DateTimeOffset Float TimeOfDay ModelElementPath',
    others: 'BaseTerm Extends HasStream',
  };

  it('has every element and attribute of the schema of OASIS, but for those', async () => {
    const app = await TestApp.start({}, catalogue);
    const { text } = await app.get('/$metadata?$format=xml');
    await app.stop();
    const declared = fixture('edm.xsd').matchAll(/<xs:(?:element|attribute) name="([^"]+)"/g);
    const missing = [...new Set([...declared].map(([, name]) => name!))].filter(
      (name) => !new RegExp(`[< ]${name}[ =>/]`).test(text),
    );
    expect(missing.sort()).toEqual(Object.values(left).join(' ').split(' ').sort());
  });
});

describe('metadata', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ PUBLIC_URL: 'https://api.example.com' });
  });
  afterAll(() => app.stop());
  const anonymous = { as: null };

  it('whoever opens the document finds the one for clients that cannot read base types', async () => {
    const link = 'https://api.example.com/v1.0/$metadata?inheritance=flat';
    const { body, headers } = await app.get('/$metadata?$format=json', anonymous);
    expect(body['microsoft.graph']['@Core.Links']).toEqual([{ rel: 'alternate', href: '$metadata?inheritance=flat' }]);
    expect(headers.get('link')).toBe(
      `<${link}>; rel="alternate"; title="the same for clients that cannot read BaseType"`,
    );
    const flat = await app.get('/$metadata?$format=json&inheritance=flat', anonymous);
    expect([flat.body['microsoft.graph']['@Core.Links'], flat.headers.get('link')]).toEqual([undefined, null]);
  });

  it.each([
    ['application/json, application/xml', '4.0', 'xml'],
    ['application/json, text/plain, */*', '4.0', 'xml'],
    ['application/xml, application/json', '4.0', 'xml'],
    ['application/json', '4.0', 'json'],
    ['application/json, application/xml;q=0.9', '4.0', 'json'],
    ['application/json;q=0.5, application/xml', '4.01', 'xml'],
    ['application/json, application/xml', '4.01', 'json'],
  ])('is to a client that accepts %s, of at most %s, in %s', async (accept, version, format) => {
    const { headers } = await app.get('/$metadata', { as: null, headers: { accept, 'odata-maxversion': version } });
    expect(headers.get('content-type')).toBe(`application/${format}`);
  });

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

  it('a model that says of an element what the service does is refused at the start', async () => {
    const own = new Schema('test', { description: 'Said.', annotations: { 'Core.Description': 'Said again.' } });
    const model = buildModel(own, {});
    await expect(TestApp.start({}, { model, modules: [] })).rejects.toThrow('test: the service says Core.Description');
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
    ['/$metadata?inheritance=none', {}, 400],
    ['/$metadata?inheritance=flat&nonsense=1', {}, 400],
    ['/decoratedProfileConnections?inheritance=flat', {}, 400],
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

  it('[A41M-5] a request can name the version of the schema that it was made for', async () => {
    const { text } = await app.get('/$metadata?$schemaversion=*', anonymous);
    const [, version = ''] = /Term="Core.SchemaVersion" String="(\w+)"/.exec(text) ?? [];
    expect(version).toMatch(/^\w{12}$/);
    const profile = await app.profile();
    const set = '/decoratedProfileConnections';
    for (const path of ['/', '/$metadata', set, `${set}/$count`, profile]) {
      for (const known of ['*', version]) {
        const { status } = await app.get(`${path}?$schemaversion=${known}`);
        expect([path, known, status]).toEqual([path, known, 200]);
      }
      const { status, body } = await app.get(`${path}?$schemaversion=0`);
      expect([path, status, body.error.target, body.error.innerError.code]).toEqual([
        path,
        404,
        '$schemaversion',
        'schemaVersionNotFound',
      ]);
    }
    expect((await app.patch(`${profile}?$schemaversion=0`, { headline: 'new' })).status).toBe(404);
    expect((await app.get(profile)).body.headline).toBeNull();
    expect((await app.patch(`${profile}?$schemaversion=${version}`, { headline: 'new' })).status).toBe(200);
  });

  it('[A41M-5] the version of the schema is another one for another model, and goes on with next links', async () => {
    const library = await TestApp.start({ PAGE_SIZE: '1' }, { model: libraryModel, modules: [] });
    const versionOf = async (of: TestApp) =>
      /SchemaVersion" String="(\w+)"/.exec((await of.get('/$metadata', anonymous)).text)![1];
    expect(await versionOf(library)).not.toBe(await versionOf(app));
    await library.stop();
    for (const id of ['v1', 'v2']) await app.post('/decoratedProfileConnections', { id });
    const { body } = await app.get('/decoratedProfileConnections?$schemaversion=*', {
      headers: { prefer: 'maxpagesize=1' },
    });
    expect(body['@odata.nextLink']).toContain('$schemaversion=*');
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
    const flat = await app.get('/$metadata?inheritance=flat', { as: null, headers: { 'if-none-match': etag } });
    expect([flat.status, flat.text.includes('BaseType'), first.text.includes('BaseType')]).toEqual([200, false, true]);
  });

  it.each(['/', '/$metadata'])('%s knows GET and HEAD only', async (path) => {
    const { status, headers } = await app.request('DELETE', path);
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await app.request('HEAD', path, anonymous)).status).toBe(200);
  });

  it('[C44] no change of the model goes unseen', async () => {
    const { text } = await app.get('/$metadata', anonymous);
    expect(text.replaceAll('><', '>\n<')).toMatchSnapshot();
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
