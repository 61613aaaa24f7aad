import { piecesOf } from './pieces.js';
import { partsOf } from './url.js';

/**
 * Single options of a query, read and written.
 * @typedef {{ path: string, descending: boolean }} OrderItem
 */

/** @param {string} text of an option @returns {string} its name, without `$` */
const nameOf = (text) =>
  text
    .slice(0, text.includes('=') ? text.indexOf('=') : text.length)
    .toLowerCase()
    .replace(/^\$/, '');

/**
 * @param {string} query @param {string} name with or without `$`
 * @returns {string | undefined} the value as it was written
 */
export function optionOf(query, name) {
  const wanted = name.replace(/^\$/, '');
  const option = partsOf(query).options.find(({ text }) => nameOf(text) === wanted);
  return option?.text.slice(option.text.indexOf('=') + 1);
}

/**
 * The query with an option set, where it stood or at the end; without it where there is no value.
 * @param {string} query @param {string} name with `$` @param {string | undefined} value @returns {string}
 */
export function withOption(query, name, value) {
  const { path, options } = partsOf(query);
  const wanted = name.replace(/^\$/, '');
  const written = value === undefined ? [] : [`${name}=${value}`];
  const at = options.findIndex(({ text }) => nameOf(text) === wanted);
  const texts = options.map(({ text }) => text);
  if (at < 0) texts.push(...written);
  else texts.splice(at, 1, ...written);
  return texts.length === 0 ? path : `${path}?${texts.join('&')}`;
}

/** A list at commas outside of quotes and parentheses. @param {string} text @returns {string[]} */
export const listOf = (text) =>
  piecesOf(text, ',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** @param {string} query @returns {OrderItem[]} */
export function orderOf(query) {
  return listOf(optionOf(query, '$orderby') ?? '').map((item) => {
    const [, path = item, direction = 'asc'] = /^(.*?)(?:\s+(asc|desc))?$/.exec(item) ?? [];
    return { path, descending: direction === 'desc' };
  });
}

/**
 * The query with the next order of a property: ascending, descending, none. Other properties stay behind it.
 * @param {string} query @param {string} path @returns {string}
 */
export function withNextOrder(query, path) {
  const items = orderOf(query);
  const now = items.find((item) => item.path === path);
  const others = items.filter((item) => item.path !== path);
  const own = now === undefined ? [{ path, descending: false }] : now.descending ? [] : [{ path, descending: true }];
  const written = [...own, ...others].map((item) => `${item.path}${item.descending ? ' desc' : ''}`);
  return withOption(firstPage(query), '$orderby', written.length === 0 ? undefined : written.join(','));
}

/** The query with one condition more. @param {string} query @param {string} condition @returns {string} */
export function withCondition(query, condition) {
  const before = optionOf(query, '$filter');
  const both = before === undefined || before === '' ? condition : `${grouped(before)} and ${grouped(condition)}`;
  return withOption(firstPage(query), '$filter', both);
}

/** A page belongs to its query: another query begins anew. @param {string} query */
const firstPage = (query) => withOption(query, '$skiptoken', undefined);

/** @param {string} condition @returns {string} */
const grouped = (condition) => (/\bor\b/.test(condition.replace(/'(?:[^']|'')*'/g, '')) ? `(${condition})` : condition);
