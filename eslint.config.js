import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  // The programs of test/clients import clients that exist only while their test runs, and are compiled by it.
  { ignores: ['dist/', 'dist-example/', 'coverage/', 'node_modules/', 'test/clients/'] },
  js.configs.recommended,
  { files: ['**/*.ts'], extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked] },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `return this.fault(…)` says in one line that the value is refused and there is none.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      // Nest modules are classes that hold nothing but their decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // Nest declares its options as classes, and means plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // An exhaustive switch over the nodes of a tree is one function, however many there are.
      'max-lines-per-function': ['error', { max: 55, skipBlankLines: true, skipComments: true }],
      'max-params': 'off',
      '@typescript-eslint/max-params': ['error', { max: 4 }],
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.e2e-spec.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/max-params': 'off',
      // A test reads untyped JSON off the wire: that is its point.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  // Pages run in browsers: these are the globals they use.
  {
    files: ['src/odata/pages/web/**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...[
            'document',
            'history',
            'location',
            'navigator',
            'localStorage',
            'sessionStorage',
            'matchMedia',
            'addEventListener',
          ],
          ...['fetch', 'performance', 'setTimeout', 'clearTimeout', 'atob', 'btoa'],
          ...['URL', 'Blob', 'File', 'TextEncoder', 'TextDecoder', 'Event', 'MutationObserver'],
          ...['HTMLElement', 'HTMLInputElement', 'HTMLTableCellElement'],
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable' } },
  },
);
