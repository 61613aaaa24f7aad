import { headersOf, noSwitches } from './headers.js';
import { isObject, parseJson, textOf } from './json.js';
import { hasBody } from './send.js';
import { urlOf } from './url.js';

/**
 * Several requests in one (OData 4.01 JSON 19).
 * @typedef {import('./send.js').Asked} Asked
 * @typedef {{ id: string, status: number, headers: Record<string, string>, body: unknown }} Part
 */

/** A body as a member of the batch: JSON where it is some, else the text. @param {string | Blob} body */
function bodyOf(body) {
  try {
    return parseJson(String(body));
  } catch {
    return String(body);
  }
}

/**
 * @param {readonly Asked[]} requests @param {boolean} together whether all are made or none
 * @returns {Asked} the request that carries them
 */
export function batchOf(requests, together) {
  const parts = requests.map((asked, index) => ({
    id: String(index + 1),
    ...(together && asked.method !== 'GET' ? { atomicityGroup: 'together' } : {}),
    method: asked.method,
    url: urlOf(asked.query),
    headers: Object.fromEntries(asked.headers),
    ...(hasBody(asked) ? { body: bodyOf(asked.body) } : {}),
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
