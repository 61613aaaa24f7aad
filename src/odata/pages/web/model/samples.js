import { isRawNumber, textOf } from '../request/json.js';
import { isNumber, literalOf } from './literals.js';
import { isKey } from './model.js';
import { operationsOn } from './paths.js';

/**
 * Requests that run, made of the model.
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Root} Root
 * @typedef {import('./model.js').Operation} Operation
 * @typedef {import('./model.js').Property} Property
 * @typedef {{ title: string, method: string, query: string, body: string }} Sample
 */

/** @param {string} title @param {string} query @returns {Sample} */
const read = (title, query) => ({ title, method: 'GET', query, body: '' });

/** @param {Model} model @returns {Sample[]} */
export function samplesOf(model) {
  return model.roots.flatMap((root) => (root.set ? samplesOfSet(model, root) : [read(`The ${root.name}`, root.name)]));
}

/** @param {Model} model @param {Root} root @returns {Sample[]} */
function samplesOfSet(model, { name, type }) {
  const properties = [...(model.types.get(type)?.properties.values() ?? [])];
  const single = properties.filter(({ collection, navigation }) => !collection && !navigation);
  const word = single.find((one) => one.type === 'Edm.String' && !isKey(model, type, one.name));
  const measure = single.find((one) => isNumber(one.type));
  const group = groupIn(model, type, 2) ?? (word ?? measure)?.name;
  const related = properties.find(({ navigation }) => navigation);
  const changes = operationsOn(model, { type, collection: true }).some((one) => /(?:^|\.)delta$/.test(one.name));
  return [
    read(`The first ${name}, and how many there are`, `${name}?$top=10&$count=true`),
    ...(word ? [read(`${name} by ${word.name}`, `${name}?$filter=${word.name} ne null&$orderby=${word.name}`)] : []),
    ...(measure
      ? [read(`${name} with the highest ${measure.name}`, `${name}?$orderby=${measure.name} desc&$top=5`)]
      : []),
    ...(related ? [read(`${name} with their ${related.name}`, `${name}?$top=5&$expand=${related.name}`)] : []),
    ...(group
      ? [
          read(
            `How many ${name} by ${group}, as a chart`,
            `${name}?$apply=groupby((${group}),aggregate($count as number))`,
          ),
        ]
      : []),
    ...(changes ? [read(`Changes of ${name}`, `${name}/delta`)] : []),
  ];
}

/**
 * The path of what a few groups can be made by: an enumeration or a Boolean, in an entity or one that it has.
 * @param {Model} model @param {string} type @param {number} depth @returns {string | undefined}
 */
function groupIn(model, type, depth) {
  const single = [...(model.types.get(type)?.properties.values() ?? [])].filter(({ collection }) => !collection);
  const own = single.find((one) => model.enums.has(one.type)) ?? single.find((one) => one.type === 'Edm.Boolean');
  if (own !== undefined || depth === 1) return own?.name;
  const inner = single.map(({ name, type: of }) => [name, groupIn(model, of, depth - 1)]);
  const found = inner.find(([, path]) => path !== undefined);
  return found?.join('/');
}

/**
 * The call of an operation.
 * @param {Operation} operation @param {string | undefined} place of what it is bound to
 * @param {ReadonlyMap<string, unknown>} [given] parameters @returns {Sample}
 */
export function callOf(operation, place, given = new Map()) {
  const path = `${place === undefined ? '' : `${place}/`}${operation.name}`;
  const title = operation.name;
  const values = [...given];
  if (operation.action) {
    const body = values.length === 0 ? '' : JSON.stringify(Object.fromEntries(values), undefined, 2);
    return { title, method: 'POST', query: path, body };
  }
  // Values through aliases: they may be of any type, and are easy to change (OData 4.01 Protocol 11.5.4.1.1).
  const typeOf = (/** @type {string} */ name) => operation.parameters.find((one) => one.name === name)?.type ?? '';
  const names = values.map(([name]) => `${name}=@${name}`);
  const aliases = values.map(([name, value]) => `@${name}=${aliasValue(value, typeOf(name))}`);
  const query = `${path}(${names.join(',')})${aliases.length === 0 ? '' : `?${aliases.join('&')}`}`;
  return { title, method: 'GET', query, body: '' };
}

/** @param {unknown} value @param {string} type */
function aliasValue(value, type) {
  const isPrimitive = value !== null && (typeof value !== 'object' || isRawNumber(value));
  const text = isPrimitive ? literalOf(type, isRawNumber(value) ? value.rawJSON : String(value)) : textOf(value);
  return text.replaceAll('%', '%25').replaceAll('&', '%26');
}
