import { isNumber } from '../model/literals.js';
import { exactNumber, isRawNumber, parseJson } from '../request/json.js';

/**
 * Values as people type them into fields, and as JSON has them.
 * @typedef {{ value: unknown } | { fault: string }} Read
 */

/** @param {unknown} value of a primitive type @returns {string} as it stands in a field */
export function typedText(value) {
  if (value === null || value === undefined) return '';
  return isRawNumber(value) ? value.rawJSON : String(value);
}

/**
 * Reads what was typed for a primitive type; what the service alone can judge (lengths, patterns, bounds) is left to it.
 * @param {string} type @param {string} text @returns {Read}
 */
export function readText(type, text) {
  const trimmed = text.trim();
  if (isNumber(type)) {
    if (/^(?:-?INF|NaN)$/.test(trimmed)) return { value: trimmed };
    if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(trimmed))
      return { value: exactNumber(trimmed.replace(/^(-?)0+(?=\d)/, '$1')) };
    return { fault: 'This must be a number.' };
  }
  return { value: type === 'Edm.String' ? text : trimmed };
}

/** @param {string} text @returns {Read} */
export function readJson(text) {
  try {
    return { value: parseJson(text) };
  } catch (error) {
    return { fault: `This is no JSON: ${error instanceof Error ? error.message : error}` };
  }
}
