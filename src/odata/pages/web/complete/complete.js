import { isKindOf, nameOf, walk } from '../model/model.js';
import { operationsOn, typeOfPath } from '../model/paths.js';
import { inAggregate, inApply } from './apply.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Typed} Typed
 * @typedef {{ text: string, detail: string, description: string }} Suggestion
 * @typedef {{ from: number, suggestions: Suggestion[] }} Completion what would replace the text between `from` and the cursor
 * @typedef {{
 *   option: string | undefined, item: Typed | undefined, variables: Map<string, Typed>, parts: boolean,
 *   aggregated?: number | undefined,
 * }} Scope `aggregated` is where the argument of `aggregate(…)` begins, inside one
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
]);
const outerOnly = new Set(['$apply']);
const operators = /^(and|or|eq|ne|gt|ge|lt|le|add|sub|mul|div|divby|mod|in|has)$/;
const partialPath = /[\w$@./]*$/;

/** @param {string} text @param {string} [detail] @param {string} [description] @returns {Suggestion} */
const suggestion = (text, detail = '', description = '') => ({ text, detail, description });

/**
 * @param {Model} model
 * @param {Typed | undefined} owner
 * @returns {Suggestion[]} its properties
 */
function propertiesOf(model, owner) {
  const properties = owner === undefined ? [] : [...(model.types.get(owner.type)?.properties.values() ?? [])];
  return properties.map((property) => suggestion(property.name, nameOf(property), property.description));
}

/**
 * Suggests what could stand at the cursor of a query.
 * @param {Model} model
 * @param {string} text path and options, not percent-encoded
 * @param {number} cursor
 * @returns {Completion}
 */
export function complete(model, text, cursor) {
  const before = text.slice(0, cursor);
  const mark = before.indexOf('?');
  const { partial, suggestions } =
    mark < 0 ? inPath(model, before) : inOptions(model, before.slice(0, mark), before.slice(mark + 1));
  const wanted = partial.toLowerCase();
  const fitting = suggestions.filter(({ text: name }) => name.toLowerCase().startsWith(wanted) && name !== partial);
  return { from: cursor - partial.length, suggestions: fitting };
}

/** @typedef {{ partial: string, suggestions: Suggestion[] }} Found */

/** @param {Model} model @param {string} path @returns {Found} */
function inPath(model, path) {
  const at = path.lastIndexOf('/');
  const partial = path.slice(at + 1);
  const joined = /^\$crossjoin\(([^)]*)$/.exec(path)?.[1];
  if (joined !== undefined) return inCrossJoin(model, joined);
  if (at < 0) return { partial, suggestions: rootsOf(model) };
  const owner = typeOfPath(model, path.slice(0, at));
  if (owner === undefined) return { partial, suggestions: [] };
  const operations = operationsOn(model, owner).map((one) => operationSuggestion(one));
  if (owner.collection)
    return { partial, suggestions: [...ofCollection(model, path.slice(0, at), owner), ...operations] };
  const isPrimitive = !model.types.has(owner.type);
  const own = isPrimitive ? [suggestion('$value', 'text')] : propertiesOf(model, owner);
  return { partial, suggestions: [...own, ...castsOf(model, owner), ...operations] };
}

/** @param {Model} model @returns {Suggestion[]} */
function rootsOf(model) {
  const roots = model.roots.map(({ name, type, set, description }) =>
    suggestion(name, nameOf({ type, collection: set }), description),
  );
  const unbound = model.operations.filter(({ binding }) => binding === undefined);
  const virtual = [
    suggestion('$crossjoin(', 'combinations of members of sets'),
    suggestion('$all', 'entities of all sets, or of a type'),
  ];
  return [...roots, ...unbound.map((one) => operationSuggestion(one)), ...virtual];
}

/** Names of sets that are not among those before. @param {Model} model @param {string} before the cursor @returns {Found} */
function inCrossJoin(model, before) {
  const names = before.split(',');
  const partial = names.pop() ?? '';
  const sets = model.roots.filter(({ name, set }) => set && !names.includes(name));
  const ends = names.length > 0 ? [suggestion(`${partial})`)] : [];
  const fitting = sets.map(({ name, type, description }) => suggestion(name, type, description));
  return { partial, suggestions: sets.some(({ name }) => name === partial) ? [...fitting, ...ends] : fitting };
}

/** What stands beside each other in a cross join, by the names that expressions have for it. @param {Model} model @param {string} path */
function joinedIn(model, path) {
  const names = /^\$crossjoin\((.*)\)$/.exec(path)?.[1]?.split(',') ?? [];
  const roots = model.roots.filter(({ name }) => names.includes(name));
  return new Map(roots.map(({ name, type }) => [name, { type, collection: false }]));
}

/** @param {import('../model/model.js').Operation} operation */
function operationSuggestion({ name, action, parameters, description }) {
  // The namespace of the model is the default one: the short name reaches it too.
  const short = name.slice(name.lastIndexOf('.') + 1);
  const text =
    action || parameters.length === 0 ? short : `${short}(${parameters.map((one) => `${one.name}=@${one.name}`)})`;
  return suggestion(text, action ? 'action' : 'function', description);
}

/** What stands behind a collection. @param {Model} model @param {string} path @param {Typed} owner @returns {Suggestion[]} */
function ofCollection(model, path, owner) {
  const count = suggestion('$count', 'number');
  if (path.endsWith('$each')) return [count];
  const each = suggestion('$each', 'every member, for PATCH and DELETE');
  const filter = path.includes('$filter(') ? [] : [suggestion('$filter(@f)', 'members that a condition holds for')];
  return [count, each, ...filter, ...castsOf(model, owner)];
}

/** @param {Model} model @param {Typed} owner @returns {Suggestion[]} types that values may have beside the declared one */
function castsOf(model, { type }) {
  const derived = [...model.types.values()].filter(({ name }) => name !== type && isKindOf(model, name, type));
  return derived.map(({ name, description }) => suggestion(name, 'type', description));
}

/** @param {Model} model @param {string} path @param {string} query @returns {Found} */
function inOptions(model, path, query) {
  const item = typeOfPath(model, path);
  const scope = scopeAt(model, query, { option: undefined, item, variables: joinedIn(model, path), parts: false });
  const partial = partialPath.exec(query)?.[0] ?? '';
  if (scope.option === undefined) {
    const names = [...options].filter(([name]) => !(scope.parts && outerOnly.has(name)));
    return { partial, suggestions: names.map(([name, detail]) => suggestion(`${name}=`, detail)) };
  }
  return inValue(model, scope, query, partial);
}

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

/**
 * Which option, of what, the end of a query stands in: walks over it with a stack of what parentheses opened.
 * @param {Model} model @param {string} query @param {Scope} outermost @returns {Scope}
 */
function scopeAt(model, query, outermost) {
  /** @type {Scope[]} */
  const stack = [outermost];
  let start = 0;
  for (let at = 0; at < query.length; at++) {
    const scope = /** @type {Scope} */ (stack.at(-1));
    const character = query[at];
    if (character === "'") {
      const end = query.indexOf("'", at + 1);
      if (end < 0) return scope;
      at = end;
    } else if (character === '=' && scope.option === undefined) {
      scope.option = query.slice(start, at).toLowerCase();
    } else if ((character === '&' && stack.length === 1) || (character === ';' && scope.parts)) {
      scope.option = undefined;
      start = at + 1;
    } else if (character === '(') {
      stack.push(opened(model, scope, query.slice(0, at)));
      start = at + 1;
    } else if (character === ')' && stack.length > 1) {
      stack.pop();
    } else if (character === ':' && scope.variables.has('')) {
      // The name of a variable has ended.
      const item = /** @type {Typed} */ (scope.variables.get(''));
      scope.variables.delete('');
      scope.variables.set(query.slice(start, at).trim(), item);
    }
  }
  return /** @type {Scope} */ (stack.at(-1));
}

/** What a parenthesis opens: options of a property, a lambda expression, or arguments. @param {Model} model @param {Scope} scope @param {string} before @returns {Scope} */
function opened(model, scope, before) {
  const path = (partialPath.exec(before)?.[0] ?? '').split('/');
  const lambda = /^(any|all)$/.test(path.at(-1) ?? '');
  const aggregates = (path.at(-2) ?? '') !== '' && path.at(-1) === 'aggregate';
  const names = lambda || aggregates ? path.slice(0, -1) : path;
  const variable = scope.variables.get(names[0] ?? '');
  const from = variable ?? scope.item;
  const typed =
    from && (names[0] === '$these' ? from : walk(model, from, variable === undefined ? names : names.slice(1)));
  if (aggregates && typed !== undefined)
    return { ...scope, item: typed && { type: typed.type, collection: false }, aggregated: before.length + 1 };
  if (lambda && typed !== undefined) {
    const item = { type: typed.type, collection: false };
    return { ...scope, variables: new Map([...scope.variables, ['', item]]) };
  }
  if ((scope.option === '$expand' || scope.option === '$select') && typed !== undefined) {
    return { option: undefined, item: typed, variables: new Map(), parts: true };
  }
  return { ...scope, variables: new Map(scope.variables), parts: false };
}
