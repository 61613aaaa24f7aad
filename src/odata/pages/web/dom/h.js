/**
 * Elements, made without markup: no text that comes from outside is ever read as HTML.
 * @typedef {Node | string | false | null | undefined} Child
 * @typedef {Record<string, string | number | boolean | undefined | ((event: any) => void)>} Attributes
 */

/**
 * An element. Attributes are set as they are named; `true` sets an empty one, `false` and `undefined` none; a function is
 * a listener, under the name of its event: `{ onclick: … }`.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  furnish(element, attributes, children.flat());
  return element;
}

const svgNamespace = 'http://www.w3.org/2000/svg';

/**
 * An element of a drawing.
 * @param {string} tag @param {Attributes} [attributes] @param {...Child} children @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(svgNamespace, tag);
  furnish(element, attributes, children);
  return element;
}

/** @param {Element} element @param {Attributes} attributes @param {Child[]} children */
function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child || child === '')));
}

/**
 * A button that does something.
 * @param {string} text @param {() => void} act @param {Attributes} [attributes]
 */
export function button(text, act, attributes = {}) {
  return h('button', { type: 'button', onclick: act, ...attributes }, text);
}

/**
 * A field under its label.
 * @template {HTMLElement} E
 * @param {string} label @param {E} control with an id @param {...Child} more what stands behind the control
 */
export function labelled(label, control, ...more) {
  return h('p', { class: 'field' }, h('label', { for: control.id }, label), control, ...more);
}

let counted = 0;

/** An id that no other element of the page has. @param {string} stem */
export const freshId = (stem) => `${stem}-${++counted}`;

/**
 * The element of an id, as what it must be.
 * @template {HTMLElement} E
 * @param {string} id @param {new () => E} kind @returns {E}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${id}`);
  return found;
}

/**
 * Whether a key says that a form is to be sent, from wherever in it: Enter alone begins a line in some fields, and in others
 * submits by itself.
 * @param {KeyboardEvent} event
 */
export function sends(event) {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return false;
  event.preventDefault();
  return true;
}
