import { button, h } from '../dom/h.js';
import { beginning, visible } from '../dom/visible.js';
import { samplesOf } from '../model/samples.js';
import { modelView } from '../side/model-view.js';
import { link } from './link.js';

/**
 * The side: model, samples, history.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/samples.js').Sample} Sample
 * @typedef {import('../side/history.js').History} History
 * @typedef {{ open: (sample: Sample) => void, call: (call: import('../edit/call-form.js').Call) => void, create: (root: import('../model/model.js').Root) => void, collect: (method: string, query: string) => void }} SideActions
 */
export class SidePanel {
  #model = h('div', {}, 'The model is on its way …');
  #samples = h('ul', { class: 'samples' });
  #history = h('ul', { class: 'samples' });

  /** @param {History} history @param {SideActions} actions */
  constructor(history, actions) {
    this.history = history;
    this.actions = actions;
    const forget = button(
      'Forget all',
      () => {
        history.clear();
        this.showHistory();
      },
      { class: 'plain' },
    );
    this.element = h(
      'details',
      { id: 'side' },
      h('summary', {}, 'Model, samples, history'),
      part('Model', this.#model),
      part('Samples', this.#samples),
      part('History', h('p', { class: 'hint' }, 'Queries only, kept in this browser.'), this.#history, forget),
    );
    // Beside the rest where there is room, else one line above it.
    const wide = matchMedia('(min-width: 64rem)');
    this.element.open = wide.matches;
    wide.addEventListener('change', () => (this.element.open = wide.matches));
    this.showHistory();
  }

  /** @param {Model} model */
  showModel(model) {
    const { open, call, create } = this.actions;
    this.#model.replaceChildren(...modelView(model, { link, call, create }));
    const samples = samplesOf(model).map((sample) =>
      h(
        'li',
        {},
        button(sample.title, () => open(sample), { class: 'plain', title: sample.query }),
      ),
    );
    this.#samples.replaceChildren(...samples);
  }

  /** @param {string} text */
  showFailure(text) {
    this.#model.replaceChildren(text);
  }

  showHistory() {
    const entries = this.history.entries.map(({ method, query }) => {
      const text = `${method} ${beginning(query, 200)}`;
      const again = button(visible(text), () => this.actions.open({ title: '', method, query, body: '' }), {
        class: 'plain',
      });
      const collect = button('+', () => this.actions.collect(method, query), {
        class: 'plain',
        'aria-label': `Add ${visible(text)} to the batch`,
      });
      return h('li', {}, again, collect);
    });
    this.#history.replaceChildren(...entries);
  }
}

/** @param {string} title @param {...HTMLElement} content */
const part = (title, ...content) => h('details', { open: true }, h('summary', {}, h('h2', {}, title)), ...content);
