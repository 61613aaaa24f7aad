import { button, h } from '../dom/h.js';
import { visible } from '../dom/visible.js';
import { placeInJson, placeInMessage } from '../request/json-place.js';

/**
 * Faults of a text of JSON, each with a button that leads to its line.
 * @param {HTMLTextAreaElement} area @param {import('../request/faults.js').Fault[]} faults @returns {HTMLElement[]}
 */
export function faultsList(area, faults) {
  const text = area.value;
  return faults.map(({ message, target }) => {
    const place = placeInMessage(text, message) ?? (target === undefined ? undefined : placeInJson(text, target));
    if (place === undefined) return h('li', {}, visible(message));
    const select = () => {
      area.focus();
      area.setSelectionRange(place.start, place.end);
    };
    return h('li', {}, button(`Line ${place.line}`, select, { class: 'plain' }), ` ${visible(message)}`);
  });
}
