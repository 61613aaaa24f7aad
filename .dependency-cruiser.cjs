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
          '(^src/main\\.ts|^src/commands/|^src/pages/(docs|explorer)/.*|\\.spec\\.ts|sqlite-worker\\.ts|sqlite-protocol\\.ts|document-functions\\.ts)$',
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
      'odata-is-pure',
      '^src/odata',
      `${nest}|^node:sqlite|^(?:node:)?(?:http|net|sqlite)$`,
      'The protocol is pure functions: no framework, no driver, no HTTP.',
    ),
    stage(
      'odata-knows-no-stage',
      '^src/odata',
      '^src/(?!odata/)',
      'The protocol comes first; everything else is built on it.',
    ),
    stage('json-first', '^src/odata/json', '^src/odata/(?!json/)', 'JSON text knows nothing of OData.'),
    stage(
      'edm-before-payload',
      '^src/odata/edm',
      '^src/odata/(payload|query|uri)',
      'The model does not depend on what is done with it.',
    ),
    stage(
      'uri-without-model',
      '^src/odata/uri',
      '^src/odata/(edm|query|payload)',
      'URLs are parsed without the model; binding is the next stage.',
    ),
    stage(
      'payload-before-query',
      '^src/odata/payload',
      '^src/odata/query',
      'Payloads are written from what a query became, not from queries.',
    ),
    stage('config-alone', '^src/config', '^src/(?!config/)', 'The configuration is read before anything else exists.'),
    stage(
      'auth-before-http',
      '^src/auth',
      '^src/(http|store|profiles|batch|ops|app)',
      'Who calls is decided without knowing what is asked.',
    ),
    stage(
      'store-without-http',
      '^src/store',
      `^src/(http|auth|profiles|batch|ops|app)|^src/odata/uri|${nest.replace('@nestjs|', '')}`,
      'A store takes bound values; it knows neither URLs nor HTTP.',
    ),
    stage(
      'http-without-store',
      '^src/http',
      '^src/(store|profiles|batch|ops|app)',
      'The face of the protocol serves any domain, over any store.',
    ),
    stage(
      'pages-are-a-face',
      '^src/pages',
      '^src/(store|profiles|ops|app|main)',
      'A page shows what the service says of itself; it knows no domain and no store.',
    ),
    stage('dialects-apart', '^src/store/sqlite', '^src/store/postgres', 'Dialects never see each other.'),
    stage('dialects-apart-too', '^src/store/postgres', '^src/store/sqlite', 'Dialects never see each other.'),
    stage(
      'store-chosen-once',
      '^src/(?!store/|app\\.module\\.ts)',
      '^src/store/(sqlite|postgres)',
      'Only the composition root knows which stores there are.',
    ),
    stage('domain-before-root', '^src/(profiles|batch|ops)', '^src/(app|main)', 'The composition root comes last.'),
    stage(
      'dto-declares',
      '^src/profiles/dto',
      '^src/(?!profiles/dto|odata/edm)',
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
