import { copy } from '../dom/copy.js';
import { openDialog } from '../dom/dialog.js';
import { button, freshId, h, labelled } from '../dom/h.js';
import { beginning } from '../dom/visible.js';
import { codeOf, languages } from '../request/code.js';

/** Units of a code that are shown; what is copied is the whole. */
const longest = 50_000;

/**
 * Shows a request as code to take along; the token is in it only where that is asked for.
 * @param {string} root of the service @param {import('../request/send.js').Asked} asked @param {string} token
 */
export function showCode(root, asked, token) {
  const language = h(
    'select',
    { id: freshId('language') },
    ...Object.entries(languages).map(([name, text]) => h('option', { value: name }, text)),
  );
  const withToken = h('input', { type: 'checkbox' });
  const code = h('pre', { tabindex: 0, role: 'region', 'aria-label': 'Code' });
  const status = h('span', { role: 'status' });
  let whole = '';
  const write = () => {
    const name = /** @type {import('../request/code.js').Language} */ (language.value);
    whole = codeOf(name, root, asked, withToken.checked ? token : '');
    code.textContent = whole.length > longest ? `${beginning(whole, longest)}\n…` : whole;
    status.textContent = '';
  };
  language.addEventListener('change', write);
  withToken.addEventListener('change', write);
  write();
  return openDialog('Copy as code', () => ({
    content: [
      h(
        'div',
        { class: 'line' },
        labelled('Language', language),
        h('p', { class: 'field' }, h('label', { class: 'check' }, withToken, ' With the token in it')),
      ),
      code,
      status,
    ],
    actions: [button('Copy', () => void copy(whole, status))],
  }));
}
