import { button, h } from '../dom/h.js';
import { openDialog } from '../dom/dialog.js';
import { beginning, visible } from '../dom/visible.js';
import { textOf } from '../request/json.js';
import { bothValues } from './change.js';

/** @param {unknown} value */
const shown = (value) => (value === undefined ? 'nothing' : visible(beginning(textOf(value), 500)));

/**
 * Shows what somebody wanted to write beside what another one wrote meanwhile.
 * @param {Record<string, unknown>} change @param {Record<string, unknown>} now what is there
 * @returns {Promise<'overwrite' | 'keep' | 'later'>} `later`: the dialog was closed
 */
export async function settled(change, now) {
  /** @type {'overwrite' | 'keep' | 'later'} */
  let decision = 'later';
  const rows = bothValues(change, now).map(({ path, mine, theirs }) =>
    h('tr', {}, h('th', { scope: 'row' }, visible(path)), h('td', {}, shown(mine)), h('td', {}, shown(theirs))),
  );
  const head = ['Property', 'Yours', 'There now'].map((text) => h('th', { scope: 'col' }, text));
  await openDialog('Somebody changed it meanwhile', (close) => ({
    content: [
      h('p', {}, 'Your change was not made (412): it was for a version that is no longer the latest.'),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Both values' },
        h('table', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows)),
      ),
    ],
    actions: [
      button('Write mine', () => {
        decision = 'overwrite';
        close();
      }),
      button('Keep what is there', () => {
        decision = 'keep';
        close();
      }),
    ],
  }));
  return decision;
}
