/**
 * Values as people type them, as queries have them, and as JSON has them.
 * @typedef {import('./model.js').Model} Model
 * @typedef {{ operator: string, text: string }} Operator
 */

const number = /^Edm\.(?:Byte|SByte|Int16|Int32|Int64|Decimal|Double|Single)$/;
const bare = /^Edm\.(?:Guid|Date|DateTimeOffset|TimeOfDay|Boolean)$/;

/** @param {string} type @returns {boolean} */
export const isNumber = (type) => number.test(type);

/** @param {string} text @returns {string} */
export const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/**
 * A value as a literal, nothing in it percent-encoded.
 * @param {string} type @param {string} text as it was typed @returns {string}
 */
export function literalOf(type, text) {
  if (isNumber(type) || bare.test(type)) return text.trim();
  if (type === 'Edm.Duration') return `duration${quoted(text.trim())}`;
  if (type === 'Edm.Binary') return `binary${quoted(text.trim())}`;
  return quoted(text);
}

/** @type {Operator[]} */
const equality = [
  { operator: 'eq', text: 'is' },
  { operator: 'ne', text: 'is not' },
];
/** @type {Operator[]} */
const nullness = [
  { operator: 'null', text: 'is null' },
  { operator: 'not null', text: 'is not null' },
];
/** @type {Operator[]} */
const order = [
  { operator: 'gt', text: 'is more than' },
  { operator: 'ge', text: 'is at least' },
  { operator: 'lt', text: 'is less than' },
  { operator: 'le', text: 'is at most' },
];
/** @type {Operator[]} */
const parts = [
  { operator: 'contains', text: 'contains' },
  { operator: 'startswith', text: 'begins with' },
  { operator: 'endswith', text: 'ends with' },
];

/**
 * How values of a property can be filtered; none where they cannot.
 * @param {Model} model @param {{ type: string, collection: boolean, navigation?: boolean }} property @returns {Operator[]}
 */
export function operatorsFor(model, { type, collection, navigation }) {
  if (navigation || model.types.has(type)) return [];
  if (collection) return type.startsWith('Edm.') || model.enums.has(type) ? [{ operator: 'any', text: 'has' }] : [];
  if (model.enums.has(type) || type === 'Edm.Boolean' || type === 'Edm.Guid') return [...equality, ...nullness];
  if (type === 'Edm.String') return [...parts, ...equality, ...nullness];
  if (isNumber(type) || /^Edm\.(?:Date|DateTimeOffset|TimeOfDay|Duration)$/.test(type))
    return [...equality, ...order, ...nullness];
  return [];
}

/**
 * A condition on a property.
 * @param {{ type: string }} property @param {string} path @param {string} operator @param {string} text as it was typed
 * @returns {string}
 */
export function conditionOf({ type }, path, operator, text) {
  // `&`, `#` and `+` are encoded when it is sent.
  const literal = literalOf(type, text).replaceAll('%', '%25');
  switch (operator) {
    case 'null':
      return `${path} eq null`;
    case 'not null':
      return `${path} ne null`;
    case 'any':
      return `${path}/any(x:x eq ${literal})`;
    case 'contains':
    case 'startswith':
    case 'endswith':
      return `${operator}(${path},${literal})`;
    default:
      return `${path} ${operator} ${literal}`;
  }
}
