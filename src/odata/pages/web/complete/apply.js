import { nameOf } from '../model/model.js';

/**
 * What can stand in `$apply` (OData Data Aggregation 4.0, 3).
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Typed} Typed
 * @typedef {{ text: string, detail: string, description: string }} Suggestion
 */

/** @type {readonly (readonly [string, string])[]} */
const transformations = [
  ['aggregate(', 'one row of sums, counts, averages'],
  ['groupby((', 'rows by the values of properties'],
  ['filter(', 'what a condition holds for'],
  ['search(', 'what words are found in'],
  ['compute(', 'values as new properties'],
  ['orderby(', 'order'],
  ['top(', 'the first rows'],
  ['skip(', 'all but the first rows'],
  ['topcount(', 'the n rows with the highest values'],
  ['bottomcount(', 'the n rows with the lowest values'],
  ['concat(', 'rows of several transformations'],
  ['expand(', 'related entities'],
  ['join(', 'each related entity beside its owner'],
  ['outerjoin(', 'the same, with owners that have none'],
  ['identity', 'as it is'],
];
const methods = ['sum', 'min', 'max', 'average', 'countdistinct'];

/** @param {string} text @param {string} [detail] @param {string} [description] @returns {Suggestion} */
const suggestion = (text, detail = '', description = '') => ({ text, detail, description });

/**
 * @param {Model} model @param {Typed | undefined} item @param {string} value of the option up to the cursor
 * @param {string} partial the word before the cursor @returns {Suggestion[] | undefined} undefined: what an expression may have
 */
export function inApply(model, item, value, partial) {
  const before = value.slice(0, value.length - partial.length);
  const around = innermost(before);
  const properties = [...(model.types.get(item?.type ?? '')?.properties.values() ?? [])];
  const named = properties.map((one) => suggestion(one.name, nameOf(one), one.description));
  switch (around.name) {
    case '':
    case 'concat':
      return sequence();
    case 'aggregate':
      return inAggregate(named, around.text, true);
    case 'groupby':
      // Behind the properties stands what is done to each group.
      return /\)\s*,\s*$/.test(around.text) || around.text.includes('/') ? sequence() : [suggestion('(', 'properties')];
    case 'groupby(':
      return [
        ...named.filter(({ text }) => !properties.find(({ name }) => name === text)?.collection),
        suggestion('rollup('),
      ];
    case 'expand':
    case 'join':
    case 'outerjoin':
      return named.filter(({ text }) => properties.find(({ name }) => name === text)?.navigation);
    case 'top':
    case 'skip':
    case 'search':
      return [];
    default:
      return undefined;
  }

  function sequence() {
    return transformations.map(([text, detail]) => suggestion(text, detail));
  }
}

/**
 * What can stand inside `aggregate(…)`.
 * @param {Suggestion[]} properties of the items @param {string} before what stands in it before the cursor
 * @param {boolean} [named] whether the value gets a name @returns {Suggestion[]}
 */
export function inAggregate(properties, before, named = false) {
  if (/\bwith\s+$/.test(before)) return methods.map((name) => suggestion(name, 'method'));
  if (/\bas\s+$/.test(before)) return [];
  const name = named ? [suggestion('as ', 'name')] : [];
  if (/\bwith\s+\w+\s+$/.test(before)) return [suggestion('from ', 'properties'), ...name];
  if (/[\w)/]\s+$/.test(before)) return [suggestion('with ', 'method'), ...name];
  return [...properties, suggestion(named ? '$count as ' : '$count', 'number of rows')];
}

/**
 * The transformation that the end of a text is inside of; `groupby(` is the list of properties in one.
 * @param {string} text @returns {{ name: string, text: string }} with the text behind its parenthesis
 */
function innermost(text) {
  /** @type {{ name: string, start: number }[]} */
  const stack = [{ name: '', start: 0 }];
  for (const { 0: token, 1: word = '', index } of text.matchAll(/'(?:[^']|'')*'?|([\w.]*)\(|\)/g)) {
    if (token.startsWith("'")) continue;
    const top = stack.at(-1);
    if (token === ')') {
      if (stack.length > 1) stack.pop();
    } else {
      stack.push({ name: word === '' && top?.name === 'groupby' ? 'groupby(' : word, start: index + token.length });
    }
  }
  const { name = '', start = 0 } = stack.at(-1) ?? {};
  return { name, text: text.slice(start) };
}
