import { element } from '../dom/h.js';
import { Workbench } from './workbench.js';

/** The service root: the page is beside what it asks for. */
const root = new URL('.', location.href.replace(/[?#].*$/, '')).href;

const workbench = new Workbench(root, { main: element('main', HTMLElement), side: element('aside', HTMLElement) });

// The address is the query's: a link to a place of the page would change it.
element('skip', HTMLElement).addEventListener('click', (event) => {
  event.preventDefault();
  element('query', HTMLElement).focus();
});

await workbench.start();
