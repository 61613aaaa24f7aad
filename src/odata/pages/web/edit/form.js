import { button, freshId, h, labelled, sends } from '../dom/h.js';
import { openDialog } from '../dom/dialog.js';
import { visible } from '../dom/visible.js';
import { faultsOf } from '../request/faults.js';
import { Fields } from './fields.js';

/**
 * A form of an entity, of some of its properties, or of parameters, in a dialog.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Property} Property
 * @typedef {import('../request/send.js').Answer} Answer
 * @typedef {Record<string, unknown>} Entity
 * @typedef {{
 *   model: Model, title: string, act: string, properties: (type: string) => Property[], before: Entity, types?: string[],
 *   save: (after: Entity, close: () => void, type: string) => Promise<Answer | undefined>,
 * }} FormOptions `types` are those that can be chosen; `save` is given what was touched; it gives the answer where that is
 *   an error to be shown
 */

/** @param {FormOptions} options @returns {Promise<void>} when the dialog has been closed */
export function openForm({ model, title, act, properties, before, types = [], save }) {
  const choice = h('select', { id: freshId('type') }, ...types.map((name) => h('option', {}, name)));
  const alert = h('div', { role: 'alert', class: 'fault' });
  const place = h('div');
  let fields = new Fields(model);
  /** @type {{ name: string, field: ReturnType<Fields['property']> }[]} */
  let made = [];
  const show = () => {
    fields = new Fields(model);
    made = properties(choice.value).map((one) => ({ name: one.name, field: fields.property(one, before[one.name]) }));
    place.replaceChildren(...made.map(({ field }) => field.element));
  };
  choice.addEventListener('change', show);
  show();
  return openDialog(title, (close) => {
    const submit = async () => {
      fields.clear();
      alert.textContent = '';
      const touched = made.filter(({ field }) => field.isTouched());
      const read = touched.map(({ name, field }) => ({ name, found: field.read() }));
      const wrong = read.filter(({ name, found }) => 'fault' in found && fields.fault(name, found.fault));
      if (wrong.length > 0) return focusFirst(form);
      const after = read.map(({ name, found }) => [name, 'value' in found ? found.value : undefined]);
      const answer = await save(Object.fromEntries(after), close, choice.value);
      if (answer === undefined) return;
      const general = faultsOf(answer).filter(({ target, message }) => !fields.fault(target ?? '', message));
      alert.textContent = general.map(({ message }) => visible(message)).join(' ');
      focusFirst(form);
    };
    const typed = types.length > 1 && labelled('Type of the entity', choice);
    const form = h('form', { autocomplete: 'off', novalidate: true }, typed, place);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void submit();
    });
    form.addEventListener('keydown', (event) => {
      if (sends(event)) form.requestSubmit();
    });
    return { content: [form, alert], actions: [button(act, () => void submit())] };
  });
}

/** @param {HTMLElement} form */
function focusFirst(form) {
  /** @type {HTMLElement | null} */ (form.querySelector('[aria-invalid=true]'))?.focus();
}
