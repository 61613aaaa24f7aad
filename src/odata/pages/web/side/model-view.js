import { button, h } from '../dom/h.js';
import { visible } from '../dom/visible.js';
import { isKey, nameOf } from '../model/model.js';
import { operationsOn } from '../model/paths.js';

/**
 * The model, to look at and to begin with.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Root} Root
 * @typedef {import('../model/model.js').Operation} Operation
 * @typedef {import('../model/model.js').StructuredType} StructuredType
 * @typedef {{ link: (text: string, query: string) => HTMLElement, call: (call: import('../edit/call-form.js').Call) => void, create: (root: Root) => void }} ModelActions
 */

/** @param {Model} model @param {ModelActions} actions @returns {HTMLElement[]} */
export function modelView(model, actions) {
  const unbound = model.operations.filter(({ binding }) => binding === undefined);
  return [
    ...model.roots.map((root) => rootView(model, root, actions)),
    ...(unbound.length === 0 ? [] : [h('h3', {}, 'Operations'), operationList(unbound, { place: undefined }, actions)]),
    folded('All types', () =>
      [...model.types.values()].map((type) => folded(shortName(type.name), () => typeView(model, type))),
    ),
    ...(model.enums.size === 0
      ? []
      : [folded('Enumerations', () => [...model.enums].map(([name, members]) => enumView(name, members)))]),
  ];
}

/** @param {string} name */
const shortName = (name) => name.slice(name.lastIndexOf('.') + 1);

/** What is made when it is opened. @param {string} title @param {() => HTMLElement[]} fill @returns {HTMLElement} */
function folded(title, fill) {
  const details = h('details', {}, h('summary', {}, title));
  details.addEventListener('toggle', () => details.childElementCount === 1 && details.append(...fill()));
  return details;
}

/** @param {Model} model @param {Root} root @param {ModelActions} actions */
function rootView(model, root, actions) {
  const { name, type, set } = root;
  const declared = model.types.get(type);
  const bound = [
    ...(set ? operationsOn(model, { type, collection: true }) : []),
    ...(set ? [] : operationsOn(model, { type, collection: false })),
  ];
  const ofMember = set ? operationsOn(model, { type, collection: false }) : [];
  return h(
    'section',
    { class: 'root' },
    h('h3', {}, actions.link(name, name), ' ', h('span', { class: 'hint' }, set ? 'set' : 'singleton')),
    h('p', { class: 'hint' }, root.description || declared?.description || ''),
    root.insertable && button(`New in ${name}`, () => actions.create(root), { class: 'plain' }),
    folded(`Properties of ${shortName(type)}`, () => (declared ? typeView(model, declared) : [])),
    bound.length > 0 && folded(`Operations on ${name}`, () => [operationList(bound, { place: name }, actions)]),
    ofMember.length > 0 &&
      folded(`Operations on one of ${name}`, () => [operationList(ofMember, { place: name, member: type }, actions)]),
  );
}

/** @param {Model} model @param {StructuredType} type @returns {HTMLElement[]} */
function typeView(model, type) {
  const terms = [...type.properties.values()].flatMap((property) => [
    h(
      'dt',
      {},
      h('code', {}, property.name),
      isKey(model, type.name, property.name) && ' (key)',
      h('span', { class: 'hint' }, ` ${nameOf(property)}${property.navigation ? ' →' : ''}`),
    ),
    h('dd', {}, visible(property.description), ...inner(model, property.type)),
  ]);
  return [
    h('p', { class: 'hint' }, visible(type.description)),
    terms.length === 0 ? h('p', {}, 'It has no properties.') : h('dl', {}, ...terms),
  ];
}

/** @param {Model} model @param {string} type @returns {HTMLElement[]} what a complex type or an enumeration is made of */
function inner(model, type) {
  const members = model.enums.get(type);
  if (members !== undefined) return [enumView(type, members)];
  const structured = model.types.get(type);
  return structured === undefined || structured.entity
    ? []
    : [folded(shortName(type), () => typeView(model, structured))];
}

/** @param {string} name @param {Map<string, string>} members */
function enumView(name, members) {
  return folded(shortName(name), () => [
    h(
      'dl',
      {},
      ...[...members].flatMap(([member, text]) => [h('dt', {}, h('code', {}, member)), h('dd', {}, visible(text))]),
    ),
  ]);
}

/** @param {Operation[]} operations @param {{ place: string | undefined, member?: string }} of @param {ModelActions} actions */
function operationList(operations, of, actions) {
  const items = operations.map((one) =>
    h(
      'li',
      {},
      button(shortName(one.name), () => actions.call({ operation: one, ...of }), { class: 'plain' }),
      h(
        'span',
        { class: 'hint' },
        ` ${one.action ? 'action' : 'function'}${one.returns ? `, gives ${nameOf(one.returns)}` : ''}. ${visible(one.description)}`,
      ),
    ),
  );
  return h('ul', {}, ...items);
}
