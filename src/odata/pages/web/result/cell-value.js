import { button, h } from '../dom/h.js';
import { beginning, counted, visible } from '../dom/visible.js';
import { isObject, isRawNumber } from '../request/json.js';
import { JsonView } from './json-view.js';

/** What stands in cells of a table. */

/** Units of a text that are shown. */
const longest = 200;

/** @param {unknown} value no object @returns {HTMLElement} */
export function scalarCell(value) {
  if (value === null) return h('span', { class: 'quiet' }, 'null');
  if (value === undefined) return h('span', { class: 'quiet' }, '');
  if (typeof value !== 'string')
    return h('span', { class: 'literal' }, isRawNumber(value) ? value.rawJSON : String(value));
  const cut = value.length > longest;
  const more = cut && h('span', { class: 'quiet' }, ` … ${counted(value.length)} characters`);
  return h('bdi', {}, visible(beginning(value, longest)), more);
}

/**
 * Control information: a link leads on, what was removed says why.
 * @param {unknown} value
 * @param {{ link: (text: string, query: string) => HTMLElement, queryOf: (url: string) => string }} actions
 * @returns {HTMLElement[]}
 */
export function controlCell(value, { link, queryOf }) {
  if (typeof value !== 'string')
    return isObject(value) ? [h('span', {}, `removed: ${visible(String(value.reason))}`)] : [];
  const query = queryOf(value);
  const anchor = link(query, query);
  anchor.dataset.unit = '';
  return [anchor];
}

/**
 * An object or a collection: how much is in it; the rest is made when it is opened.
 * @param {object} value
 * @param {{ where: import('./json-view.js').Where, edit: (() => void) | undefined }} how `edit` where it can be changed
 * @returns {HTMLElement[]}
 */
export function foldedCell(value, { where, edit }) {
  const length = Array.isArray(value) ? value.length : Object.keys(value).filter((name) => !name.includes('@')).length;
  const text = Array.isArray(value) ? `[${counted(length)}]` : `{${counted(length)}}`;
  const inside = h('div', { hidden: true });
  const fill = () => {
    inside.append(new JsonView(where).write(value));
    if (edit) inside.append(button('Edit', edit, { class: 'plain' }));
    if (where.path !== '' && where.linkTo) inside.append(' ', where.linkTo('Open', where.path));
  };
  const toggle = button(
    `▸ ${text}`,
    () => {
      if (inside.childElementCount === 0) fill();
      inside.hidden = !inside.hidden;
      toggle.textContent = `${inside.hidden ? '▸' : '▾'} ${text}`;
      toggle.setAttribute('aria-expanded', String(!inside.hidden));
    },
    { 'data-unit': true, class: 'plain', 'aria-expanded': 'false' },
  );
  return [toggle, inside];
}

/**
 * What can be done with a stream.
 * @param {string} path @param {{ download: (path: string) => void, upload?: ((path: string) => void) | undefined }} actions
 */
export function streamCell(path, { download, upload }) {
  const plain = (/** @type {string} */ text, /** @type {() => void} */ act) =>
    button(text, act, { 'data-unit': true, class: 'plain' });
  return [plain('Download', () => download(path)), ...(upload ? [plain('Upload …', () => upload(path))] : [])];
}
