import { button, h } from '../dom/h.js';
import { faultsOf } from '../request/faults.js';
import { Fields } from './fields.js';

/**
 * A cell of a table as a field, in its place.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Property} Property
 * @typedef {import('../request/send.js').Answer} Answer
 * @param {HTMLElement} cell
 * @param {{ model: Model, property: Property, value: unknown, save: (value: unknown) => Promise<Answer | undefined> }} about
 *   `save` gives the answer where that is an error to be shown
 */
export function editCell(cell, { model, property, value, save }) {
  if (cell.querySelector('form') !== null) return;
  const before = [...cell.childNodes];
  const fields = new Fields(model);
  const field = fields.property(property, property.name, value ?? null);
  const restore = () => {
    cell.replaceChildren(...before);
    cell.focus();
  };
  const submit = async () => {
    fields.clear();
    if (!field.isTouched()) return restore();
    const read = field.read();
    if ('fault' in read) return void fields.fault(property.name, read.fault);
    const refused = await save(read.value);
    if (refused === undefined) return;
    for (const { target, message } of faultsOf(refused)) fields.fault(`${property.name}/${target ?? ''}`, message);
    field.input.focus();
  };
  const form = h(
    'form',
    { class: 'cell', autocomplete: 'off', novalidate: true },
    field.element,
    h('button', { type: 'submit' }, 'Save'),
    button('Cancel', restore, { class: 'plain' }),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  form.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key === 'Escape') restore();
  });
  cell.replaceChildren(form);
  field.input.focus();
}
