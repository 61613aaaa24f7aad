/**
 * JSON of answers, with every digit of its numbers.
 * @typedef {{ rawJSON: string }} RawNumber a number that a double would change, as it stands in the text
 */

/** Newer than the types of the language: `JSON.rawJSON`, and the third parameter of a reviver. */
const json = /** @type {{ rawJSON?: (text: string) => RawNumber }} */ (/** @type {unknown} */ (JSON));

/** Where a text may have a number that is more than a double can say. */
const long = /\d{16}|\d\.\d{15}|\d[eE]/;

/**
 * A number as it stands in a text: as a double where that is the same number.
 * @param {string} text of a JSON number @returns {number | RawNumber}
 */
export function exactNumber(text) {
  const value = Number(text);
  return String(value) === text || json.rawJSON === undefined ? value : json.rawJSON(text);
}

/**
 * @param {string} text @returns {unknown}
 * @throws {SyntaxError}
 */
export function parseJson(text) {
  if (!long.test(text)) return JSON.parse(text);
  /** @param {string} _name @param {unknown} value @param {{ source?: string }} [context] */
  const revive = (_name, value, context) =>
    typeof value === 'number' && context?.source !== undefined ? exactNumber(context.source) : value;
  return JSON.parse(text, /** @type {(name: string, value: any) => any} */ (revive));
}

/** @param {unknown} value @returns {value is RawNumber} */
export function isRawNumber(value) {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null && 'rawJSON' in value;
}

/** @param {unknown} value @returns {value is Record<string, unknown>} whether it is an object of JSON */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** @param {unknown} value @returns {string} its JSON, on one line */
export const textOf = (value) => JSON.stringify(value);
