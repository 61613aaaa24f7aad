import { globSync, readFileSync } from 'node:fs';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import aggregation from '@sap-ux/odata-vocabularies/dist/resources/Org.OData.Aggregation.V1.js';
import authorization from '@sap-ux/odata-vocabularies/dist/resources/Org.OData.Authorization.V1.js';
import capabilities from '@sap-ux/odata-vocabularies/dist/resources/Org.OData.Capabilities.V1.js';
import core from '@sap-ux/odata-vocabularies/dist/resources/Org.OData.Core.V1.js';
import validation from '@sap-ux/odata-vocabularies/dist/resources/Org.OData.Validation.V1.js';
import { profiles } from '../../src/app.module.js';
import { library, libraryModel } from '../models/library.js';
import { sales } from '../models/sales.js';
import { multipart, multipartAnswers, sendJson, sendMultipart, statuses } from '../support/batches.js';
import { TestApp } from '../support/test-app.js';
import { ann } from '../support/tokens.js';

type Node = Record<string, any>;
type Probe = () => Promise<unknown>;

const set = '/decoratedProfileConnections';
const json = { accept: 'application/json', 'odata-maxversion': '4.01' };
const metadataOf = async (app: TestApp): Promise<Node> =>
  (await app.get('/$metadata', { as: null, headers: json })).body as Node;

describe.each(Object.entries({ profiles, library, sales }))('the annotations of a model: %s', (_, domain) => {
  const vocabularies: Node = {
    Core: (core as Node)['Org.OData.Core.V1'],
    Capabilities: (capabilities as Node)['Org.OData.Capabilities.V1'],
    Validation: (validation as Node)['Org.OData.Validation.V1'],
    Authorization: (authorization as Node)['Org.OData.Authorization.V1'],
    Aggregation: (aggregation as Node)['Org.OData.Aggregation.V1'],
  };
  const lookUp = (name: string): Node => {
    const [, alias = '', local = ''] = /^(?:Org\.OData\.)?(\w+)\.(?:V1\.)?(\w+)$/.exec(name) ?? [];
    const found = vocabularies[alias]?.[local] as Node | undefined;
    if (found === undefined) throw new Error(`No vocabulary has ${name}`);
    return found;
  };
  const memberOf = (type: Node, name: string): Node | undefined =>
    (type[name] as Node | undefined) ??
    (type.$BaseType === undefined ? undefined : memberOf(lookUp(type.$BaseType), name));

  /** Whether a value is one of the type that a vocabulary declares (OData CSDL 4.01, 14.1). */
  const check = (value: unknown, declared: Node, path: string): void => {
    if (declared.$Collection === true && Array.isArray(value)) {
      for (const item of value) check(item, { ...declared, $Collection: false }, path);
      return;
    }
    const type = (declared.$Type as string | undefined) ?? 'Edm.String';
    if (type.startsWith('Edm.')) {
      const expected = type.includes('Boolean') ? 'boolean' : /Int|Decimal/.test(type) ? 'number' : 'string';
      if (type !== 'Edm.PrimitiveType') expect([path, typeof value]).toEqual([path, expected]);
      return;
    }
    const known = lookUp(
      typeof value === 'object' && value !== null
        ? ((value as Node)['@type']?.replace(/^.*#Org\.OData\.(\w+)\.V1\./, '$1.') ?? type)
        : type,
    );
    switch (known.$Kind) {
      case 'TypeDefinition':
        return check(value, { $Type: known.$UnderlyingType }, path);
      case 'EnumType':
        for (const member of (value as string).split(','))
          expect([path, known[member]]).toEqual([path, expect.any(Number)]);
        return;
      default:
        for (const [name, inner] of Object.entries(value as Node).filter(([key]) => !key.startsWith('@'))) {
          const member = memberOf(known, name);
          expect([`${path}/${name}`, member]).toEqual([`${path}/${name}`, expect.anything()]);
          check(inner, member!, `${path}/${name}`);
        }
    }
  };

  it('[A40M-8] [A41M-13] are terms of the vocabularies of OASIS, on what they apply to, with values of their types', async () => {
    const app = await TestApp.start({ REQUIRE_IF_MATCH: 'true' }, domain);
    const { $Version, $EntityContainer, $Reference, ...schemas } = await metadataOf(app);
    await app.stop();
    expect([$Version, $EntityContainer, Object.keys($Reference as Node).length]).toEqual([
      '4.01',
      expect.any(String),
      5,
    ]);
    let count = 0;
    const walk = (node: Node, kind: string): void => {
      for (const [name, value] of Object.entries(node)) {
        const [, term] = /^\w*@([^#]+)/.exec(name) ?? [];
        if (term !== undefined) {
          const declared = lookUp(term);
          expect([term, declared.$Kind]).toEqual([term, 'Term']);
          const applies = declared.$AppliesTo as string[] | undefined;
          if (applies !== undefined && kind !== 'any')
            expect([term, kind, applies]).toEqual([term, kind, expect.arrayContaining([kind])]);
          check(value, declared, term);
          count += 1;
        } else if (typeof value === 'object' && value !== null) {
          const inner = value as Node;
          const set =
            kind === 'EntityContainer' ? (inner.$Collection === true ? 'EntitySet' : 'Singleton') : 'Property';
          walk(
            inner,
            name === '$Annotations' || kind === '$Annotations'
              ? name === '$Annotations'
                ? '$Annotations'
                : 'any'
              : ((inner.$Kind as string | undefined) ?? set),
          );
        }
      }
    };
    for (const schema of Object.values(schemas)) walk(schema as Node, 'Schema');
    expect(count).toBeGreaterThan(40);
  });
});

describe('what the metadata claims', () => {
  let app: TestApp;
  let metadata: Node;
  let container: Node;
  let connections: Node;
  beforeAll(async () => {
    app = await TestApp.start();
    await app.post(set, { id: 'a', relevanceScore: 0.5, profile: { firstName: 'Ann', skills: ['x', 'y'] } });
    metadata = await metadataOf(app);
    container = metadata['microsoft.graph'].Container as Node;
    connections = container.decoratedProfileConnections as Node;
  });
  afterAll(() => app.stop());

  const succeeds = ({ status }: { status: number }): boolean => {
    // A claim is about what there is: an answer of 5xx but 501 is no answer to that.
    if (status >= 500 && status !== 501) throw new Error(`answered with ${status}`);
    return status < 300;
  };
  const gets = async (path: string): Promise<boolean> => succeeds(await app.get(path));
  const query = (options: string) => () => gets(`${set}?${options}`);
  const refusal = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<boolean> => succeeds(await app.request(method, path, { body, headers }));
  const those = async <T>(candidates: readonly T[], fits: (candidate: T) => Promise<boolean>): Promise<T[]> => {
    const found: T[] = [];
    for (const candidate of candidates) if (await fits(candidate)) found.push(candidate);
    return found;
  };

  /** Whether changes are tracked of a query with such an option. */
  const tracked = (option: string) => async (value: string) => {
    const headers = { prefer: 'track-changes', 'odata-maxversion': '4.01' };
    const answer = await app.get(`${set}?$${option}=${value}`, { headers });
    return answer.status === 200 && answer.headers.get('preference-applied') !== null;
  };

  /** The scopes that open an operation, out of all that there are, each tried alone. */
  const scopesThat = async (operate: (claims: object) => Promise<{ status: number }>): Promise<string[]> => {
    const all = [
      'DecoratedProfile.Read',
      'DecoratedProfile.ReadWrite',
      'DecoratedProfile.Read.All',
      'DecoratedProfile.ReadWrite.All',
    ];
    return those([...all, 'Other.Read'], async (scope) => {
      const claims = { tid: ann.tid, oid: ann.oid };
      return succeeds(await operate({ ...claims, ...(scope.endsWith('.All') ? { roles: [scope] } : { scp: scope }) }));
    });
  };

  /** Compares every claim below an annotation with what a probe finds; a claim without a probe is a fault of this test. */
  const verify = async (claimed: unknown, probes: Readonly<Record<string, Probe>>, path: string): Promise<number> => {
    const probe = probes[path];
    if (probe !== undefined) {
      expect([path, await probe()]).toEqual([path, claimed]);
      return 1;
    }
    if (typeof claimed !== 'object' || claimed === null || Array.isArray(claimed))
      throw new Error(`No probe for ${path}`);
    let count = 0;
    for (const [name, value] of Object.entries(claimed as Node)) {
      if (/(^|\/)(Long)?Description$|^@type$|^NavigationProperty$/.test(name)) continue;
      count += await verify(value, probes, `${path}/${name}`);
    }
    return count;
  };
  const termsOf = (node: Node): [string, unknown][] =>
    Object.entries(node).flatMap(([name, value]) =>
      name.startsWith('@') ? [[name.slice(1), value] as [string, unknown]] : [],
    );
  const records = (scopes: readonly string[]) => scopes.map((Scope) => ({ SchemeName: 'bearer', Scopes: [{ Scope }] }));

  it('[A40M-5] [A40I-1] [A40A-1] [A41M-1] [A41M-18] [A41I-1] [A41I-2] [A41A-1] [A41A-2] [A41M-12] [A41M-13] of the service as a whole holds, its level of conformance too', async () => {
    const expressions: Record<string, string> = {
      or: 'true or false',
      and: 'true and false',
      eq: '1 eq 1',
      ne: '1 ne 1',
      gt: '1 gt 1',
      ge: '1 ge 1',
      lt: '1 lt 1',
      le: '1 le 1',
      add: '1 add 1 eq 2',
      sub: '1 sub 1 eq 0',
      mul: '1 mul 1 eq 1',
      div: '1 div 1 eq 1',
      divby: '1 divby 2 eq 0.5',
      mod: '1 mod 1 eq 0',
      has: "profile/connectionDegree has 'SELF'",
      in: '1 in (1,2)',
      not: 'not true',
      concat: "concat('a','b') eq 'ab'",
      contains: "contains('ab','a')",
      endswith: "endswith('ab','b')",
      startswith: "startswith('ab','a')",
      indexof: "indexof('ab','b') eq 1",
      length: "length('ab') eq 2",
      matchespattern: "matchesPattern('ab','^a')",
      substring: "substring('ab',1) eq 'b'",
      tolower: "tolower('A') eq 'a'",
      toupper: "toupper('a') eq 'A'",
      trim: "trim(' a') eq 'a'",
      year: 'year(2020-01-02) eq 2020',
      month: 'month(2020-01-02) eq 1',
      day: 'day(2020-01-02) eq 2',
      hour: 'hour(12:30:00) eq 12',
      minute: 'minute(12:30:00) eq 30',
      second: 'second(12:30:00) eq 0',
      fractionalseconds: 'fractionalseconds(12:30:00.5) eq 0.5',
      date: 'date(2020-01-02T00:00:00Z) eq 2020-01-02',
      time: 'time(2020-01-02T00:00:00Z) eq 00:00:00',
      totaloffsetminutes: 'totaloffsetminutes(2020-01-02T00:00:00Z) eq 0',
      totalseconds: "totalseconds(duration'PT1S') eq 1",
      round: 'round(1.4) eq 1',
      floor: 'floor(1.4) eq 1',
      ceiling: 'ceiling(1.4) eq 2',
      any: "profile/skills/any(s:s eq 'x')",
      all: "profile/skills/all(s:s eq 'x')",
      case: 'case(true:true)',
      cast: "cast(1,Edm.String) eq '1'",
      isof: 'isof(microsoft.graph.entity)',
      now: 'now() gt 2020-01-02T00:00:00Z',
      mindatetime: 'mindatetime() lt now()',
      maxdatetime: 'maxdatetime() gt now()',
      hassubset: "hassubset(profile/skills,['x'])",
      hassubsequence: "hassubsequence(profile/skills,['x'])",
      'geo.distance': "geo.distance(geography'SRID=0;Point(1 1)',geography'SRID=0;Point(1 1)') eq 0",
      'geo.intersects': "geo.intersects(geography'SRID=0;Point(1 1)',geography'SRID=0;Polygon((0 0,2 0,2 2,0 0))')",
      'geo.length': "geo.length(geometry'SRID=0;LineString(0 0,3 4)') eq 5",
      isdefined: 'isdefined(id)',
    };
    const nested = (option: string) => () => gets(`${set}/a/profile?$select=skills(${option})`);
    const levels = ['Minimal', 'Intermediate', 'Advanced'];
    const probes: Record<string, Probe> = {
      'Core.ODataVersions': async () =>
        (
          await those(['3.0', '4.0', '4.01'], async (version) => {
            const { status, headers } = await app.get(set, { headers: { 'odata-maxversion': version } });
            return status === 200 && headers.get('odata-version') === version;
          })
        ).join(' '),
      // Every MUST of a level has a test; rows that sum up others, that are about what is optional (updates, asynchronous
      // requests), or that can only be read, not tested, are left out.
      'Capabilities.ConformanceLevel': () => {
        const table = (name: string): string[][] =>
          readFileSync(`test/conformance/${name}.tsv`, 'utf8')
            .split('\n')
            .map((line) => line.split('\t'));
        const titles = globSync('test/**/*.e2e-spec.ts')
          .map((name) => readFileSync(name, 'utf8'))
          .join('\n');
        const excused = new Set(table('reasons').map(([id]) => id));
        const summed = /^(4\.0\d? (Minimal|Intermediate|Advanced)|Honour the two|Clients need no|Break )/;
        const holds = (letter: string): boolean =>
          table('rows').every(
            ([id = '', strength = '', rule = '']) =>
              !new RegExp(`^A4[01]{1,2}${letter}-`).test(id) ||
              !strength.startsWith('MUST') ||
              rule.startsWith('(') ||
              summed.test(rule) ||
              excused.has(id) ||
              new RegExp(`\\b${id.replace('.', '\\.')}\\b`).test(titles),
          );
        return Promise.resolve(
          levels.filter((_, index) => levels.slice(0, index + 1).every((level) => holds(level[0]!))).at(-1),
        );
      },
      'Capabilities.SupportedFormats': () => {
        const candidates = ['none', 'minimal', 'full', 'verbose'].flatMap((level) =>
          ['true', 'false'].map((flag) => `application/json;odata.metadata=${level};IEEE754Compatible=${flag}`),
        );
        return those([...candidates, 'application/atom+xml'], async (accept) =>
          succeeds(await app.get(set, { headers: { accept } })),
        );
      },
      'Capabilities.SupportedMetadataFormats': () =>
        those(['application/xml', 'application/json', 'text/csv'], async (accept) =>
          succeeds(await app.get('/$metadata', { headers: { accept } })),
        ),
      'Capabilities.AcceptableEncodings': () => {
        const codings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
        return those(Object.keys(codings) as (keyof typeof codings)[], (coding) =>
          refusal('PATCH', `${set}/a`, codings[coding]('{}'), {
            'content-type': 'application/json',
            'content-encoding': coding,
          }),
        );
      },
      'Capabilities.AsynchronousRequestsSupported': async () =>
        (await app.get(set, { headers: { prefer: 'respond-async' } })).status === 202,
      'Capabilities.BatchSupported': () => refusal('POST', '/$batch', { requests: [] }),
      'Capabilities.BatchSupport/Supported': () => refusal('POST', '/$batch', { requests: [] }),
      'Capabilities.BatchSupport/SupportedFormats': () =>
        those(['multipart/mixed', 'multipart/parallel', 'application/json', 'application/xml'], (type) =>
          refusal('POST', '/$batch', type.endsWith('json') ? '{"requests":[]}' : multipart([]), {
            'content-type': type.startsWith('multipart') ? `${type}; boundary=batch_1` : type,
          }),
        ),
      'Capabilities.BatchSupport/ContinueOnErrorSupported': async () =>
        multipartAnswers(
          await sendMultipart(app, [{ url: 'nothing' }, { url: '$metadata' }], {
            headers: { prefer: 'continue-on-error' },
          }),
        ).length === 2,
      'Capabilities.BatchSupport/ReferencesInRequestBodiesSupported': async () => {
        const insert = { id: '1', method: 'POST', url: set, body: { profile: { firstName: 'Ann' } } };
        const other = {
          id: '3',
          method: 'POST',
          url: set,
          dependsOn: ['2'],
          body: { profile: { lastName: '$2/firstName' } },
        };
        const read = { id: '2', method: 'GET', url: '$1/profile', dependsOn: ['1'] };
        const { body } = await sendJson(app, [insert, read, other]);
        return body.responses[2].body.profile.lastName === 'Ann';
      },
      'Capabilities.BatchSupport/ReferencesAcrossChangeSetsSupported': async () => {
        const insert = { id: '1', method: 'POST', url: set, body: {} };
        const update = { id: '2', method: 'PATCH', url: '$1/profile', body: {} };
        return statuses(multipartAnswers(await sendMultipart(app, [[insert], [update]])))
          .flat()
          .every((one) => one === 201);
      },
      'Capabilities.BatchSupport/EtagReferencesSupported': async () => {
        const read = { id: '1', url: `${set}/a` };
        const update = { id: '2', method: 'PATCH', url: `${set}/a`, headers: { 'If-Match': '$1' }, body: {} };
        return statuses(multipartAnswers(await sendMultipart(app, [read, update]))).every((one) => one === 200);
      },
      'Capabilities.BatchSupport/RequestDependencyConditionsSupported': async () => {
        const read = { id: '1', method: 'GET', url: `${set}/a` };
        const requests = [read, { ...read, id: '2', dependsOn: ['1'], if: 'not $1/$succeeded' }];
        return (await sendJson(app, requests)).body.responses[1].status === 424;
      },
      'Capabilities.CrossJoinSupported': () => gets('/$crossjoin(decoratedProfileConnections)'),
      'Capabilities.KeyAsSegmentSupported': () => gets(`${set}/a`),
      'Capabilities.QuerySegmentSupported': () =>
        refusal('POST', `${set}/$query`, '$top=1', { 'content-type': 'text/plain' }),
      'Capabilities.AnnotationValuesInQuerySupported': query("$filter=@Core.Description eq 'x'"),
      'Capabilities.FilterFunctions': () =>
        those(Object.keys(expressions), (name) => gets(`${set}?$filter=${encodeURIComponent(expressions[name]!)}`)),
      'Capabilities.SelectSupport/Supported': query('$select=id'),
      'Capabilities.SelectSupport/InstanceAnnotationsSupported': query('$select=@Core.Description'),
      'Capabilities.SelectSupport/Filterable': nested("$filter=$this eq 'x'"),
      'Capabilities.SelectSupport/Searchable': nested('$search=x'),
      'Capabilities.SelectSupport/TopSupported': nested('$top=1'),
      'Capabilities.SelectSupport/SkipSupported': nested('$skip=1'),
      'Capabilities.SelectSupport/ComputeSupported': () =>
        gets(`${set}/a/profile?$select=locale($compute=language as l;$select=l)`),
      'Capabilities.SelectSupport/Countable': nested('$count=true'),
      'Capabilities.SelectSupport/Sortable': nested('$orderby=$this'),
      'Capabilities.CustomHeaders': async () => {
        const { headers } = await app.get(set, { headers: { 'client-request-id': 'seven' } });
        const [described] = container['@Capabilities.CustomHeaders'] as Node[];
        return [
          {
            ...described,
            Name: headers.get('client-request-id') === 'seven' ? 'client-request-id' : undefined,
            Required: !(await gets(set)),
          },
        ];
      },
      'Authorization.Authorizations': async () => {
        const { headers } = await app.get(set, { as: null });
        const [scheme = ''] = headers.get('www-authenticate')!.split(' ');
        const vocabulary =
          'https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Authorization.V1.json';
        const http = `${vocabulary}#Org.OData.Authorization.V1.Http`;
        return [{ '@type': http, Name: 'bearer', Scheme: scheme.toLowerCase(), BearerFormat: 'JWT' }];
      },
      'Authorization.SecuritySchemes': async () =>
        (await app.get(set, { as: null })).status === 401 ? [{ Authorization: 'bearer', RequiredScopes: [] }] : [],
    };
    let count = 0;
    for (const [term, value] of termsOf(container)) count += await verify(value, probes, term);
    expect(count).toBe(Object.keys(probes).length);
  });

  /** Probes of what modifies entities of a place. */
  const modification = (place: string, method: string, path: () => Promise<string>, body: () => unknown) => ({
    Permissions: async () =>
      records(await scopesThat(async (as) => app.request(method, await path(), { as, body: body() }))),
    'QueryOptions/ExpandSupported': async () =>
      refusal(method, `${await path()}?$expand=${place === 'profile' ? '*' : 'profile'}`, body()),
    'QueryOptions/SelectSupported': async () => refusal(method, `${await path()}?$select=id`, body()),
    'QueryOptions/ComputeSupported': async () => refusal(method, `${await path()}?$compute=id as i`, body()),
    'QueryOptions/FilterSupported': async () => refusal(method, `${await path()}?$filter=true`, body()),
    'QueryOptions/SearchSupported': async () => refusal(method, `${await path()}?$search=x`, body()),
    'QueryOptions/SortSupported': async () => refusal(method, `${await path()}?$orderby=id`, body()),
  });
  const prefixed = (prefix: string, probes: Readonly<Record<string, Probe>>): Record<string, Probe> =>
    Object.fromEntries(Object.entries(probes).map(([name, probe]) => [`${prefix}/${name}`, probe]));
  const fresh = async (profile?: object): Promise<string> => {
    const { body } = await app.post(set, profile === undefined ? {} : { profile });
    return `${set}/${body.id as string}`;
  };
  const reading = (path: string) => ({
    Readable: () => gets(path),
    TypecastSegmentSupported: () => gets(`${path}/microsoft.graph.DecoratedProfileConnection`),
    Permissions: async () => records(await scopesThat((as) => app.get(path, { as }))),
  });

  /** Each transformation that there is for every set, and those for sets of nodes. */
  const transformations: Readonly<Record<string, string>> = {
    aggregate: 'aggregate($count as n)',
    groupby: 'groupby((id))',
    concat: 'concat(identity,identity)',
    identity: 'identity',
    filter: 'filter(true)',
    search: 'search(x)',
    nest: 'nest(identity as n)',
    addnested: 'addnested(id,identity as n)',
    join: 'join(id as p)',
    outerjoin: 'outerjoin(id as p)',
    compute: 'compute(length(id) as l)',
    bottomcount: 'bottomcount(1,relevanceScore)',
    bottomsum: 'bottomsum(1,relevanceScore)',
    bottompercent: 'bottompercent(1,relevanceScore)',
    topcount: 'topcount(1,relevanceScore)',
    topsum: 'topsum(1,relevanceScore)',
    toppercent: 'toppercent(1,relevanceScore)',
    orderby: 'orderby(id)',
    top: 'top(1)',
    skip: 'skip(1)',
    ancestors: 'ancestors($root/decoratedProfileConnections,h,id,identity)',
    descendants: 'descendants($root/decoratedProfileConnections,h,id,identity)',
    traverse: 'traverse($root/decoratedProfileConnections,h,id,preorder)',
  };

  it('[A41M-13] of the entity set holds', async () => {
    const inserted = await fresh();
    const probes: Record<string, Probe> = {
      'Capabilities.IndexableByKey': () => gets(`${set}('a')`),
      'Capabilities.FilterRestrictions/Filterable': query("$filter=id eq 'a'"),
      'Capabilities.FilterRestrictions/RequiresFilter': async () => !(await gets(set)),
      'Capabilities.SortRestrictions/Sortable': query('$orderby=id'),
      'Capabilities.SortRestrictions/NonSortableProperties': () =>
        those(['id', 'relevanceScore'], async (name) => !(await gets(`${set}?$orderby=${name}`))),
      'Capabilities.SearchRestrictions/Searchable': query('$search=ann'),
      'Capabilities.SearchRestrictions/UnsupportedExpressions': async () => {
        const forms = { AND: 'a AND b', OR: 'a OR b', NOT: 'NOT a', phrase: '"a b"', group: '(a OR b) AND c' };
        const bad = await those(
          Object.keys(forms) as (keyof typeof forms)[],
          async (name) => !(await query(`$search=${encodeURIComponent(forms[name])}`)()),
        );
        return bad.length === 0 ? 'none' : bad.join(',');
      },
      'Capabilities.TopSupported': query('$top=1'),
      'Capabilities.SkipSupported': query('$skip=1'),
      'Capabilities.ComputeSupported': query('$compute=length(id) as n&$select=n'),
      'Aggregation.ApplySupported/Transformations': () =>
        those(Object.keys(transformations), async (name) => {
          const { status } = await app.get(`${set}?$apply=${encodeURIComponent(transformations[name]!)}`);
          // A connection has no collection that could be joined or nested, which is a bad request then.
          return status === (/join|addnested/.test(name) ? 400 : 200);
        }),
      'Aggregation.ApplySupported/Rollup': async () => {
        const two = 'rollup(id,relevanceScore),rollup(profile/firstName,profile/lastName)';
        return (await query(`$apply=groupby((${two}))`)()) ? 'MultipleHierarchies' : 'None';
      },
      'Aggregation.ApplySupported/From': query(
        '$apply=aggregate(relevanceScore%20with%20sum%20from%20id%20with%20max%20as%20m)',
      ),
      'Capabilities.CountRestrictions/Countable': async () =>
        (await query('$count=true')()) && (await gets(`${set}/$count`)),
      'Capabilities.ExpandRestrictions/Expandable': query('$expand=profile'),
      'Capabilities.ExpandRestrictions/MaxLevels': async () => {
        const { DecoratedProfileConnection: outer, DecoratedProfile: inner } = metadata['microsoft.graph'] as Node;
        const navigations = ({ ...type }: Node) =>
          Object.values(type).filter(({ $Kind }: Node) => $Kind === 'NavigationProperty').length;
        expect([navigations(outer as Node), navigations(inner as Node)]).toEqual([1, 0]);
        return (await query('$expand=profile')()) ? 1 : 0;
      },
      'Capabilities.ExpandRestrictions/StreamsExpandable': query('$expand=relevanceScore'),
      ...prefixed('Capabilities.ReadRestrictions', reading(set)),
      ...prefixed('Capabilities.ReadRestrictions/ReadByKeyRestrictions', reading(inserted)),
      'Capabilities.InsertRestrictions/Insertable': () => refusal('POST', set, {}),
      'Capabilities.InsertRestrictions/TypecastSegmentSupported': () =>
        refusal('POST', `${set}/microsoft.graph.DecoratedProfileConnection`, {}),
      'Capabilities.InsertRestrictions/CustomHeaders': async () => {
        const as = { tid: ann.tid, oid: 'daemon', roles: ['DecoratedProfile.ReadWrite.All'] };
        const { body } = await app.post(set, {}, { as, headers: { 'x-owner-id': 'ann' } });
        const own = await gets(`${set}/${body.id as string}`);
        const [described] = connections['@Capabilities.InsertRestrictions'].CustomHeaders as Node[];
        return [{ ...described, Name: own ? 'X-Owner-Id' : undefined, Required: !(await refusal('POST', set, {})) }];
      },
      ...prefixed(
        'Capabilities.InsertRestrictions',
        modification(
          'set',
          'POST',
          () => Promise.resolve(set),
          () => ({}),
        ),
      ),
      'Capabilities.DeepInsertSupport/Supported': () => refusal('POST', set, { profile: {} }),
      // 11.4.2.2: a service that knows Content-ID repeats it in the answer.
      'Capabilities.DeepInsertSupport/ContentIDSupported': async () =>
        (await app.post(set, { profile: { '@Core.ContentID': '1' } })).body.profile['@Core.ContentID'] === '1',
      'Capabilities.UpdateRestrictions/Updatable': () => refusal('PATCH', `${set}/a`, {}),
      'Capabilities.UpdateRestrictions/Upsertable': () => refusal('PATCH', `${set}/nobody`, {}),
      'Capabilities.UpdateRestrictions/DeltaUpdateSupported': () =>
        refusal('PATCH', set, { '@context': '#$delta', value: [] }),
      'Capabilities.UpdateRestrictions/FilterSegmentSupported': () =>
        refusal('PATCH', `${set}/$filter(true)/$each`, {}),
      'Capabilities.UpdateRestrictions/TypecastSegmentSupported': () =>
        refusal('PATCH', `${set}/microsoft.graph.DecoratedProfileConnection/$each`, {}),
      ...prefixed(
        'Capabilities.UpdateRestrictions',
        modification(
          'set',
          'PATCH',
          () => Promise.resolve(inserted),
          () => ({}),
        ),
      ),
      'Capabilities.DeepUpdateSupport/Supported': () =>
        refusal('PATCH', `${set}/a`, { profile: {} }, { 'odata-version': '4.01', 'content-type': 'application/json' }),
      'Capabilities.DeepUpdateSupport/ContentIDSupported': async () => {
        const body = { profile: { '@Core.ContentID': '1' } };
        const headers = { 'odata-version': '4.01', 'content-type': 'application/json' };
        return (await app.patch(`${set}/a`, body, { headers })).body.profile['@Core.ContentID'] === '1';
      },
      'Capabilities.DeleteRestrictions/Deletable': async () => refusal('DELETE', await fresh()),
      'Capabilities.DeleteRestrictions/FilterSegmentSupported': () => refusal('DELETE', `${set}/$filter(false)/$each`),
      'Capabilities.DeleteRestrictions/TypecastSegmentSupported': async () =>
        refusal(
          'DELETE',
          `${set}/microsoft.graph.DecoratedProfileConnection/$filter(id eq '${(await fresh()).split('/').at(-1)!}')/$each`,
        ),
      'Capabilities.DeleteRestrictions/Permissions': async () =>
        records(await scopesThat(async (as) => app.delete(await fresh(), { as }))),
      'Capabilities.ChangeTracking/Supported': async () =>
        (await app.get(set, { headers: { prefer: 'track-changes' } })).headers.get('preference-applied') !== null,
      'Capabilities.ChangeTracking/FilterableProperties': async () => {
        const { FilterableProperties: claimed } = connections['@Capabilities.ChangeTracking'] as Node;
        const found = await those([...(claimed as string[]), 'nope', 'profile/nope'], async (path) => {
          const tests = await those([`${path} ne null`, `${path}/any()`], tracked('filter'));
          return tests.length > 0;
        });
        expect(found).toEqual(expect.arrayContaining(['relevanceScore', 'profile/skills', 'profile/locale/language']));
        return found;
      },
      'Capabilities.ChangeTracking/ExpandableProperties': () => those(['profile', 'nope'], tracked('expand')),
    };
    let count = 0;
    for (const [term, value] of termsOf(connections)) {
      if (/Navigation|CollectionProperty/.test(term)) continue;
      count += await verify(value, probes, term);
    }
    // ReadByKeyRestrictions says nothing of casts.
    expect(count).toBe(Object.keys(probes).length - 1);
  });

  it('[A41M-13] of the contained profile holds', async () => {
    const { Navigability, RestrictedProperties: properties } = connections[
      '@Capabilities.NavigationRestrictions'
    ] as Node;
    expect([Navigability, properties.length, properties[0].NavigationProperty]).toEqual(['Recursive', 1, 'profile']);
    const place = `${await fresh({ firstName: 'Ann' })}/profile`;
    const probes: Record<string, Probe> = {
      ...prefixed('profile/ReadRestrictions', reading(place)),
      'profile/InsertRestrictions/Insertable': () => refusal('POST', place, {}),
      'profile/UpdateRestrictions/Updatable': () => refusal('PATCH', place, {}),
      'profile/UpdateRestrictions/Upsertable': async () => refusal('PATCH', `${await fresh()}/profile`, {}),
      'profile/UpdateRestrictions/DeltaUpdateSupported': () =>
        refusal('PATCH', `${set}/a`, { 'profile@delta': [{}] }, { ...json, 'content-type': 'application/json' }),
      'profile/UpdateRestrictions/FilterSegmentSupported': () => refusal('PATCH', `${place}/$filter(true)/$each`, {}),
      'profile/UpdateRestrictions/TypecastSegmentSupported': () =>
        refusal('PATCH', `${place}/microsoft.graph.DecoratedProfile`, {}),
      ...prefixed(
        'profile/UpdateRestrictions',
        modification(
          'profile',
          'PATCH',
          () => Promise.resolve(place),
          () => ({}),
        ),
      ),
      'profile/DeleteRestrictions/Deletable': async () => refusal('DELETE', `${await fresh({})}/profile`),
      'profile/DeleteRestrictions/FilterSegmentSupported': () => refusal('DELETE', `${place}/$filter(true)/$each`),
      'profile/DeleteRestrictions/TypecastSegmentSupported': async () =>
        refusal('DELETE', `${await fresh({})}/profile/microsoft.graph.DecoratedProfile`),
      'profile/DeleteRestrictions/Permissions': async () =>
        records(await scopesThat(async (as) => app.delete(`${await fresh({})}/profile`, { as }))),
      'profile/OptimisticConcurrencyControl': async () =>
        (await app.get(place)).headers.get('etag') !== null &&
        !(await refusal('PATCH', place, {}, { 'if-match': 'W/"1"', 'content-type': 'application/json' })),
    };
    expect(await verify(properties[0], probes, 'profile')).toBe(Object.keys(probes).length - 1);
  });

  it('of each collection of values holds', async () => {
    const claims = connections['@Capabilities.CollectionPropertyRestrictions'] as Node[];
    expect(claims.map(({ CollectionProperty }) => CollectionProperty as string)).toContain(
      'profile/salesNavigatorInfo/insights',
    );
    for (const { CollectionProperty, ...claim } of claims) {
      const path = `${set}/a/${CollectionProperty as string}`;
      // Of a value that is null there are no collections to ask for: 404.
      if (!(await gets(path))) await app.patch(`${set}/a/profile`, { salesNavigatorInfo: { teamlinkInfo: {} } });
      await verify(
        claim,
        {
          'c/FilterRestrictions/Filterable': () => gets(`${path}?$filter=true`),
          'c/SortRestrictions/Sortable': () => gets(`${path}?$orderby=1`),
          'c/SearchRestrictions/Searchable': () => gets(`${path}?$search=x`),
          'c/TopSupported': () => gets(`${path}?$top=1`),
          'c/SkipSupported': () => gets(`${path}?$skip=1`),
          'c/Insertable': () => refusal('POST', path, /skills|emails/.test(path) ? { value: 'x' } : {}),
          'c/Updatable': () => refusal('PUT', path, { value: [] }),
          'c/Deletable': () => refusal('DELETE', path),
        },
        'c',
      );
    }
  });

  it('of ids holds: the service makes that of a profile always, that of a connection where there is none', async () => {
    const targets = metadata['microsoft.graph'].$Annotations as Node;
    expect(targets).toEqual({
      'microsoft.graph.Container/decoratedProfileConnections/id': { '@Core.ComputedDefaultValue': true },
      'microsoft.graph.Container/decoratedProfileConnections/profile/id': { '@Core.Computed': true },
    });
    const { body } = await app.post(set, { id: 'given', profile: { id: 'given' } });
    expect([body.id, body.profile.id]).toEqual(['given', expect.not.stringMatching('given')]);
    expect((await app.post(set, {})).body.id).toEqual(expect.any(String));
    expect((await app.patch(`${set}/given/profile`, { id: 'other' })).body.id).toBe(body.profile.id);
  });

  it('of entity tags holds: it names them where they are required', async () => {
    expect(connections).not.toHaveProperty(['@Core.OptimisticConcurrency']);
    const strict = await TestApp.start({ REQUIRE_IF_MATCH: 'true' });
    const { Container } = (await metadataOf(strict))['microsoft.graph'] as Node;
    expect(Container.decoratedProfileConnections['@Core.OptimisticConcurrency']).toEqual([]);
    const profile = await strict.profile({});
    expect((await strict.patch(profile, {})).status).toBe(428);
    await strict.stop();
  });

  it('of lengths and limits holds for every property', async () => {
    const schema = metadata['microsoft.graph'] as Node;
    const profile = await app.profile({});
    const seen = new Set<string>();
    const tried: string[] = [];
    /** Sends a value wrapped as its place wants it; gives the status and where the fault is said to be. */
    const send = async (wrap: (value: unknown) => object, value: unknown) => {
      const { status, body } = await app.patch(profile, wrap(value));
      return [status, body.error?.details?.[0]?.code];
    };
    const visit = async (name: string, wrap: (value: unknown) => object): Promise<void> => {
      if (seen.has(name)) return;
      seen.add(name);
      for (const [property, declared] of Object.entries(schema[name] as Node)) {
        if (property.startsWith('$') || property.includes('@')) continue;
        const { $Type = 'Edm.String', $Collection, $MaxLength, ...rest } = declared as Node;
        const at = (value: unknown) => wrap({ [property]: $Collection === true ? [value] : value });
        const check = async (good: unknown, bad: unknown, code: string) => {
          tried.push(`${name}/${property}`);
          expect([name, property, await send(at, good)]).toEqual([name, property, [200, undefined]]);
          expect([name, property, await send(at, bad)]).toEqual([name, property, [400, code]]);
        };
        if ($MaxLength !== undefined)
          await check('x'.repeat($MaxLength), 'x'.repeat(Number($MaxLength) + 1), 'valueTooLong');
        const { '@Validation.Minimum': least, '@Validation.Maximum': most } = rest;
        if (least !== undefined) await check(least, Number(least) - 1, 'valueOutOfRange');
        if (most !== undefined) await check(most, Number(most) + 1, 'valueOutOfRange');
        const [, inner] = /^microsoft\.graph\.(\w+)$/.exec($Type as string) ?? [];
        if (inner !== undefined && schema[inner].$Kind === 'ComplexType') await visit(inner, at);
      }
    };
    await visit('DecoratedProfile', (value) => value as object);
    expect(tried.length).toBeGreaterThan(80);
    expect(seen.size).toBe(31);
  });
});

describe('what the metadata of a model that is only read claims', () => {
  it('is that it is only read, and which properties have no order', async () => {
    const names = [...libraryModel.entitySets.keys(), ...libraryModel.singletons.keys()];
    const sets = Object.fromEntries(names.map((name) => [name, { allows: ['read' as const] }]));
    const app = await TestApp.start({}, { model: libraryModel, modules: [], sets });
    const { works, settings } = (await metadataOf(app))['test.library'].Container as Node;
    expect(works['@Capabilities.InsertRestrictions']).toEqual({ Insertable: false });
    expect(works['@Capabilities.UpdateRestrictions']).toEqual({ Updatable: false });
    expect(works['@Capabilities.DeleteRestrictions']).toEqual({ Deletable: false });
    expect(settings['@Capabilities.UpdateRestrictions']).toEqual({ Updatable: false });
    for (const [method, path] of [
      ['POST', '/works'],
      ['PATCH', '/works/a'],
      ['DELETE', '/works/a'],
      ['PATCH', '/settings'],
    ] as const) {
      const { status } = await app.request(method, path, { body: {} });
      expect(status).toBe(405);
    }
    const unordered = works['@Capabilities.SortRestrictions'].NonSortableProperties as string[];
    expect(unordered).toEqual(['position', 'outline']);
    for (const name of unordered) expect((await app.get(`/works?$orderby=${name}`)).status).toBe(400);
    expect((await app.get('/works?$orderby=title')).status).toBe(200);
    await app.stop();
  });
});
