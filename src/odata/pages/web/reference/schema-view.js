import { h } from '../dom/h.js';
import { visible } from '../dom/visible.js';
import { resolved, typeName } from './openapi.js';

/**
 * A schema as a list of its properties; what they are made of is made when it is opened.
 * @typedef {import('./openapi.js').Json} Json
 */

/** The schemas with properties that a schema is made of. @param {Json} document @param {Json} schema @returns {Json[]} */
function partsOf(document, schema) {
  const found = resolved(document, schema) ?? {};
  const inner = [found.allOf, found.anyOf, found.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const items = found.type === 'array' && found.items !== undefined ? [found.items] : [];
  return [
    ...(found.properties === undefined ? [] : [found]),
    ...[...inner, ...items].flatMap((one) => partsOf(document, one)),
  ];
}

/** What limits a value. @param {Json} schema */
function limitsOf({ maxLength, minLength, minimum, maximum, pattern }) {
  return Object.entries({ maxLength, minLength, minimum, maximum, pattern })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** @param {Json} document @param {Json} schema @returns {HTMLElement} */
export function schemaView(document, schema) {
  const parts = partsOf(document, schema);
  if (parts.length === 0) return h('p', { class: 'hint' }, typeName(document, schema));
  const terms = parts.flatMap((part) =>
    Object.entries(part.properties).flatMap(([name, value]) => {
      const property = /** @type {Json} */ (value);
      const found = resolved(document, property) ?? {};
      const limits = limitsOf(found);
      const required = (part.required ?? []).includes(name);
      return [
        h(
          'dt',
          {},
          h('code', {}, visible(name)),
          h(
            'span',
            { class: 'hint' },
            ` ${typeName(document, property)}${limits && `, ${limits}`}${required ? ', required' : ''}`,
          ),
        ),
        h('dd', {}, visible(property.description ?? found.description ?? ''), nested(document, property)),
      ];
    }),
  );
  return h('dl', {}, ...terms);
}

/** @param {Json} document @param {Json} schema */
function nested(document, schema) {
  if (partsOf(document, shallow(document, schema)).length === 0) return undefined;
  const details = h('details', {}, h('summary', {}, typeName(document, schema)));
  details.addEventListener(
    'toggle',
    () => details.childElementCount === 1 && details.append(schemaView(document, schema)),
  );
  return details;
}

/** A schema whose parts are looked at without going around in a circle: types may contain themselves. @param {Json} document @param {Json} schema */
const shallow = (document, schema) => resolved(document, schema) ?? {};
