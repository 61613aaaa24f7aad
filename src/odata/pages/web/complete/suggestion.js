import { nameOf } from '../model/model.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Typed} Typed
 * @typedef {{ text: string, detail: string, description: string }} Suggestion
 * @typedef {{ partial: string, suggestions: Suggestion[] }} Found what could stand in the place of the word before the cursor
 */

/** @param {string} text @param {string} [detail] @param {string} [description] @returns {Suggestion} */
export const suggestion = (text, detail = '', description = '') => ({ text, detail, description });

/**
 * @param {Model} model
 * @param {Typed | undefined} owner
 * @returns {Suggestion[]} its properties
 */
export function propertiesOf(model, owner) {
  const properties = owner === undefined ? [] : [...(model.types.get(owner.type)?.properties.values() ?? [])];
  return properties.map((property) => suggestion(property.name, nameOf(property), property.description));
}
