import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
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

  /** Runs a generator of `node_modules/.bin` on the metadata of a service. */
  async generate(
    app: TestApp,
    generator: string,
    options: (metadata: string, output: string) => string[],
  ): Promise<void> {
    const { text } = await app.get('/$metadata', { as: null });
    mkdirSync(this.path('metadata'));
    writeFileSync(this.path('metadata', 'profiles.xml'), text);
    const command = join('node_modules', '.bin', generator);
    await run(process.execPath, [command, ...options(this.path('metadata', 'profiles.xml'), this.path('generated'))], {
      env: environment,
    });
  }

  /** Compiles a program, a text of its own or a file of `test/clients`; gives what the compiler finds fault with. */
  compile(program: string, text?: string): string[] {
    const file = this.path(program);
    if (text === undefined) copyFileSync(join('test', 'clients', program), file);
    else writeFileSync(file, text);
    const compiled = ts.createProgram([file], { ...strict, outDir: this.path('out'), rootDir: this.path() });
    const { diagnostics } = compiled.emit();
    return [...ts.getPreEmitDiagnostics(compiled), ...diagnostics].map(({ messageText, file: at }) =>
      [at?.fileName.split('/').at(-1), ts.flattenDiagnosticMessageText(messageText, ' ')].join(': '),
    );
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
      expect(workshop.compile(`${program}.ts`)).toEqual([]);
      expect(await workshop.run(`${program}.js`, app)).toEqual(printed);
    });

    it('knows the types: a program that is wrong does not compile', () => {
      const found = workshop.compile('wrong.ts', wrong);
      for (const fault of faults) expect(found).toContainEqual(expect.stringMatching(fault));
    });
  },
);
