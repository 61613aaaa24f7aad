import { h, labelled } from '../dom/h.js';
import { noSwitches } from '../request/headers.js';

/**
 * Headers and preferences as switches.
 * @typedef {import('../request/headers.js').Switches} Switches
 */
export class SwitchPanel {
  #controls = {
    maxVersion: choice('max-version', ['', '4.0', '4.01']),
    metadata: choice('metadata', ['', 'none', 'minimal', 'full']),
    returns: choice('returns', ['', 'representation', 'minimal']),
    pageSize: h('input', { id: 'page-size', type: 'text', inputmode: 'numeric', size: 6 }),
    ifMatch: h('input', { id: 'if-match', type: 'text', spellcheck: 'false', placeholder: 'W/"…" or *' }),
    ifNoneMatch: h('input', { id: 'if-none-match', type: 'text', spellcheck: 'false', placeholder: 'W/"…" or *' }),
    exact: check('exact'),
    omitNulls: check('omit-nulls'),
    trackChanges: check('track-changes'),
    respondAsync: check('respond-async'),
    free: h('textarea', {
      id: 'free-headers',
      rows: 2,
      spellcheck: 'false',
      class: 'code',
      placeholder: 'client-request-id: my-own',
    }),
  };

  constructor() {
    const {
      maxVersion,
      metadata,
      returns,
      pageSize,
      ifMatch,
      ifNoneMatch,
      exact,
      omitNulls,
      trackChanges,
      respondAsync,
      free,
    } = this.#controls;
    this.element = h(
      'details',
      { class: 'panel' },
      h('summary', {}, 'Headers and preferences'),
      h(
        'div',
        { class: 'line' },
        labelled('OData-MaxVersion', maxVersion),
        labelled('Metadata', metadata),
        labelled('Return', returns),
        labelled('Page size', pageSize),
      ),
      h(
        'div',
        { class: 'line' },
        switched(exact, 'Large numbers as strings'),
        switched(omitNulls, 'Leave nulls out'),
        switched(trackChanges, 'Track changes'),
        switched(respondAsync, 'Answer later'),
      ),
      h('div', { class: 'line' }, labelled('If-Match', ifMatch), labelled('If-None-Match', ifNoneMatch)),
      labelled('More headers, one a line', free),
    );
  }

  /** @returns {Switches} */
  get value() {
    const controls = this.#controls;
    return /** @type {Switches} */ ({
      ...noSwitches,
      ...Object.fromEntries(
        Object.entries(controls).map(([name, control]) => [
          name,
          control instanceof HTMLInputElement && control.type === 'checkbox' ? control.checked : control.value,
        ]),
      ),
    });
  }
}

/** @param {string} id @param {string[]} values */
const choice = (id, values) =>
  h('select', { id }, ...values.map((value) => h('option', { value }, value === '' ? 'not said' : value)));

/** @param {string} id */
const check = (id) => h('input', { id, type: 'checkbox', role: 'switch' });

/** @param {HTMLInputElement} control @param {string} text */
const switched = (control, text) => h('p', { class: 'field' }, h('label', { class: 'check' }, control, ` ${text}`));
