/**
 * Requests, as they are sent and as they are shown.
 * @typedef {{ method: string, query: string, token: string, ifMatch: string, body: string }} Asked
 * @typedef {{ status: number, statusText: string, ms: number, headers: [string, string][], text: string, json: unknown }} Answer
 */

/** Characters that may stand in a query as they are, though `encodeURIComponent` encodes them. */
const plain = /%(?:24|2C|2F|3A|3B|3D|40|28|29|27|2A|21|3F)/g;

/** @param {string} text @returns {string} percent-encoded where it must be; what is encoded already stays so */
function encode(text) {
  return text
    .split(/((?:%[0-9a-fA-F]{2})+)/)
    .map((part, index) => (index % 2 === 1 ? part : encodeURIComponent(part).replace(plain, decodeURIComponent)))
    .join('');
}

/**
 * The parts of a query: its path, and its options, divided by `&` outside of quotes.
 * @param {string} query
 * @returns {{ path: string, options: { start: number, text: string }[] }}
 */
export function partsOf(query) {
  const mark = query.indexOf('?');
  if (mark < 0) return { path: query, options: [] };
  const options = [...query.slice(mark + 1).matchAll(/(?:[^&']|'[^']*(?:'|$))+/g)];
  return {
    path: query.slice(0, mark),
    options: options.map(({ index, 0: text }) => ({ start: mark + 1 + index, text })),
  };
}

/** @param {string} query as it was written @returns {string} as it is sent */
export function urlOf(query) {
  const { path, options } = partsOf(query);
  const encoded = options.map(({ text }) => encode(text));
  return encode(path) + (encoded.length > 0 ? `?${encoded.join('&')}` : '');
}

/**
 * The absolute URL of a query. A token goes to the service that it is for and nowhere else on its host: a link can put
 * any text into the address of the page.
 * @param {string} root of the service
 * @param {string} query
 * @returns {string}
 * @throws {Error} where it leads out of the service
 */
export function addressIn(root, query) {
  const { href } = new URL(`${root}${urlOf(query)}`);
  if (href.startsWith(root)) return href;
  throw new Error('the query leads out of the service');
}

/**
 * Where the character that an error speaks of stands in the query.
 * @param {string} query
 * @param {string | undefined} target name of the option; none where the path is at fault
 * @param {number} position of the character in the decoded text, from 1
 * @returns {number} index into the query
 */
export function placeOf(query, target, position) {
  const { path, options } = partsOf(query);
  const name = (/** @type {string} */ text) => text.slice(0, text.indexOf('=')).toLowerCase().replace(/^\$/, '');
  const option = options.find(({ text }) => name(text) === target?.toLowerCase().replace(/^\$/, ''));
  const text = option === undefined ? path : option.text.slice(option.text.indexOf('=') + 1);
  const start = option === undefined ? 0 : option.start + option.text.indexOf('=') + 1;
  let decoded = 0;
  for (const { index, 0: unit } of text.matchAll(/(?:%[0-9a-fA-F]{2})+|[^]/g)) {
    decoded += unit.length > 1 ? decodeURIComponent(unit).length : 1;
    if (decoded >= position) return start + index;
  }
  return start + text.length;
}

/** @param {Asked} asked @returns {Record<string, string>} */
function headersOf({ token, ifMatch, body, method }) {
  return {
    accept: 'application/json',
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(ifMatch === '' ? {} : { 'if-match': ifMatch }),
    ...(hasBody({ method, body }) ? { 'content-type': 'application/json' } : {}),
  };
}

/** @param {{ method: string, body: string }} asked */
function hasBody({ method, body }) {
  return (method === 'POST' || method === 'PATCH') && body !== '';
}

/** @param {string} root @param {Asked} asked @returns {string} the request as text, without its token */
export function showRequest(root, asked) {
  const headers = { ...headersOf(asked), ...(asked.token === '' ? {} : { authorization: 'Bearer …' }) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const body = hasBody(asked) ? ['', asked.body] : [];
  return [`${asked.method} ${root}${urlOf(asked.query)}`, ...lines, ...body].join('\n');
}

/** @param {string} root @param {Asked} asked @returns {Promise<Answer>} */
export async function send(root, asked) {
  const started = performance.now();
  const response = await fetch(addressIn(root, asked.query), {
    method: asked.method,
    headers: headersOf(asked),
    ...(hasBody(asked) ? { body: asked.body } : {}),
    // Sent anew each time: this is about what the service answers.
    cache: 'no-store',
    credentials: 'omit',
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true && text !== '';
  return {
    status: response.status,
    statusText: response.statusText,
    ms: Math.round(performance.now() - started),
    headers: [...response.headers],
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}
