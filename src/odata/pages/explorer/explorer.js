import { CompletionList } from './completion-list.js';
import { complete } from './complete.js';
import { readModel } from './model.js';
import { partsOf, placeOf, send, showRequest } from './request.js';
import { addressOf, Result } from './result.js';

/**
 * The page: wires its elements to the modules beside it. The state is in the elements, and the query in the address, so
 * that the browser's history is that of the explorer. The token is in its field alone.
 */

/** The service root: the page is beside what it asks for. */
const root = new URL('.', location.href.replace(/[?#].*$/, '')).href;

/** Headers that say nothing of the answer. */
const unspoken = new Set(['connection', 'keep-alive', 'content-length', 'date', 'x-content-type-options']);

/** @template {HTMLElement} E @param {string} id @param {new () => E} kind @returns {E} */
function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${id}`);
  return found;
}

const form = element('form', HTMLFormElement);
const token = element('token', HTMLInputElement);
const method = element('method', HTMLSelectElement);
const query = element('query', HTMLInputElement);
const ifMatch = element('if-match', HTMLInputElement);
const body = element('body', HTMLTextAreaElement);
const status = element('status', HTMLElement);
const fault = element('fault', HTMLElement);

/** @type {import('./model.js').Model | undefined} */
let model;
let latest = 0;

const list = new CompletionList(query, element('suggestions', HTMLElement), (text, cursor) =>
  model === undefined ? { from: cursor, suggestions: [] } : complete(model, text, cursor),
);

/** @param {import('./request.js').Answer} answer @param {string} asked */
function showFault({ json, status: code }, asked) {
  fault.replaceChildren();
  if (code < 400) return;
  const { error } =
    /** @type {{ error?: { message?: string, target?: string, innerError?: { position?: number } } }} */ (json ?? {});
  const position = error?.innerError?.position;
  if (position !== undefined) {
    const at = placeOf(asked, error?.target, position);
    const marked = document.createElement('mark');
    marked.textContent = asked.slice(at, at + 1) || '␣';
    const text = document.createElement('pre');
    text.append(asked.slice(0, at), marked, asked.slice(at + 1));
    fault.append(text);
    query.setSelectionRange(at, at + 1);
  }
  fault.append(error?.message ?? `The service answered with ${code}.`);
}

/** @param {import('./request.js').Answer} answer @param {string} asked */
function showAnswer(answer, asked) {
  const shown = answer.headers.filter(([name]) => !unspoken.has(name));
  const headers = shown.map(([name, value]) => `${name}: ${value}`);
  element('headers', HTMLElement).textContent = [`${answer.status} ${answer.statusText}`, ...headers].join('\n');
  const result = new Result(model, partsOf(asked).path);
  element('links', HTMLElement).replaceChildren(...(answer.status < 400 ? result.links() : []));
  element('answer', HTMLElement).replaceChildren(
    ...(answer.json === undefined ? [answer.text || '(no body)'] : result.write(answer.json)),
  );
  element('exchange', HTMLElement).hidden = false;
  status.textContent = `${answer.status} ${answer.statusText} in ${answer.ms} ms`;
}

async function ask() {
  list.close();
  const asked = {
    method: method.value,
    query: query.value,
    token: token.value.trim(),
    ifMatch: ifMatch.value,
    body: body.value,
  };
  const turn = ++latest;
  try {
    element('request', HTMLElement).textContent = showRequest(root, asked);
    status.textContent = 'Asking …';
    const answer = await send(root, asked);
    // Another one was sent meanwhile.
    if (turn !== latest) return;
    showAnswer(answer, asked.query);
    showFault(answer, asked.query);
  } catch (error) {
    if (turn === latest)
      status.textContent = `The service did not answer: ${error instanceof Error ? error.message : error}`;
  }
}

function showMethod() {
  element('change', HTMLElement).hidden = method.value === 'GET';
}

/** Asks for what the address says: at the start, by a link, by the history. */
function follow() {
  const asked = decodeURIComponent(location.hash.slice(1));
  if (asked === '') return;
  query.value = asked;
  method.value = 'GET';
  showMethod();
  void ask();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const address = addressOf(query.value);
  // What the address says already, and what is no reading, is asked for without it.
  if (method.value !== 'GET' || location.hash === address) void ask();
  else location.hash = address;
});
form.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.ctrlKey) form.requestSubmit();
});
method.addEventListener('change', showMethod);
addEventListener('hashchange', follow);

element('root', HTMLElement).textContent = new URL(root).pathname;
showMethod();
const metadata = await fetch(`${root}$metadata?$format=application/json`);
if (metadata.ok) model = readModel(await metadata.json());
if (query.value === '') query.value = model?.roots[0]?.name ?? '';
follow();
