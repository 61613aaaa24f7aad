import { enableCompileCache } from 'node:module';
import { bundledPackages } from './scripts/bundle-packages.ts';

const packages = await bundledPackages();

// Threads of SQLite read their sources as they stand, and every worker reads jest: with V8's cache, types stripped, a thread
// starts in less than half the time. Workers of jest, and theirs, are told by the environment.
process.env.NODE_COMPILE_CACHE ??= `${import.meta.dirname}/node_modules/.cache/node-compile-cache`;
enableCompileCache(process.env.NODE_COMPILE_CACHE);

// ESM throughout: swc strips the types, the mapper turns the `.js` of an import back into the `.ts` that it names.
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { ...packages, '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Packages that need it import it by themselves, but what they share stands in a file that may come first.
  setupFiles: ['reflect-metadata'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

/**
 * Every test of the application runs on each store; those of a folder named after one run on that one only, those of
 * `any-store`, which would find the same on another, on the embedded one.
 */
function onStore(store, ...folders) {
  return {
    ...shared,
    displayName: store,
    globals: { testStore: store },
    testMatch: [
      `<rootDir>/test/*.e2e-spec.ts`,
      `<rootDir>/test/contract/*.e2e-spec.ts`,
      `<rootDir>/test/hostile/*.e2e-spec.ts`,
      ...[store, ...folders].map((folder) => `<rootDir>/test/${folder}/*.e2e-spec.ts`),
    ],
  };
}

export default {
  // Half of what a worker does is waiting: for a disk, a database, a browser.
  maxWorkers: '100%',
  // What a file of tests has loaded is not all given back: a worker that has run a hundred spends its time collecting it.
  workerIdleMemoryLimit: '800MB',
  // Tests start processes, databases and browsers; on a busy machine any of them may take its time. No test has a limit of
  // its own: they wait for what they are about, not for a time.
  testTimeout: 120_000,
  testSequencer: '<rootDir>/test/support/longest-first.js',
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/scripts/**/*.spec.ts'] },
    onStore('sqlite', 'any-store', 'hostile/any-store'),
    {
      ...onStore('postgres'),
      globalSetup: '<rootDir>/test/support/start-postgres.ts',
      setupFilesAfterEnv: ['<rootDir>/test/support/record-statements.ts'],
      globalTeardown: '<rootDir>/test/support/stop-postgres.ts',
    },
  ],
};
