import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { catalogue } from '../models/catalogue.js';
import { TestApp } from '../support/test-app.js';
import { ann, tokenFor } from '../support/tokens.js';

const run = promisify(execFile);

/** The environment, without what is meant for jest alone. */
const environment = { ...process.env, NODE_OPTIONS: '' };

/** What a user of a generated client would have in `tsconfig.json`: everything strict, but for what is not their own. */
const strict: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  // What odata2ts generates for functions lacks the modifier.
  noImplicitOverride: false,
  noFallthroughCasesInSwitch: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  esModuleInterop: true,
  skipLibCheck: true,
  types: ['node'],
};

/** A folder in which a client is generated from a running service, compiled and run. */
class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), 'generated-client-'));

  constructor() {
    // Where the packages that the clients import are found. Nothing inside node_modules itself is compiled.
    symlinkSync(resolve('node_modules'), join(this.#folder, 'node_modules'));
    writeFileSync(join(this.#folder, 'package.json'), '{"type":"commonjs"}');
  }

  path(...parts: string[]): string {
    return join(this.#folder, ...parts);
  }

  /** Runs a generator of `node_modules/.bin` on a description of a service: its metadata, or its OpenAPI document. */
  async generate(
    app: TestApp,
    generator: string,
    options: (described: string, output: string) => string[],
    document = '/$metadata',
  ): Promise<void> {
    const { text } = await app.get(document, { as: null });
    mkdirSync(this.path('metadata'), { recursive: true });
    const described = this.path('metadata', document.startsWith('/$metadata') ? 'profiles.xml' : 'openapi.json');
    writeFileSync(described, text);
    const command = join('node_modules', '.bin', generator);
    await run(process.execPath, [command, ...options(described, this.path('generated'))], { env: environment });
  }

  /**
   * Compiles programs: files of `test/clients`, and texts by the names of their files. All at once, because most of what the
   * compiler does is to read what they import.
   * @returns of each file what the compiler finds fault with, of all that is generated under `''`
   */
  compile(programs: readonly string[], texts: Readonly<Record<string, string>>): Readonly<Record<string, string[]>> {
    for (const program of programs) copyFileSync(join('test', 'clients', program), this.path(program));
    for (const [name, text] of Object.entries(texts)) writeFileSync(this.path(name), text);
    const names = [...programs, ...Object.keys(texts)];
    const files = names.map((name) => this.path(name));
    const compiled = ts.createProgram(files, { ...strict, outDir: this.path('out'), rootDir: this.path() });
    const { diagnostics } = compiled.emit();
    const found: Record<string, string[]> = Object.fromEntries(['', ...names].map((name) => [name, []]));
    for (const { messageText, file } of [...ts.getPreEmitDiagnostics(compiled), ...diagnostics]) {
      const name = names.find((one) => file?.fileName === this.path(one)) ?? '';
      const at = name === '' ? `${file?.fileName.split('/').at(-1) ?? ''}: ` : '';
      found[name]!.push(at + ts.flattenDiagnosticMessageText(messageText, ' '));
    }
    return found;
  }

  /** Runs a compiled program; gives the JSON that it prints. */
  async run(program: string, app: TestApp): Promise<unknown> {
    const env = { ...environment, SERVICE: app.root, TOKEN: tokenFor(ann) };
    const { stdout } = await run(process.execPath, [this.path('out', program)], { env });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  }

  discard(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

describe.each([
  {
    generator: 'odata2ts',
    options: (metadata: string, output: string) => ['-s', metadata, '-o', output, '-m', 'all', '-e', 'ts'],
    program: 'odata2ts',
    wrong: `import { DecoratedProfile } from './generated/MicrosoftGraphModel';
      export const wrong = (profile: DecoratedProfile): number => profile.firstName.length + profile.nope;`,
    faults: [/'profile\.firstName' is possibly 'null'/, /'nope' does not exist on type 'DecoratedProfile'/],
    printed: {
      made: 201,
      name: 'Ann',
      language: 'en',
      found: [[0.75, 'Ann', ['bridges']]],
      headline: 'Builds bridges',
      etagChanged: true,
      stale: 412,
    },
  },
  {
    generator: 'generate-odata-client',
    options: (metadata: string, output: string) => ['-i', metadata, '-o', output],
    program: 'sap',
    wrong: `import { DecoratedProfileConnections as C, Locale } from './generated/profiles';
      export const wrong = (c: C, locale: Locale): number => c.relevanceScore.length + locale.nope;`,
    faults: [/'c\.relevanceScore' is possibly/, /'nope' does not exist on type/],
    printed: {
      score: 0.75,
      found: [
        ['s3', 0.875],
        ['s2', 0.75],
      ],
      count: 3,
      updated: 0.5,
      etagChanged: true,
      refused: 412,
      batches: [[[['s1', 0.25]], [201, 201], [['b2', 0.1]]], [[200], [['b1', 0.9]]], [412], [[204, 204]], 'missing'],
    },
  },
])(
  'a client that $generator generates from the metadata',
  ({ generator, options, program, wrong, faults, printed }) => {
    let app: TestApp;
    let workshop: Workshop;
    let found: Readonly<Record<string, readonly string[]>> | undefined;
    const compiled = () => (found ??= workshop.compile([`${program}.ts`], { 'wrong.ts': wrong }));
    beforeAll(async () => {
      app = await TestApp.start();
      workshop = new Workshop();
      await workshop.generate(app, generator, options);
    });
    afterAll(async () => {
      workshop.discard();
      await app.stop();
    });

    it('compiles, reads, queries and updates with an ETag', async () => {
      const { '': imported, [`${program}.ts`]: own } = compiled();
      expect([imported, own]).toEqual([[], []]);
      expect(await workshop.run(`${program}.js`, app)).toEqual(printed);
    });

    it('knows the types: a program that is wrong does not compile', () => {
      for (const fault of faults) expect(compiled()['wrong.ts']).toContainEqual(expect.stringMatching(fault));
    });
  },
);

describe('clients that are generated from the OpenAPI document', () => {
  const wrongOnes = [
    "import type { paths } from './generated/openapi'; type One = paths['/decoratedProfileConnections/{id}/profile']['get']['responses'][200]['content']['application/json']; export const wrong = (one: One): number => one.firstName.length + one.nope;",
    "import { getDecoratedProfileConnection as get } from './generated/hey/sdk.gen'; export const wrong = async () => { const { data } = await get({ path: { id: 'a' } }); return data!.relevanceScore.toFixed() + data!.nope; };",
    "import { getDecoratedProfileConnection as get } from './generated/orval'; export const wrong = async () => { const one = await get('a'); if (one.status !== 200) throw one; return one.data.relevanceScore.toFixed() + one.data.nope; };",
  ];
  let app: TestApp;
  let workshop: Workshop;
  let found: Readonly<Record<string, readonly string[]>> | undefined;
  const compiled = () =>
    (found ??= workshop.compile(
      ['openapi-typescript.ts', 'hey-api.ts', 'orval.ts'],
      Object.fromEntries(wrongOnes.map((text, index) => [`wrong-${index}.ts`, text])),
    ));
  beforeAll(async () => {
    app = await TestApp.start();
    workshop = new Workshop();
    const document = '/openapi.json';
    await workshop.generate(app, 'openapi-typescript', (given, to) => [given, '-o', join(to, 'openapi.ts')], document);
    const hey = (given: string, to: string) => ['-i', given, '-o', join(to, 'hey'), '-c', '@hey-api/client-fetch'];
    await workshop.generate(app, 'openapi-ts', hey, document);
    const orval = (given: string, to: string) => [
      '--input',
      given,
      '--output',
      join(to, 'orval.ts'),
      '--client',
      'fetch',
    ];
    await workshop.generate(app, 'orval', orval, document);
  });
  afterAll(async () => {
    workshop.discard();
    await app.stop();
  });

  it.each(['openapi-typescript', 'hey-api', 'orval'])('compiles strictly, writes and reads: %s', async (program) => {
    const { '': imported, [`${program}.ts`]: own } = compiled();
    expect([imported, own]).toEqual([[], []]);
    const printed = (await workshop.run(`${program}.js`, app)) as { readonly fault?: string };
    expect(printed).toMatchObject({ score: 0.75, names: ['Ann'] });
    if (program !== 'openapi-typescript') expect(printed.fault).toContain("no property 'nothing'");
  });

  it.each(wrongOnes.map((text, index) => [text, index] as const))(
    'knows the types: a program that is wrong does not compile: %s',
    (_, index) => {
      const faults = compiled()[`wrong-${index}.ts`];
      expect(faults).toContainEqual(expect.stringMatching(/is possibly/));
      expect(faults).toContainEqual(expect.stringMatching(/'nope' does not exist on type/));
    },
  );
});

describe('clients of a model that says all that CSDL can', () => {
  let app: TestApp;
  let workshop: Workshop;
  beforeAll(async () => {
    app = await TestApp.start({}, catalogue);
    workshop = new Workshop();
    const odata2ts = (given: string, to: string) => ['-s', given, '-o', join(to, 'o2t'), '-m', 'all', '-e', 'ts'];
    await workshop.generate(app, 'odata2ts', odata2ts);
    // It knows no type definitions.
    const sap = (given: string, to: string) => ['-i', given, '-o', join(to, 'sap')];
    await workshop.generate(app, 'generate-odata-client', sap, '/$metadata?inheritance=flat');
    const openapi = (given: string, to: string) => [given, '-o', join(to, 'openapi.ts')];
    await workshop.generate(app, 'openapi-typescript', openapi, '/openapi.json');
  });
  afterAll(async () => {
    workshop.discard();
    await app.stop();
  });

  it.each([
    [
      'odata2ts',
      `import type { FetchClient } from '@odata2ts/http-client-fetch';
       import { Mood } from './generated/o2t/TestCatalogueModel';
       import type { Sample } from './generated/o2t/TestCatalogueModel';
       import type { ProductService, TestCatalogueService } from './generated/o2t/TestCatalogueService';
       export const rename = async (one: ProductService<FetchClient>): Promise<string | null> =>
         (await one.rename({ TITLE, limit: 2.5, moods: [Mood.Glad], size: { width: 1, height: null } })).data.title;
       export const count = async (all: TestCatalogueService<FetchClient>): Promise<number> =>
         (await all.countSuppliers()).data.value;
       export const mood = (one: Sample): Mood | null => one.mood;`,
    ],
    [
      'SAP',
      `import type { Products } from './generated/sap/profiles/Products';
       import { allMoods, countSuppliers } from './generated/sap/profiles/operations';
       export const one: Pick<Products, 'title'> = { TITLE };
       export const count = async (): Promise<number> => countSuppliers({}).execute({ url: '' });
       export const moods = async (): Promise<string[]> => allMoods({}).execute({ url: '' });`,
    ],
    [
      'openapi-typescript',
      `import type { paths } from './generated/openapi';
       type Rename = paths['/products/{id}/test.catalogue.rename']['post'];
       export const asked: Rename['requestBody']['content']['application/json'] = { TITLE, limit: 2.5, moods: ['Glad', null] };
       export const title = (one: Rename['responses'][200]['content']['application/json']): string | null | undefined => one.title;`,
    ],
  ])('know its operations: %s', (_, program) => {
    const [right, wrong] = ["title: 'New'", 'title: 1'].map((title) => program.replace('TITLE', title));
    const found = workshop.compile([], { 'right.ts': right!, 'wrong.ts': wrong! });
    expect([found[''], found['right.ts']]).toEqual([[], []]);
    expect(found['wrong.ts']).not.toEqual([]);
  });
});
