import { hasBody } from './send.js';
import { addressIn } from './url.js';

/**
 * A request as code to take along.
 * @typedef {import('./send.js').Asked} Asked
 * @typedef {'curl' | 'fetch' | 'graph' | 'http'} Language
 */

/** @type {Readonly<Record<Language, string>>} */
export const languages = {
  curl: 'curl',
  fetch: 'fetch (JavaScript)',
  graph: 'Microsoft Graph client (JavaScript)',
  http: 'HTTP',
};

/** @param {string} text @returns {string} one word of a POSIX shell */
const word = (text) => (/^[\w./:=@%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** A text as JavaScript: JSON is, since ES2019. @param {string} text */
const quoted = (text) => JSON.stringify(text);

/** @param {Asked} asked @returns {string} */
const bodyOf = (asked) => (hasBody(asked) && typeof asked.body === 'string' ? asked.body : '');

/** The name of the file that is the body, without a path: browsers do not tell. @param {Asked} asked @returns {string} empty where there is none */
const fileOf = ({ body }) => (body instanceof Blob ? (body instanceof File ? body.name : 'file') : '');

/** @param {string} url @param {Asked} asked @param {string} token */
function curl(url, asked, token) {
  const body = bodyOf(asked);
  const file = fileOf(asked);
  const authorization = token === '' ? '"authorization: Bearer $TOKEN"' : word(`authorization: Bearer ${token}`);
  const lines = [
    // Brackets and braces are for the service, not for curl.
    `curl -g${asked.method === 'GET' ? '' : ` -X ${word(asked.method)}`} ${word(url)}`,
    `-H ${authorization}`,
    ...asked.headers.map(([name, value]) => `-H ${word(`${name}: ${value}`)}`),
    ...(body === '' ? [] : [`--data-raw ${word(body)}`]),
    ...(file === '' ? [] : [`--data-binary ${word(`@${file}`)}`]),
  ];
  return lines.join(' \\\n  ');
}

/** @param {string} token @returns {string} */
const authorizationOf = (token) => (token === '' ? '`Bearer ${token}`' : quoted(`Bearer ${token}`));

/** What JavaScript needs where the body is a file. */
const readFile = "import { readFile } from 'node:fs/promises';";

/** @param {string} url @param {Asked} asked @param {string} token */
function fetchCode(url, asked, token) {
  const body = bodyOf(asked);
  const file = fileOf(asked);
  const headers = asked.headers.map(([name, value]) => `    ${quoted(name)}: ${quoted(value)},`);
  return [
    ...(file === '' ? [] : [readFile]),
    `const response = await fetch(${quoted(url)}, {`,
    `  method: ${quoted(asked.method)},`,
    '  headers: {',
    `    authorization: ${authorizationOf(token)},`,
    ...headers,
    '  },',
    ...(body === '' ? [] : [`  body: ${quoted(body)},`]),
    ...(file === '' ? [] : [`  body: await readFile(${quoted(file)}),`]),
    '});',
    'console.log(response.status, await response.text());',
  ].join('\n');
}

/** @type {Readonly<Record<string, string>>} */
const graphMethods = { GET: 'get', POST: 'post', PATCH: 'patch', PUT: 'put', DELETE: 'delete' };

/**
 * The path as the client is told it: what begins with `https://` anywhere it takes for an absolute URL, and one without TLS
 * for none.
 * @param {string} root @param {string} url
 */
const pathOf = (root, url) => `/${url.slice(root.length).replaceAll('https://', 'https:%2F%2F')}`;

/** @param {string} url @param {Asked} asked @param {string} token @param {string} root */
function graph(url, asked, token, root) {
  const body = bodyOf(asked);
  const file = fileOf(asked);
  const { protocol, hostname } = new URL(root);
  const [, base = root, version = ''] = /^(.*\/)([^/]+)\/$/.exec(root) ?? [];
  // The client sends its token to hosts that it was told of, and over TLS only: elsewhere it is a header of ours.
  const isTrusted = protocol === 'https:';
  const headers = asked.headers.filter(([name]) => file !== '' || name !== 'content-type');
  const content = file === '' ? (body === '' ? '' : quoted(body)) : `await readFile(${quoted(file)})`;
  return [
    "import { Client } from '@microsoft/microsoft-graph-client';",
    ...(file === '' ? [] : [readFile]),
    '',
    'const client = Client.init({',
    `  baseUrl: ${quoted(base)},`,
    `  defaultVersion: ${quoted(version)},`,
    `  customHosts: new Set([${quoted(hostname)}]),`,
    `  authProvider: (done) => done(null, ${!isTrusted ? "''" : token === '' ? 'token' : quoted(token)}),`,
    '});',
    'const answer = await client',
    `  .api(${quoted(pathOf(root, url))})`,
    ...(isTrusted ? [] : [`  .header('authorization', ${authorizationOf(token)})`]),
    ...headers.map(([name, value]) => `  .header(${quoted(name)}, ${quoted(value)})`),
    `  .${graphMethods[asked.method] ?? 'get'}(${content});`,
    'console.log(answer);',
  ].join('\n');
}

/** @param {string} url @param {Asked} asked @param {string} token */
function http(url, asked, token) {
  const { pathname, search, host } = new URL(url);
  const body = bodyOf(asked);
  const file = fileOf(asked);
  return [
    `${asked.method} ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    `authorization: Bearer ${token === '' ? '…' : token}`,
    ...asked.headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === '' ? [] : ['', body]),
    ...(file === '' ? [] : ['', `(the bytes of ${file})`]),
  ].join('\n');
}

const writers = { curl, fetch: fetchCode, graph, http };

/**
 * @param {Language} language
 * @param {string} root of the service
 * @param {Asked} asked
 * @param {string} [token] without one the code says where it goes: into a variable
 * @returns {string}
 */
export const codeOf = (language, root, asked, token = '') =>
  writers[language](addressIn(root, asked.query), asked, token, root);
