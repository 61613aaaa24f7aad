import { isNumber } from './literals.js';
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

/** A value to begin with, of a type. @param {Model} model @param {{ type: string, collection: boolean }} typed @returns {unknown} */
export function placeholderOf(model, { type, collection }) {
  if (collection) return [];
  if (isNumber(type)) return 0;
  const [member] = model.enums.get(type)?.keys() ?? [];
  if (member !== undefined) return member;
  const texts = /** @type {Record<string, unknown>} */ ({
    'Edm.Boolean': false,
    'Edm.Date': '2026-01-01',
    'Edm.DateTimeOffset': '2026-01-01T00:00:00Z',
    'Edm.TimeOfDay': '12:00:00',
    'Edm.Duration': 'PT1H',
    'Edm.Guid': '00000000-0000-0000-0000-000000000000',
  });
  return type in texts ? texts[type] : model.types.has(type) ? {} : '';
}

/**
 * The call of an operation, with values to begin with.
 * @param {Model} model @param {Operation} operation @param {string | undefined} place of what it is bound to @returns {Sample}
 */
export function callOf(model, operation, place) {
  const path = `${place === undefined ? '' : `${place}/`}${operation.name}`;
  const title = operation.name;
  if (operation.action) {
    const values = operation.parameters.map((one) => [one.name, one.nullable ? null : placeholderOf(model, one)]);
    const body = values.length === 0 ? '' : JSON.stringify(Object.fromEntries(values), undefined, 2);
    return { title, method: 'POST', query: path, body };
  }
  // Values through aliases: they may be of any type, and are easy to change (OData 4.01 Protocol 11.5.4.1.1).
  const aliases = operation.parameters.map(({ name }) => `${name}=@${name}`);
  const values = operation.parameters.map((one) => `@${one.name}=${aliasValue(placeholderOf(model, one), one.type)}`);
  const query = `${path}(${aliases.join(',')})${values.length === 0 ? '' : `?${values.join('&')}`}`;
  return { title, method: 'GET', query, body: '' };
}

/** @param {unknown} value @param {string} type */
function aliasValue(value, type) {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^Edm\.(?:Date|DateTimeOffset|TimeOfDay|Guid)$/.test(type) ? value : `'${value}'`;
}
