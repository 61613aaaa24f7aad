import { headersOf, noSwitches } from './headers.js';
import { isObject, parseJson, textOf } from './json.js';
import { hasBody } from './send.js';
import { urlOf } from './url.js';

/**
 * Several requests in one (OData 4.01 JSON 19).
 * @typedef {import('./send.js').Asked} Asked
 * @typedef {{ id: string, status: number, headers: Record<string, string>, body: unknown }} Part
 */

/**
 * A body as a member of the batch: JSON where it is some, text as it is, all else in base64url (OData 4.01 JSON 19.1).
 * @param {string | Blob} body
 */
async function bodyOf(body) {
  if (body instanceof Blob && !/^text\/|[/+]json\b/.test(body.type)) return base64url(await body.arrayBuffer());
  const text = typeof body === 'string' ? body : await body.text();
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** @param {ArrayBuffer} bytes */
function base64url(bytes) {
  const units = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte));
  return btoa(units.join('')).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * @param {readonly Asked[]} requests @param {boolean} together whether all are made or none
 * @returns {Promise<Asked>} the request that carries them
 */
export async function batchOf(requests, together) {
  const bodies = await Promise.all(requests.map((asked) => (hasBody(asked) ? bodyOf(asked.body) : undefined)));
  const parts = requests.map((asked, index) => ({
    id: String(index + 1),
    ...(together && asked.method !== 'GET' ? { atomicityGroup: 'together' } : {}),
    method: asked.method,
    url: urlOf(asked.query),
    headers: Object.fromEntries(asked.headers),
    ...(hasBody(asked) ? { body: bodies[index] } : {}),
  }));
  const body = textOf({ requests: parts });
  const headers = headersOf({ ...noSwitches, free: 'prefer: continue-on-error' }, true);
  return { method: 'POST', query: '$batch', headers, body };
}

/** The answers in the answer of a batch. @param {unknown} json @returns {Part[]} */
export function partsOfBatch(json) {
  const responses = isObject(json) ? json.responses : undefined;
  return Array.isArray(responses)
    ? responses.filter(isObject).map(({ id, status, headers, body }) => ({
        id: String(id),
        status: Number(status),
        headers: isObject(headers) ? /** @type {Record<string, string>} */ (headers) : {},
        body,
      }))
    : [];
}
