import { typeOfPath } from './model.js';

/**
 * Answers, as elements whose links lead on inside the explorer.
 * @typedef {import('./model.js').Model} Model
 * @typedef {Record<string, unknown>} JsonObject
 */

/** @param {string} query @returns {string} the address of the page at which it asks for a query */
export const addressOf = (query) => `#${encodeURIComponent(query)}`;

/** @param {string} text @param {string} query @returns {HTMLAnchorElement} */
function link(text, query) {
  const anchor = document.createElement('a');
  anchor.href = addressOf(query);
  anchor.textContent = text;
  return anchor;
}

/** @param {string} className @param {string} text */
function span(className, text) {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  return element;
}

/** @param {unknown} value @returns {value is JsonObject} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The literal of a key, as it stands in parentheses. @param {unknown} value */
const literal = (value) => (typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value));

/** The query behind the service root that a URL of control information asks for. @param {string} url */
function queryOf(url) {
  const at = url.indexOf('/v1.0/');
  const relative = at < 0 ? url : url.slice(at + '/v1.0/'.length);
  // Written as people write it, where that asks for the same.
  const shown = decodeURIComponent(relative.replaceAll('+', '%2B'));
  return /[&#%+]/.test(shown.replace(/[?&]\$\w+=/g, '')) ? relative : shown;
}

const urls =
  /^(?:@odata\.|@)(?:nextLink|deltaLink|id|editLink|readLink)$|@(?:odata\.)?(?:navigationLink|associationLink)$/;

/** Writes the JSON of one answer. */
export class Result {
  /** @param {Model | undefined} model @param {string} path resource path of the request */
  constructor(model, path) {
    this.model = model;
    this.path = path;
    this.type = model && typeOfPath(model, path);
  }

  /** Where the resource leads: its parents, and the navigation properties of its type. @returns {HTMLElement[]} */
  links() {
    const { model, type, path } = this;
    const parent = path.replace(/(?:\([^()]*\)|\/[^/]*)$/, '');
    const properties =
      type === undefined || type.collection ? [] : [...(model?.types.get(type.type)?.properties.values() ?? [])];
    const navigation = properties.filter((property) => property.navigation);
    return [
      ...(parent !== '' && parent !== path ? [link(`↑ ${parent}`, parent)] : []),
      ...navigation.map(({ name }) => link(`→ ${name}`, `${path}/${name}`)),
    ];
  }

  /** @param {unknown} json @returns {Node[]} */
  write(json) {
    return this.#value(json, { indent: '', place: this.path });
  }

  /** @param {unknown} value @param {{ indent: string, place: string | undefined }} at @returns {Node[]} */
  #value(value, at) {
    if (Array.isArray(value)) return this.#array(value, at);
    if (isObject(value)) return this.#object(value, at);
    return [span(typeof value === 'string' ? 'string' : 'literal', JSON.stringify(value))];
  }

  /** @param {unknown[]} items @param {{ indent: string, place: string | undefined }} at */
  #array(items, { indent, place }) {
    if (items.length === 0) return [document.createTextNode('[]')];
    const inner = `${indent}  `;
    const rows = items.flatMap((item, index) => [
      document.createTextNode(`${index === 0 ? '' : ','}\n${inner}`),
      ...this.#value(item, { indent: inner, place: isObject(item) ? this.#memberPlace(item, place) : undefined }),
    ]);
    return [document.createTextNode('['), ...rows, document.createTextNode(`\n${indent}]`)];
  }

  /** The path of a member of a collection of entities. @param {JsonObject} item @param {string | undefined} place */
  #memberPlace(item, place) {
    const type = this.model && place !== undefined ? typeOfPath(this.model, place) : undefined;
    const key = type === undefined ? [] : (this.model?.types.get(type.type)?.key ?? []);
    if (key.length === 0 || key.some((name) => item[name] === undefined)) return undefined;
    const parts = key.map((name) => (key.length === 1 ? literal(item[name]) : `${name}=${literal(item[name])}`));
    return `${place}(${parts.join(',')})`;
  }

  /** @param {JsonObject} object @param {{ indent: string, place: string | undefined }} at */
  #object(object, { indent, place }) {
    const entries = Object.entries(object);
    if (entries.length === 0) return [document.createTextNode('{}')];
    const inner = `${indent}  `;
    const rows = entries.flatMap(([name, value], index) => [
      document.createTextNode(`${index === 0 ? '' : ','}\n${inner}`),
      this.#name(name, place),
      document.createTextNode(': '),
      ...this.#member(name, value, { indent: inner, place }),
    ]);
    return [document.createTextNode('{'), ...rows, document.createTextNode(`\n${indent}}`)];
  }

  /** @param {string} name @param {string | undefined} place */
  #name(name, place) {
    const text = JSON.stringify(name);
    if (name.includes('@')) return span('control', text);
    const owner = this.model && place !== undefined ? typeOfPath(this.model, place) : undefined;
    const known = owner !== undefined && !owner.collection && this.model?.types.get(owner.type)?.properties.has(name);
    return known ? link(text, `${place}/${name}`) : document.createTextNode(text);
  }

  /** @param {string} name @param {unknown} value @param {{ indent: string, place: string | undefined }} at */
  #member(name, value, { indent, place }) {
    if (typeof value === 'string' && urls.test(name)) return [link(JSON.stringify(value), queryOf(value))];
    // `value` holds what the path leads to; everything else is one step further.
    const here = name === 'value' ? place : place && `${place}/${name}`;
    const entity = place !== undefined && !name.includes('@') && this.#isKey(name, place) ? place : undefined;
    if (entity !== undefined && entity !== this.path) return [link(JSON.stringify(value), entity)];
    return this.#value(value, { indent, place: here });
  }

  /** @param {string} name @param {string} place */
  #isKey(name, place) {
    const type = this.model && typeOfPath(this.model, place);
    return type !== undefined && !type.collection && this.model?.types.get(type.type)?.key.includes(name) === true;
  }
}
