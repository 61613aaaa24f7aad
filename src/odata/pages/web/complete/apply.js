import { isKindOf, nameOf } from '../model/model.js';
import { piecesOf } from '../request/pieces.js';
import { suggestion } from './suggestion.js';

/**
 * What can stand in `$apply` (OData Data Aggregation 4.0, 3).
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Typed} Typed
 * @typedef {import('./suggestion.js').Suggestion} Suggestion
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
  ['topsum(', 'the rows with the highest values, up to a sum'],
  ['toppercent(', 'the same, up to a part of all'],
  ['bottomcount(', 'the n rows with the lowest values'],
  ['bottomsum(', 'the rows with the lowest values, up to a sum'],
  ['bottompercent(', 'the same, up to a part of all'],
  ['concat(', 'rows of several transformations'],
  ['expand(', 'related entities'],
  ['join(', 'each member of a collection beside its owner'],
  ['outerjoin(', 'the same, with owners that have none'],
  ['nest(', 'what transformations give, as a property of one row'],
  ['addnested(', 'what transformations give of a collection inside'],
  ['identity', 'as it is'],
];
const ending = [{ text: 'as ', detail: 'name', description: '' }];
/** Those that walk along a hierarchy (Data Aggregation 6.2). @type {readonly (readonly [string, string])[]} */
const walks = [
  ['ancestors(', 'what is above'],
  ['descendants(', 'what is below'],
  ['traverse(', 'all of a hierarchy, in its order'],
];
const methods = ['sum', 'min', 'max', 'average', 'countdistinct'];

/**
 * @param {Model} model @param {Typed | undefined} item @param {string} value of the option up to the cursor
 * @param {string} partial the word before the cursor @returns {Suggestion[] | undefined} undefined: what an expression may have
 */
export function inApply(model, item, value, partial) {
  const before = value.slice(0, value.length - partial.length);
  const around = innermost(before);
  const properties = [...(model.types.get(item?.type ?? '')?.properties.values() ?? [])];
  const hasHierarchies = [...model.types.values()].some(({ hierarchies }) => hierarchies.length > 0);
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
        ...(hasHierarchies ? [suggestion('rolluprecursive(', 'along a hierarchy')] : []),
      ];
    case 'rolluprecursive':
    case 'ancestors':
    case 'descendants':
    case 'traverse':
      return inHierarchy(around);
    case 'expand':
      return named.filter(({ text }) => properties.find(({ name }) => name === text)?.navigation);
    case 'join':
    case 'outerjoin':
    case 'addnested':
      if (/[)\w]\s+$/.test(around.text)) return ending;
      return /,\s*$/.test(around.text) ? sequence() : collections();
    case 'nest':
      return /[)\w]\s+$/.test(around.text) ? ending : sequence();
    case 'top':
    case 'skip':
    case 'search':
      return [];
    default:
      return undefined;
  }

  function sequence() {
    const all = [...transformations, ...(hasHierarchies ? walks : [])];
    return all.map(([text, detail]) => suggestion(text, detail));
  }

  function collections() {
    const structured = properties.filter(({ type, collection }) => collection && model.types.has(type));
    return named.filter(({ text }) => structured.some(({ name }) => name === text));
  }

  /** The arguments of what walks along a hierarchy, one after the other. @param {{ name: string, text: string }} walk @returns {Suggestion[]} */
  function inHierarchy({ name, text }) {
    const before = piecesOf(text, ',');
    const set = model.roots.find((root) => root.name === /\$root\/(\w+)/.exec(before[0] ?? '')?.[1]);
    const hierarchies = model.types.get(set?.type ?? '')?.hierarchies ?? [];
    switch (before.length) {
      case 1: {
        const sets = model.roots.filter((root) => (model.types.get(root.type)?.hierarchies.length ?? 0) > 0);
        return sets.map((root) => suggestion(text.endsWith('$root/') ? root.name : `$root/${root.name}`, 'nodes'));
      }
      case 2:
        return hierarchies.map((one) => suggestion(one.name, 'hierarchy'));
      case 3:
        return nodesOf(
          set,
          hierarchies.find((one) => one.name === before[1]?.trim()),
        );
      default:
        if (name === 'traverse' && before.length === 4) return [suggestion('preorder'), suggestion('postorder')];
        return [
          ...sequence(),
          ...(/cendants|cestors/.test(name) ? [suggestion('keep start', 'with where it begins')] : []),
        ];
    }
  }

  /** @param {import('../model/model.js').Root | undefined} set @param {import('../model/model.js').Hierarchy | undefined} hierarchy @returns {Suggestion[]} paths of what names a node */
  function nodesOf(set, hierarchy) {
    if (set === undefined || hierarchy === undefined) return named;
    const own = isKindOf(model, item?.type ?? '', set.type) ? [suggestion(hierarchy.node, 'the node')] : [];
    const related = properties.filter(({ type, navigation }) => navigation && isKindOf(model, type, set.type));
    const there = related.map(({ name }) => suggestion(`${name}/${hierarchy.node}`, 'the node'));
    return [...own, ...there, ...named.filter(({ text }) => !own.some((one) => one.text === text))];
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
