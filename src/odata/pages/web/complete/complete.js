import { nameOf, walk } from '../model/model.js';
import { typeOfPath } from '../model/paths.js';
import { inAggregate, inApply } from './apply.js';
import { inPath } from './in-path.js';
import { joinedIn, pathAtEnd, scopeAt } from './scope.js';
import { propertiesOf, suggestion } from './suggestion.js';

/**
 * What can stand at the cursor of a query.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Typed} Typed
 * @typedef {import('./suggestion.js').Suggestion} Suggestion
 * @typedef {import('./suggestion.js').Found} Found
 * @typedef {import('./scope.js').Scope} Scope
 * @typedef {{ from: number, suggestions: Suggestion[] }} Completion what would replace the text between `from` and the cursor
 */

/** Options of a query, and whether they are known inside `$expand(…)` and `$select(…)`. */
const options = new Map([
  ['$filter', 'condition'],
  ['$select', 'properties'],
  ['$expand', 'related entities'],
  ['$orderby', 'order'],
  ['$top', 'number'],
  ['$skip', 'number'],
  ['$count', 'true or false'],
  ['$search', 'words'],
  ['$compute', 'expression as name'],
  ['$apply', 'aggregation'],
  ['$format', 'how it is answered'],
  ['$levels', 'number, or max'],
]);
/** Those of `$expand(…)` only. */
const innerOnly = new Set(['$levels']);
const outerOnly = new Set(['$apply', '$format']);
/** Units of a query that is completed: those of a URL that services take. */
const longest = 8000;
const operators = /^(and|or|eq|ne|gt|ge|lt|le|add|sub|mul|div|divby|mod|in|has)$/;

/**
 * Suggests what could stand at the cursor of a query.
 * @param {Model} model
 * @param {string} text path and options, not percent-encoded
 * @param {number} cursor
 * @returns {Completion}
 */
export function complete(model, text, cursor) {
  // No service takes more, and who types that much is helped by nothing but an answer.
  if (text.length > longest) return { from: cursor, suggestions: [] };
  const before = text.slice(0, cursor);
  const mark = before.indexOf('?');
  const { partial, suggestions } =
    mark < 0 ? inPath(model, before) : inOptions(model, before.slice(0, mark), before.slice(mark + 1));
  const wanted = partial.toLowerCase();
  const fitting = suggestions.filter(({ text: name }) => name.toLowerCase().startsWith(wanted) && name !== partial);
  return { from: cursor - partial.length, suggestions: fitting };
}

/** @param {Model} model @param {string} path @param {string} query @returns {Found} */
function inOptions(model, path, query) {
  const item = typeOfPath(model, path);
  const scope = scopeAt(model, query, { option: undefined, item, variables: joinedIn(model, path), parts: false });
  const partial = pathAtEnd(query);
  if (scope.option === undefined) {
    const names = [...options].filter(([name]) => !(scope.parts ? outerOnly : innerOnly).has(name));
    const aliases = scope.parts ? [] : aliasesOf(`${path}?${query}`);
    const all = [...names, ...aliases.map((name) => [name, 'value'])];
    return { partial, suggestions: all.map(([name, detail]) => suggestion(`${name}=`, detail)) };
  }
  return inValue(model, scope, query, partial);
}

/** Aliases that a query speaks of and that have no value yet. @param {string} query @returns {string[]} */
function aliasesOf(query) {
  const names = [...query.matchAll(/(?<![\w.])@\w+(?![\w.])/g)].map(([name]) => name);
  return [...new Set(names)].filter((name) => !query.includes(`&${name}=`) && !query.includes(`?${name}=`));
}

/** Formats of answers (OData 4.01 JSON 3). */
const formats = ['json', ...['none', 'minimal', 'full'].map((level) => `application/json;odata.metadata=${level}`)];

/** What stands behind items, whatever they are (OData Data Aggregation 4.0, 3.6). */
const ofItems = [suggestion('$count', 'number'), suggestion('aggregate(', 'one value of all')];

/** @param {Model} model @param {Scope} scope @param {string} query @param {string} partial @returns {Found} */
function inValue(model, scope, query, partial) {
  const { option, item, variables, aggregated } = scope;
  if (aggregated !== undefined && !partial.includes('/')) {
    const found = inAggregate(propertiesOf(model, item), query.slice(aggregated, query.length - partial.length));
    return { partial, suggestions: found };
  }
  if (option === '$apply') {
    const value = query.slice(query.lastIndexOf('$apply=') + '$apply='.length);
    const found = inApply(model, item, value, partial.slice(partial.lastIndexOf('/') + 1));
    if (found !== undefined) return { partial: partial.slice(partial.lastIndexOf('/') + 1), suggestions: found };
  }
  const names = partial.split('/');
  const last = names.pop() ?? '';
  const [first = '', ...rest] = names;
  const variable = variables.get(first);
  const from = variable ?? item;
  const owner = from && walk(model, from, variable === undefined ? names : rest);
  if (first === '$root' && names.length === 1)
    return {
      partial: last,
      suggestions: model.roots.map(({ name, description }) => suggestion(name, '', description)),
    };
  if (first === '$these') return { partial: last, suggestions: ofItems };
  if (names.length > 0) {
    const ofCollection = owner?.collection ? [suggestion('any('), suggestion('all('), ...ofItems] : [];
    const single = owner?.collection ? [] : propertiesOf(model, owner);
    return { partial: last, suggestions: [...ofCollection, ...single] };
  }
  const properties = propertiesOf(model, item);
  const joined = [...variables].map(([name, typed]) => suggestion(name, nameOf(typed)));
  switch (option) {
    case '$format':
      return {
        partial: /format=([^&]*)$/i.exec(query)?.[1] ?? '',
        suggestions: formats.map((name) => suggestion(name)),
      };
    case '$levels':
      return { partial: last, suggestions: [suggestion('max', 'as deep as it goes')] };
    case '$count':
      return { partial: last, suggestions: ['true', 'false'].map((name) => suggestion(name)) };
    case '$expand': {
      const navigation = model.types.get(item?.type ?? '')?.properties;
      const related = properties.filter(({ text }) => navigation?.get(text)?.navigation);
      return { partial: last, suggestions: [...joined, ...related] };
    }
    case '$select':
      return { partial: last, suggestions: [...joined, ...properties] };
    case '$orderby':
    case '$filter':
    case '$compute':
    case '$apply':
      return { partial: last, suggestions: inExpression(model, { item, variables, properties }, query, last) };
    default:
      return { partial: last, suggestions: [] };
  }
}

/**
 * @param {Model} model
 * @param {{ item: Typed | undefined, variables: Map<string, Typed>, properties: Suggestion[] }} about
 * @param {string} query
 * @param {string} partial
 * @returns {Suggestion[]}
 */
function inExpression(model, { item, variables, properties }, query, partial) {
  const before = query.slice(0, query.length - partial.length);
  const compared = /([\w$/.]+)\s+(?:eq|ne|gt|ge|lt|le|has|in)\s+\(?'?$/.exec(before)?.[1];
  const members = compared === undefined ? undefined : membersOf(model, { item, variables }, compared);
  if (members !== undefined) {
    const quote = before.endsWith("'") ? '' : "'";
    return [...members].map(([name, text]) => suggestion(`${quote}${name}'`, 'member', text));
  }
  // Behind an operand stands an operator.
  if (/[\w')\]]\s+$/.test(before) && !operators.test(/(\w+)\s+$/.exec(before)?.[1] ?? '')) {
    const words = model.functions.filter((name) => operators.test(name));
    return [...words.map((name) => suggestion(name, 'operator')), suggestion('asc'), suggestion('desc')];
  }
  const functions = model.functions.filter((name) => !operators.test(name) && !/^(any|all|not)$/.test(name));
  return [
    ...[...variables].map(([name, typed]) => suggestion(name, nameOf(typed))),
    ...properties,
    ...functions.map((name) => suggestion(`${name}(`, 'function')),
    ...['not', 'null', 'true', 'false'].map((name) => suggestion(name)),
    suggestion('$these/', 'all that the option is about'),
    suggestion('$root/', 'entities by their paths'),
  ];
}

/**
 * @param {Model} model
 * @param {{ item: Typed | undefined, variables: Map<string, Typed> }} about
 * @param {string} path
 */
function membersOf(model, { item, variables }, path) {
  const [first = '', ...rest] = path.split('/');
  const variable = variables.get(first);
  const from = variable ?? item;
  const typed = from && walk(model, from, variable === undefined ? [first, ...rest] : rest);
  return typed && model.enums.get(typed.type);
}
