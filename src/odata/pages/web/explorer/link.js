import { h } from '../dom/h.js';
import { visible } from '../dom/visible.js';

/** @param {string} query @returns {string} the address of the page at which it asks for a query */
export const addressOf = (query) => `#${encodeURIComponent(query)}`;

/** The query that an address asks for. @param {string} hash @returns {string} empty where it asks for none */
export function queryOfAddress(hash) {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    // Somebody wrote it by hand.
    return hash.slice(1);
  }
}

/** @param {string} text @param {string} query @returns {HTMLElement} */
export const link = (text, query) => h('a', { href: addressOf(query) }, visible(text));
