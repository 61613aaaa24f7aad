import { walk } from '../model/model.js';

/**
 * Where in a query its end stands.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Typed} Typed
 * @typedef {{
 *   option: string | undefined, item: Typed | undefined, variables: Map<string, Typed>, parts: boolean,
 *   aggregated?: number | undefined,
 * }} Scope `parts`: inside options of a property; `aggregated` is where the argument of `aggregate(…)` begins, inside one
 */

/** The path at the end of a text: looked for from there, however long the text is. @param {string} text @returns {string} */
export function pathAtEnd(text) {
  let start = text.length;
  while (start > 0 && /[\w$@./]/.test(text[start - 1] ?? '')) start--;
  return text.slice(start);
}

/** What stands beside each other in a cross join, by the names that expressions have for it. @param {Model} model @param {string} path */
export function joinedIn(model, path) {
  const names = /^\$crossjoin\((.*)\)$/.exec(path)?.[1]?.split(',') ?? [];
  const roots = model.roots.filter(({ name }) => names.includes(name));
  return new Map(roots.map(({ name, type }) => [name, { type, collection: false }]));
}

/**
 * Which option, of what, the end of a query stands in: walks over it with a stack of what parentheses opened.
 * @param {Model} model @param {string} query @param {Scope} outermost @returns {Scope}
 */
export function scopeAt(model, query, outermost) {
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
  const path = pathAtEnd(before).split('/');
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
