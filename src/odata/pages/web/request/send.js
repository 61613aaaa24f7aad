import { sizeOf } from '../dom/visible.js';
import { parseJson } from './json.js';
import { addressIn } from './url.js';

/**
 * Requests, as they are sent, and their answers.
 * @typedef {import('./headers.js').Header} Header
 * @typedef {{ method: string, query: string, headers: Header[], body: string | Blob }} Asked
 * @typedef {{
 *   status: number, statusText: string, ms: number, size: number, headers: Header[], text: string, json: unknown,
 *   bytes: Blob | undefined,
 * }} Answer the bytes stand where they are no text
 */

/** @param {Pick<Asked, 'method' | 'body'>} asked */
export const hasBody = ({ method, body }) =>
  /^(?:POST|PATCH|PUT)$/.test(method) && (typeof body === 'string' ? body.trim() !== '' : body.size > 0);

/** @param {string} type media type @returns {boolean} */
const isText = (type) => /^text\/|[/+](?:json|xml)\b|^multipart\/|^application\/http/.test(type) || type === '';

/**
 * @param {string} root of the service
 * @param {Asked} asked
 * @param {string} token
 * @returns {Promise<Answer>}
 * @throws {Error} where there is no answer, or the query leads out of the service
 */
export async function send(root, asked, token) {
  const started = performance.now();
  const response = await fetch(addressIn(root, asked.query), {
    method: asked.method,
    headers: [
      ...asked.headers,
      ...(token === '' ? [] : [/** @type {Header} */ (['authorization', `Bearer ${token}`])]),
    ],
    ...(hasBody(asked) ? { body: asked.body } : {}),
    // Sent anew each time: this is about what the service answers.
    cache: 'no-store',
    credentials: 'omit',
  });
  const bytes = await response.blob();
  const type = response.headers.get('content-type') ?? '';
  const text = isText(type) ? await bytes.text() : '';
  return {
    status: response.status,
    statusText: response.statusText,
    ms: Math.round(performance.now() - started),
    size: bytes.size,
    headers: [...response.headers],
    text,
    json: jsonOf(type, text),
    bytes: isText(type) ? undefined : bytes,
  };
}

/** @param {string} type @param {string} text */
function jsonOf(type, text) {
  if (!/^application\/(?:[\w.-]+\+)?json\b/.test(type) || text === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    // Cut off, or no JSON: it is shown as it came.
    return undefined;
  }
}

/** @param {Answer} answer @param {string} name in small letters */
export const headerOf = ({ headers }, name) => headers.find(([one]) => one === name)?.[1];

/** What became of a request, in a line. @param {Answer} answer */
export const summaryOf = ({ status, statusText, ms, size }) => `${status} ${statusText} in ${ms} ms, ${sizeOf(size)}`;
