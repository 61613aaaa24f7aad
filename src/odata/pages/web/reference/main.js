import { element, h, labelled } from '../dom/h.js';
import { prose } from '../dom/prose.js';
import { visible } from '../dom/visible.js';
import { send, summaryOf } from '../request/send.js';
import { TokenField } from '../request/token-field.js';
import { firstKeyQuery, groupsOf } from './openapi.js';
import { OperationView } from './operation-view.js';

/**
 * The page: the operations of the API, each with a form. What the service is about stands first, open, with the key of an
 * entity that is there filled in as soon as there is a token.
 */
const root = new URL('.', location.href.replace(/[?#].*$/, '')).href;
const main = element('main', HTMLElement);

/** @param {string} query */
const read = (query) =>
  send(root, { method: 'GET', query, headers: [['accept', 'application/json']], body: '' }, token.value);

/** Ends when the keys have been asked for that belong to the token. */
let filled = Promise.resolve();
const token = new TokenField(root, () => (filled = fillKeys()));
/** @type {OperationView[]} */
let views = [];

async function start() {
  const answer = await read('openapi.json');
  if (answer.status >= 400) throw new Error(summaryOf(answer));
  const document = /** @type {import('./openapi.js').Json} */ (answer.json);
  const explorer = globalThis.document.querySelector('a[href=explorer]') !== null;
  const around = { root, document, token: () => token.value, filled: () => filled, explorer };
  element('title', HTMLElement).textContent = document.info?.title ?? 'API reference';
  const groups = groupsOf(document);
  const sections = groups.map(({ name, description, operations }) => {
    const own = operations.map((operation) => new OperationView(operation, around));
    views.push(...own);
    return {
      name,
      own,
      element: h(
        'section',
        { 'aria-label': name },
        h('h2', {}, visible(name)),
        h('div', { class: 'hint' }, ...prose(description)),
        ...own.map((one) => one.element),
      ),
    };
  });
  const search = h('input', { id: 'search', type: 'search', autocomplete: 'off' });
  const found = h('p', { role: 'status', class: 'hint' });
  search.addEventListener('input', () => narrow(search.value, sections, found));
  main.replaceChildren(
    ...prose(document.info?.description ?? ''),
    h('p', { class: 'hint' }, `Version ${document.info?.version ?? ''}.`),
    token.element,
    labelled('Find an operation', search),
    found,
    ...sections.map((section) => section.element),
  );
  (views.find(({ operation }) => operation.featured) ?? views[0])?.open();
  if (location.hash !== '') openLinked();
  addEventListener('hashchange', openLinked);
  globalThis.document.documentElement.dataset.ready = '';
  filled = fillKeys();
}

/** Opens the operation that the address names. */
function openLinked() {
  const name = location.hash.slice(1).replace(/^operation-/, '');
  const view = views.find(({ operation }) => operation.id === name);
  view?.open();
  view?.element.scrollIntoView();
}

/** @param {string} words @param {{ own: OperationView[], element: HTMLElement }[]} sections @param {HTMLElement} found */
function narrow(words, sections, found) {
  const wanted = words.toLowerCase().split(/\s+/);
  for (const { operation, element: shown } of views) {
    const text = `${operation.method} ${operation.path} ${operation.summary} ${operation.id}`.toLowerCase();
    shown.hidden = !wanted.every((word) => text.includes(word));
  }
  for (const { own, element: section } of sections) section.hidden = own.every((one) => one.element.hidden);
  const { length } = views.filter((one) => !one.element.hidden);
  found.textContent = words.trim() === '' ? '' : `${length} of ${views.length} operations.`;
}

/** Proposes the key of the first entity of a set, to all operations on entities of it. */
async function fillKeys() {
  if (token.value === '') return;
  const wanted = new Map(
    views.flatMap(({ operation }) => {
      const first = firstKeyQuery(operation.path);
      return first === undefined ? [] : [[first.query, first]];
    }),
  );
  for (const { query, names } of wanted.values()) {
    const answer = await read(query).catch(() => undefined);
    const members = /** @type {any} */ (answer?.json)?.value;
    const entity = members?.[0];
    for (const view of views) {
      if (firstKeyQuery(view.operation.path)?.query !== query) continue;
      if (Array.isArray(members))
        view.advise(entity === undefined ? 'There is none yet: make one with POST first.' : '');
      if (entity === undefined) continue;
      for (const name of names) if (entity[name] !== undefined) view.propose(name, String(entity[name]));
    }
  }
}

try {
  await start();
} catch (error) {
  main.replaceChildren(
    h('p', { role: 'alert' }, `The description could not be read: ${error instanceof Error ? error.message : error}`),
  );
}
