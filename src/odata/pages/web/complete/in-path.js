import { isKindOf, nameOf } from '../model/model.js';
import { operationsOn, typeOfPath } from '../model/paths.js';
import { propertiesOf, suggestion } from './suggestion.js';

/**
 * What can stand in a resource path.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Typed} Typed
 * @typedef {import('./suggestion.js').Suggestion} Suggestion
 * @typedef {import('./suggestion.js').Found} Found
 */

/** @param {Model} model @param {string} path @returns {Found} */
export function inPath(model, path) {
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
  const content = model.types.get(owner.type)?.stream ? [suggestion('$value', 'its stream')] : [];
  const own = isPrimitive ? [suggestion('$value', 'text')] : [...propertiesOf(model, owner), ...content];
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
  const references = model.types.get(owner.type)?.entity ? [suggestion('$ref', 'ids')] : [];
  const each = suggestion('$each', 'every member, for PATCH and DELETE');
  const filter = path.includes('$filter(') ? [] : [suggestion('$filter(@f)', 'members that a condition holds for')];
  return [count, each, ...filter, ...references, ...castsOf(model, owner)];
}

/** @param {Model} model @param {Typed} owner @returns {Suggestion[]} types that values may have beside the declared one */
function castsOf(model, { type }) {
  const derived = [...model.types.values()].filter(({ name }) => name !== type && isKindOf(model, name, type));
  return derived.map(({ name, description }) => suggestion(name, 'type', description));
}
