/**
 * The description of the API (OpenAPI 3.1), as far as the page needs it.
 * @typedef {Record<string, any>} Json
 * @typedef {{ name: string, in: string, required: boolean, description: string, schema: Json, example: unknown }} Parameter
 * @typedef {{ status: string, description: string, schema: Json | undefined, example: unknown }} Response
 * @typedef {{ type: string, schema: Json, example: unknown }} Content
 * @typedef {{
 *   id: string, method: string, path: string, summary: string, description: string, tag: string, featured: boolean,
 *   scopes: string[], parameters: Parameter[], contents: Content[], responses: Response[],
 * }} Operation
 * @typedef {{ name: string, description: string, operations: Operation[] }} Group
 */

const methods = ['get', 'post', 'patch', 'put', 'delete'];

/** What a reference leads to. @param {Json} document @param {any} value @returns {any} */
export function resolved(document, value) {
  if (typeof value?.$ref !== 'string') return value;
  const steps = value.$ref
    .replace(/^#\//, '')
    .split('/')
    .map((/** @type {string} */ step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce((/** @type {any} */ at, /** @type {string} */ step) => at?.[step], document);
}

/** What a body may be, JSON first. @param {Json} document @param {any} value @returns {Content[]} */
function contentsOf(document, value) {
  const contents = Object.entries(resolved(document, value)?.content ?? {});
  const all = contents.map(([type, { schema = {}, example }]) => ({ type, schema, example }));
  const isJson = (/** @type {Content} */ { type }) => /[/+]json\b/.test(type);
  return [...all.filter(isJson), ...all.filter((one) => !isJson(one))];
}

/** @param {Json} document @param {any} declared @returns {Parameter} */
function parameterOf(document, declared) {
  const { name, in: place, required = false, description = '', content, ...own } = resolved(document, declared);
  // Values that are no text are JSON, as one media type says.
  const { schema = {}, example } = /** @type {Json} */ (Object.values(content ?? {})[0] ?? own);
  return {
    name,
    in: place,
    required,
    description,
    schema: resolved(document, schema),
    example: example ?? schema.example,
  };
}

/** @param {Json} document @param {string} path @param {string} method @param {Json} declared @param {any[]} shared @returns {Operation} */
function operationOf(document, path, method, declared, shared) {
  const security = declared.security ?? document.security ?? [];
  return {
    id: declared.operationId ?? `${method}${path}`,
    method: method.toUpperCase(),
    path,
    summary: declared.summary ?? '',
    description: declared.description ?? '',
    tag: declared.tags?.[0] ?? '',
    featured: declared['x-featured'] === true,
    scopes: [
      ...new Set(/** @type {string[]} */ (security.flatMap((/** @type {Json} */ one) => Object.values(one).flat()))),
    ],
    parameters: [...shared, ...(declared.parameters ?? [])].map((one) => parameterOf(document, one)),
    contents: contentsOf(document, declared.requestBody),
    responses: Object.entries(declared.responses ?? {}).map(([status, response]) => ({
      status,
      description: resolved(document, response)?.description ?? '',
      schema: contentsOf(document, response)[0]?.schema,
      example: contentsOf(document, response)[0]?.example,
    })),
  };
}

/** @param {Json} document @returns {Group[]} operations by their tags, what is featured first */
export function groupsOf(document) {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methods.flatMap((method) =>
      item[method] === undefined ? [] : [operationOf(document, path, method, item[method], item.parameters ?? [])],
    ),
  );
  const first = (/** @type {Operation[]} */ all) => [
    ...all.filter((one) => one.featured),
    ...all.filter((one) => !one.featured),
  ];
  return (document.tags ?? []).map((/** @type {Json} */ { name, description = '' }) => ({
    name,
    description,
    operations: first(operations.filter((one) => one.tag === name)),
  }));
}

/**
 * The query that an operation asks for.
 * @param {string} path a template @param {{ parameter: Parameter, value: string }[]} values @returns {string}
 */
export function queryOf(path, values) {
  const filled = values
    .filter(({ parameter }) => parameter.in === 'path')
    .reduce((text, { parameter: { name }, value }) => {
      // Inside of quotes, one that is meant stands twice.
      const isQuoted = text.includes(`'{${name}}'`);
      return text.replaceAll(`{${name}}`, encodeURIComponent(isQuoted ? value.replaceAll("'", "''") : value));
    }, path);
  const options = values
    .filter(({ parameter, value }) => parameter.in === 'query' && value !== '')
    .map(({ parameter, value }) => `${parameter.name}=${value}`);
  return filled.replace(/^\//, '') + (options.length === 0 ? '' : `?${options.join('&')}`);
}

/**
 * Where the entities are that a template's keys name: the query that reads the first one, and its key's names.
 * @param {string} path a template @returns {{ query: string, names: string[] } | undefined}
 */
export function firstKeyQuery(path) {
  const [, collection, keys] = /^\/([^/{(]+)[/(](\{\w+\}|[^/)]*\{[^/)]*)\)?(?:\/|$)/.exec(path) ?? [];
  if (collection === undefined || keys === undefined || collection.startsWith('$')) return undefined;
  const names = [...keys.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return { query: `${collection}?$top=1`, names };
}

/** A type as people say it. @param {Json} document @param {Json} schema @returns {string} */
export function typeName(document, schema) {
  if (typeof schema.$ref === 'string') return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  const all = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (Array.isArray(all)) return all.map((one) => typeName(document, one)).join(' or ');
  if (schema.type === 'array') return `list of ${typeName(document, schema.items ?? {})}`;
  if (schema.enum !== undefined) return schema.enum.map(String).join(' | ');
  const types = [schema.type ?? 'anything'].flat().join(' or ');
  return schema.format === undefined ? types : `${types} (${schema.format})`;
}
