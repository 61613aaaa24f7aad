import { isKindOf, walk } from './model.js';

/**
 * Resource paths and what they lead to.
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Typed} Typed
 * @typedef {import('./model.js').Operation} Operation
 * @typedef {Record<string, unknown>} Entity as an answer has it
 */

/** @param {string} path @returns {string[]} its segments, split outside of quotes and parentheses */
export function segmentsOf(path) {
  return path.match(/(?:[^/('"]|'(?:[^']|'')*'|\((?:[^()']|'(?:[^']|'')*')*\))+/g) ?? [];
}

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

/** A value of a key, as it stands in parentheses. @param {unknown} value */
const keyLiteral = (value) => (typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value));

/** Types whose literals stand without quotes, though JSON has them as strings (OData 4.01 ABNF, `primitiveLiteral`). */
const bare = /^Edm\.(?:Guid|Date|DateTimeOffset|TimeOfDay|Int64|Decimal)$/;

/**
 * The path of a member of a collection of entities.
 * @param {Model} model @param {string} place of the collection @param {Entity} entity
 * @returns {string | undefined} undefined where its key is not known
 */
export function memberPath(model, place, entity) {
  const type = typeOfPath(model, place);
  const declared = type && model.types.get(type.type);
  const key = declared?.key ?? [];
  if (declared === undefined || key.length === 0 || key.some((name) => entity[name] === undefined)) return undefined;
  const written = (/** @type {string} */ name) => {
    const value = entity[name];
    return bare.test(declared.properties.get(name)?.type ?? '') ? String(value) : keyLiteral(value);
  };
  const parts = key.map((name) => (key.length === 1 ? written(name) : `${name}=${written(name)}`));
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

/** The path that one is inside of; undefined for a root. @param {string} path @returns {string | undefined} */
export function parentOf(path) {
  const segments = segmentsOf(path);
  const [name, predicate] = partsOf(segments.pop() ?? '');
  const parent = predicate === undefined ? segments : [...segments, name];
  return parent.length === 0 ? undefined : parent.join('/');
}

/**
 * Control information of an object, whichever spelling it has (OData 4.01 JSON 4.6).
 * @param {unknown} object @param {string} name without `@` and prefix
 * @returns {string | undefined}
 */
export function control(object, name) {
  const members = /** @type {Record<string, unknown>} */ (object ?? {});
  const value = members[`@odata.${name}`] ?? members[`@${name}`];
  return typeof value === 'string' ? value : undefined;
}
