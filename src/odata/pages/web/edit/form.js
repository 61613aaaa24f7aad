import { button, h } from '../dom/h.js';
import { openDialog } from '../dom/dialog.js';
import { visible } from '../dom/visible.js';
import { faultsOf } from '../request/faults.js';
import { Fields } from './fields.js';

/**
 * A form of an entity, or of some of its properties, in a dialog.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Property} Property
 * @typedef {import('../request/send.js').Answer} Answer
 * @typedef {Record<string, unknown>} Entity
 * @typedef {{
 *   model: Model, title: string, act: string, properties: Property[], before: Entity,
 *   save: (after: Entity, close: () => void) => Promise<Answer | undefined>,
 * }} FormOptions `save` is given what was touched; it gives the answer where that is an error to be shown
 */

/** @param {FormOptions} options @returns {Promise<void>} when the dialog has been closed */
export function openForm({ model, title, act, properties, before, save }) {
  const fields = new Fields(model);
  const made = properties.map((one) => ({ name: one.name, field: fields.property(one, one.name, before[one.name]) }));
  const alert = h('div', { role: 'alert', class: 'fault' });
  return openDialog(title, (close) => {
    const submit = async () => {
      fields.clear();
      alert.textContent = '';
      const touched = made.filter(({ field }) => field.isTouched());
      const read = touched.map(({ name, field }) => ({ name, found: field.read() }));
      const wrong = read.filter(({ name, found }) => 'fault' in found && fields.fault(name, found.fault));
      if (wrong.length > 0) return focusFirst(form);
      const after = read.map(({ name, found }) => [name, 'value' in found ? found.value : undefined]);
      const answer = await save(Object.fromEntries(after), close);
      if (answer === undefined) return;
      const general = faultsOf(answer).filter(({ target, message }) => !fields.fault(target ?? '', message));
      alert.textContent = general.map(({ message }) => visible(message)).join(' ');
      focusFirst(form);
    };
    const form = h('form', { autocomplete: 'off', novalidate: true }, ...made.map(({ field }) => field.element));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void submit();
    });
    return { content: [form, alert], actions: [button(act, () => void submit())] };
  });
}

/** @param {HTMLElement} form */
function focusFirst(form) {
  /** @type {HTMLElement | null} */ (form.querySelector('[aria-invalid=true]'))?.focus();
}
