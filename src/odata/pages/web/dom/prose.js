import { h } from './h.js';
import { visible } from './visible.js';

/**
 * Descriptions, which may be written in CommonMark (OpenAPI 3.1, 4.1): of that, paragraphs, lists, code and links. Everything
 * else, markup too, stands as it was written.
 * @typedef {import('./h.js').Child} Child
 */

const spans = /`([^`]+)`|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;

/** The words of one line. @param {string} text @returns {Child[]} */
function wordsOf(text) {
  const words = /** @type {Child[]} */ ([]);
  let at = 0;
  for (const { 0: whole, 1: code, 2: label = '', 3: href, index } of text.matchAll(spans)) {
    words.push(visible(text.slice(at, index)));
    words.push(code !== undefined ? h('code', {}, visible(code)) : h('a', { href, rel: 'noreferrer' }, visible(label)));
    at = index + whole.length;
  }
  return [...words, visible(text.slice(at))];
}

/** The first line of a description. @param {string} text @returns {Child[]} */
export const headline = (text) => wordsOf(text.trim().split('\n')[0] ?? '');

/** @param {string} text @returns {HTMLElement[]} */
export function prose(text) {
  const blocks = text.split(/\n\s*\n/).filter((block) => block.trim() !== '');
  return blocks.map((block) => {
    const lines = block.trim().split('\n');
    const items = lines.map((line) => /^\s*[*-]\s+(.*)$/.exec(line)?.[1]);
    return items.every((item) => item !== undefined)
      ? h('ul', {}, ...items.map((item) => h('li', {}, ...wordsOf(item ?? ''))))
      : h('p', {}, ...wordsOf(lines.join(' ')));
  });
}
