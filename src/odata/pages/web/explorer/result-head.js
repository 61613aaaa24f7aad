import { button, h } from '../dom/h.js';
import { counted } from '../dom/visible.js';
import { control, membersPlace, operationsOn, parentOf, typeOfPath } from '../model/paths.js';
import { tagOf } from '../edit/editing.js';
import { callOf } from '../model/samples.js';
import { isObject } from '../request/json.js';
import { optionOf, withOption } from '../request/query-options.js';
import { queryOf } from '../request/url.js';
import { rowsOf } from '../result/columns.js';
import { link } from './link.js';

/**
 * What stands above an answer: where it leads, what can be done with it, how many there are.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../request/send.js').Answer} Answer
 * @typedef {import('./result-panel.js').Around} Around
 */

/** @param {Model} model @param {string} path @returns {import('../model/model.js').Root | undefined} the root that it begins at */
export const rootOf = (model, path) => model.roots.find(({ name }) => name === /^[^/(?]*/.exec(path)?.[0]);

/**
 * Where the resource leads: what it is inside of, and its navigation properties.
 * @param {Model | undefined} model @param {string} path
 */
export function linksOf(model, path) {
  const type = model && typeOfPath(model, path);
  const parent = model && parentOf(model, path);
  const properties =
    type === undefined || type.collection ? [] : [...(model?.types.get(type.type)?.properties.values() ?? [])];
  const navigation = properties.filter((property) => property.navigation);
  const links = [
    ...(parent === undefined ? [] : [link(`↑ ${parent}`, parent)]),
    ...navigation.map(({ name }) => link(`→ ${name}`, `${path}/${name}`)),
  ];
  return links.length === 0 ? h('span') : h('nav', { 'aria-label': 'Where this leads', class: 'links' }, ...links);
}

/**
 * What can be done with what is shown: buttons for changes, for its stream, and for the operations bound to it.
 * @param {Around} around @param {string} path @param {Answer} answer
 */
export function deedsOf(around, path, answer) {
  const model = around.model();
  const type = model && typeOfPath(model, path);
  const structured = type && model.types.get(type.type);
  if (model === undefined || structured === undefined || !type) return h('span');
  const { editing, download, open } = around;
  const { insertable = false, updatable = false } = rootOf(model, path) ?? {};
  const plain = (/** @type {string} */ text, /** @type {() => void} */ act) => button(text, act, { class: 'plain' });
  const place = membersPlace(path);
  const deeds = type.collection
    ? [structured.entity && insertable && plain('New', () => void editing.create(model, place, type.type))]
    : [
        updatable && plain('Edit', () => void editing.edit(model, path, type.type)),
        structured.entity &&
          updatable &&
          parentOf(model, path) !== undefined &&
          plain('Delete', () => void editing.remove(path, tagOf(answer))),
        structured.stream && plain('Download', () => download(`${path}/$value`)),
      ];
  const operations = operationsOn(model, type).map((one) =>
    plain(`${one.name.slice(one.name.lastIndexOf('.') + 1)} …`, () => open(callOf(model, one, place))),
  );
  return h('p', { class: 'deeds' }, ...deeds, ...operations);
}

/** How many there are, and where the next ones are. @param {string} root @param {string} query @param {Answer} answer */
export function pagerOf(root, query, answer) {
  const rows = rowsOf(answer.json);
  if (rows === undefined || rows.single) return h('span');
  const members = isObject(answer.json) ? answer.json : {};
  const all = members['@odata.count'] ?? members['@count'];
  const next = control(answer.json, 'nextLink');
  const isCounted = optionOf(query, '$count') === 'true';
  return h(
    'p',
    { class: 'pager' },
    `${counted(rows.rows.length)} ${all === undefined ? 'here' : `of ${all}`}`,
    !isCounted && link('Count all', withOption(query, '$count', 'true')),
    /skiptoken=/.test(query) && link('First page', withOption(query, '$skiptoken', undefined)),
    next !== undefined && link('Next page →', queryOf(root, next)),
  );
}
