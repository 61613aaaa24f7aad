import { openDialog } from '../dom/dialog.js';
import { button, freshId, h, labelled } from '../dom/h.js';
import { conditionOf, operatorsFor } from '../model/literals.js';

/**
 * Asks for a condition on a column.
 * @param {import('../model/model.js').Model} model
 * @param {import('../model/model.js').Property} property
 * @returns {Promise<string | undefined>} the condition as a query has it
 */
export async function askForCondition(model, property) {
  const operators = operatorsFor(model, property).map(({ operator, text }) => h('option', { value: operator }, text));
  const operator = h('select', { id: freshId('operator') }, ...operators);
  const members =
    property.type === 'Edm.Boolean' ? ['true', 'false'] : [...(model.enums.get(property.type)?.keys() ?? [])];
  const value =
    members.length > 0
      ? h('select', { id: freshId('value') }, ...members.map((name) => h('option', {}, name)))
      : h('input', { id: freshId('value'), type: property.type === 'Edm.Date' ? 'date' : 'text', autocomplete: 'off' });
  const field = labelled('Value', value);
  const show = () => (field.hidden = operator.value.endsWith('null'));
  operator.addEventListener('change', show);
  /** @type {string | undefined} */
  let condition;
  await openDialog(`Filter by ${property.name}`, (close) => {
    const done = () => {
      condition = conditionOf(property, property.name, operator.value, value.value);
      close();
    };
    const form = h('form', { class: 'line', novalidate: true }, labelled(property.name, operator), field);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      done();
    });
    return { content: [form], actions: [button('Filter', done)] };
  });
  return condition;
}
