import { piecesOf } from '../request/pieces.js';
import { inPath } from '../request/url.js';
import { isRawNumber } from '../request/json.js';
import { literalOf } from './literals.js';
import { isKindOf, walk } from './model.js';

/**
 * Resource paths and what they lead to.
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Typed} Typed
 * @typedef {import('./model.js').Operation} Operation
 * @typedef {Record<string, unknown>} Entity as an answer has it
 */

/** @param {string} path @returns {string[]} its segments, split outside of quotes and parentheses */
export const segmentsOf = (path) => piecesOf(path, '/').filter((segment) => segment !== '');

/** @param {string} segment @returns {[name: string, predicate: string | undefined]} */
function partsOf(segment) {
  const [, name = '', predicate] = /^([^(]*)(\(.*\))?$/s.exec(segment) ?? [];
  return [name, predicate];
}

/**
 * What a resource path leads to.
 * @param {Model} model
 * @param {string} path behind the service root, keys in either style
 * @returns {Typed | undefined}
 */
export function typeOfPath(model, path) {
  const [first = '', ...segments] = segmentsOf(path);
  const [name, predicate] = partsOf(first);
  const root = model.roots.find((candidate) => candidate.name === name);
  const imported = model.operations.find((one) => one.binding === undefined && one.name === name);
  /** @type {Typed | undefined} */
  let at =
    root === undefined ? imported?.returns : { type: root.type, collection: root.set && predicate === undefined };
  for (const segment of segments) {
    if (at === undefined) return undefined;
    at = step(model, at, segment);
  }
  return at;
}

/** @param {Model} model @param {Typed} at @param {string} segment @returns {Typed | undefined} */
function step(model, at, segment) {
  if (/^\$filter\(/.test(segment)) return at;
  if (segment === '$each') return { type: at.type, collection: true };
  if (segment.startsWith('$')) return undefined;
  const [name, predicate] = partsOf(segment);
  const operation = operationsOn(model, at).find((one) => isNamed(one, name));
  if (operation !== undefined) return operation.returns;
  // Behind a collection of entities stands a key, unless it is a cast.
  if (at.collection && !model.types.has(name)) return { type: at.type, collection: false };
  const known = walk(model, at, [name]);
  return known && { type: known.type, collection: known.collection && predicate === undefined };
}

/** @param {Operation} operation @param {string} name with its namespace or without */
const isNamed = (operation, name) =>
  name === operation.name || name === operation.name.slice(operation.name.lastIndexOf('.') + 1);

/**
 * The actions and functions that can be called on what a path leads to.
 * @param {Model} model @param {Typed} typed @returns {Operation[]}
 */
export function operationsOn(model, { type, collection }) {
  return model.operations.filter(
    ({ binding }) => binding !== undefined && binding.collection === collection && isKindOf(model, type, binding.type),
  );
}

/** @param {unknown} entity @param {string[]} path @returns {unknown} */
const valueAt = (entity, path) => path.reduce((/** @type {any} */ at, name) => at?.[name], entity);

/**
 * The path of a member of a collection of entities: by its key, wherever that stands in it, else by its id, which an answer
 * has where the key was not asked for (OData 4.01 JSON 4.5.8).
 * @param {Model} model @param {string} place of the collection @param {Entity} entity
 * @param {(url: string) => string} [queryOf] the query that a URL asks for; without it, ids are not looked at
 * @returns {string | undefined} undefined where neither is known
 */
export function memberPath(model, place, entity, queryOf) {
  const type = typeOfPath(model, place);
  const declared = type && model.types.get(type.type);
  const key = declared?.entity ? declared.key : [];
  const values = key.map(({ name, path }) => ({ name, path, value: valueAt(entity, path) }));
  if (values.length === 0 || values.some(({ value }) => value === undefined)) {
    const id = declared?.entity && queryOf ? control(entity, 'id') : undefined;
    return id && queryOf?.(id);
  }
  const from = { type: type?.type ?? '', collection: false };
  const parts = values.map(({ name, path, value }) => {
    const text = isRawNumber(value) ? value.rawJSON : String(value);
    const literal = inPath(literalOf(walk(model, from, path)?.type ?? 'Edm.String', text));
    return key.length === 1 ? literal : `${name}=${literal}`;
  });
  return `${membersPlace(place)}(${parts.join(',')})`;
}

/**
 * Where the members of a collection have their own places: behind neither a filter nor the function of changes.
 * @param {string} place @returns {string}
 */
export function membersPlace(place) {
  const segments = segmentsOf(place);
  while (/^(?:\$filter\(.*|\$each|(?:[\w.]+\.)?delta(?:\(\))?)$/s.test(segments.at(-1) ?? '')) segments.pop();
  return segments.join('/');
}

/**
 * The path that one is inside of; undefined for a root, and for what an operation of no resource gives.
 * @param {Model} model @param {string} path @returns {string | undefined}
 */
export function parentOf(model, path) {
  const segments = segmentsOf(path);
  const [name, predicate] = partsOf(segments.pop() ?? '');
  const outer = segments.join('/');
  if (predicate === undefined) return outer === '' ? undefined : outer;
  const owner = outer === '' ? undefined : typeOfPath(model, outer);
  const isCall =
    owner === undefined
      ? !model.roots.some((root) => root.name === name)
      : operationsOn(model, owner).some((one) => isNamed(one, name));
  return isCall ? outer || undefined : [...segments, name].join('/');
}

/**
 * Control information of an object, whichever spelling it has (OData 4.01 JSON 4.5).
 * @param {unknown} object @param {string} name without `@` and prefix
 * @returns {string | undefined}
 */
export function control(object, name) {
  const members = /** @type {Record<string, unknown>} */ (object ?? {});
  const value = members[`@odata.${name}`] ?? members[`@${name}`];
  return typeof value === 'string' ? value : undefined;
}
