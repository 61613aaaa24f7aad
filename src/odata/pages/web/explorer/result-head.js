import { button, h } from '../dom/h.js';
import { counted } from '../dom/visible.js';
import { control, membersPlace, operationsOn, parentOf, segmentsOf, typeOfPath } from '../model/paths.js';
import { tagOf } from '../edit/editing.js';
import { isObject } from '../request/json.js';
import { headerOf } from '../request/send.js';
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
 * Whether an entity can be deleted: one inside of another is a part of that one.
 * @param {Model} model @param {string} path
 */
function canRemove(model, path) {
  const { set = false, updatable = false, deletable = false } = rootOf(model, path) ?? {};
  const isMember = set && segmentsOf(parentOf(model, path) ?? '').length === 1;
  return isMember ? deletable : updatable && parentOf(model, path) !== undefined;
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
  const { editing, download, call, upload } = around;
  const { insertable = false, updatable = false } = rootOf(model, path) ?? {};
  const plain = (/** @type {string} */ text, /** @type {() => void} */ act) => button(text, act, { class: 'plain' });
  const place = membersPlace(path);
  const deeds = type.collection
    ? [structured.entity && insertable && plain('New', () => around.create(place, type.type))]
    : [
        updatable && plain('Edit', () => void editing.edit(model, path, type.type)),
        structured.entity && canRemove(model, path) && plain('Delete', () => void editing.remove(path, tagOf(answer))),
        structured.stream && plain('Download', () => download(`${path}/$value`)),
        structured.stream && updatable && plain('Upload …', () => upload('PUT', `${path}/$value`)),
      ];
  const operations = operationsOn(model, type).map((one) =>
    plain(`${one.name.slice(one.name.lastIndexOf('.') + 1)} …`, () => call({ operation: one, place })),
  );
  return h('p', { class: 'deeds' }, ...deeds, ...operations);
}

/**
 * Where else an answer leads: to what was made, or to where a later one will be (OData 4.01 Protocol 8.3.3, 11.6).
 * @param {string} root @param {Answer} answer
 */
export function locationOf(root, answer) {
  const location = headerOf(answer, 'location');
  if (location === undefined || !location.includes(new URL(root).pathname)) return h('span');
  const query = queryOf(root, location);
  const text = answer.status === 202 ? 'Look whether it is done' : 'Where it is';
  return h('p', {}, link(`${text}: ${query}`, query));
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
