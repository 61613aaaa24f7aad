// The stages of a request import one way only. A row forbids what a stage must not know; its comment says why.
const stage = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: '\\.spec\\.ts$' },
  to: { path: to },
});
const packages = (...names) => `node_modules/(${names.join('|')})/`;
const nest = packages('@nestjs', 'fastify', 'passport', 'passport-jwt', 'rxjs');

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A cycle has no first file to read.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'A file that nothing imports is dead.',
      from: {
        orphan: true,
        path: '^src',
        pathNot:
          '(^src/main\\.ts|^src/commands/|^src/odata/(?:index|model)\\.ts|^src/odata/pages/web/(explorer|reference)/main\\.js|\\.spec\\.ts|sqlite-worker\\.ts|sqlite-protocol\\.ts|document-functions\\.ts)$',
      },
      to: {},
    },
    {
      name: 'declared-packages',
      severity: 'error',
      comment: 'What the service runs on is a dependency of its own.',
      from: { path: '^src', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    stage(
      'engine-alone',
      '^src/odata',
      '^src/(?!odata/)',
      'The engine serves any model: it knows no service, no permission by name, no variable of an environment.',
    ),
    stage(
      'engine-by-its-door',
      '^(src/(?!odata/)|examples/)',
      '^src/odata/(?!(index|model|tools)\\.ts$)',
      'A service uses what the engine offers to everybody: so that whatever it needs, others have too.',
    ),
    stage(
      'examples-alone',
      '^examples/',
      '^(src/(?!odata/)|test/)',
      'An example shows the engine: nothing of this service is in it.',
    ),
    stage(
      'protocol-is-pure',
      '^src/odata/protocol',
      `${nest}|^node:sqlite|^(?:node:)?(?:http|net|sqlite)$`,
      'The protocol is pure functions: no framework, no driver, no HTTP.',
    ),
    stage(
      'protocol-first',
      '^src/odata/protocol',
      '^src/odata/(?!protocol/)',
      'The protocol comes first; everything else is built on it.',
    ),
    stage(
      'json-first',
      '^src/odata/protocol/json',
      '^src/odata/protocol/(?!json/)',
      'JSON text knows nothing of OData.',
    ),
    stage(
      'edm-before-payload',
      '^src/odata/protocol/edm',
      '^src/odata/protocol/(payload|query|uri)',
      'The model does not depend on what is done with it.',
    ),
    stage(
      'uri-without-model',
      '^src/odata/protocol/uri',
      '^src/odata/protocol/(edm|query|payload)',
      'URLs are parsed without the model; binding is the next stage.',
    ),
    stage(
      'payload-before-query',
      '^src/odata/protocol/payload',
      '^src/odata/protocol/query',
      'Payloads are written from what a query became, not from queries.',
    ),
    stage(
      'store-without-http',
      '^src/odata/store',
      `^src/odata/(?!protocol/|store/|(?:work|in-turns|observer)\\.ts)|^src/odata/protocol/uri|${nest}`,
      'A store takes bound values; it knows neither URLs nor HTTP, and who asks is a name to it.',
    ),
    stage('dialects-apart', '^src/odata/store/sqlite', '^src/odata/store/postgres', 'Dialects never see each other.'),
    stage(
      'dialects-apart-too',
      '^src/odata/store/postgres',
      '^src/odata/store/sqlite',
      'Dialects never see each other.',
    ),
    stage(
      'store-chosen-once',
      '^src/odata/(?!store/)',
      '^src/odata/store/(sqlite|postgres|sql)/',
      'One function opens a store and knows which there are.',
    ),
    stage(
      'operations-without-http',
      '^src/odata/operations',
      `^src/odata/(?!protocol/|store/|operations/|(?:options|in-turns)\\.ts)|${packages('fastify', 'passport', 'rxjs')}`,
      'What a request does to entities is the same, whichever way it came.',
    ),
    stage(
      'one-gate',
      '^src/odata/(http|batch|pages)',
      '^src/odata/store',
      'Whoever serves requests reaches entities through the operations, where the rules are asked.',
    ),
    stage(
      'http-before-its-users',
      '^src/odata/http',
      '^src/odata/(jobs|batch|pages|transfer|odata\\.module)',
      'What speaks HTTP for entities is what batches, jobs and pages are built on.',
    ),
    stage(
      'faces-apart',
      '^src/odata/(pages|transfer)',
      '^src/odata/(batch|jobs)',
      'A page shows what the service says of itself; an archive is read without a request.',
    ),
    stage('transfer-without-http', '^src/odata/transfer', '^src/odata/http', 'An archive is read without a request.'),
    stage(
      'config-alone',
      '^src/config',
      '^src/(?!config/|odata/)',
      'The configuration is read before anything else exists.',
    ),
    stage(
      'auth-before-domain',
      '^src/auth',
      '^src/(profiles|ops|app|commands|main)',
      'Who calls is decided without knowing what is asked.',
    ),
    stage('domain-before-root', '^src/(profiles|ops)', '^src/(app|main|commands)', 'The composition root comes last.'),
    stage(
      'domain-without-process',
      '^src/profiles',
      '^src/(auth|config|ops)',
      'The domain is the same in every process.',
    ),
    stage(
      'dto-declares',
      '^src/profiles/dto',
      '^src/(?!profiles/dto|odata/model)',
      'A DTO declares types and nothing else.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js'],
    },
  },
};
