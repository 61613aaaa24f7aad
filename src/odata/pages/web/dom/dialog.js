import { button, freshId, h } from './h.js';

/**
 * Dialogs: modal, labelled by their heading, closed by Escape; the focus goes back to where it came from.
 * @typedef {import('./h.js').Child} Child
 */

/**
 * Opens a dialog.
 * @param {string} title
 * @param {(close: () => void) => { content: Child[], actions: HTMLElement[] }} fill
 * @param {HTMLElement} [end] the button that closes it
 * @returns {Promise<void>} when it has been closed
 */
export function openDialog(title, fill, end = button('Close', () => {}, { class: 'plain' })) {
  return new Promise((resolve) => {
    const heading = h('h2', { id: freshId('dialog') }, title);
    const dialog = h('dialog', { 'aria-labelledby': heading.id });
    const close = () => dialog.close();
    const { content, actions } = fill(close);
    dialog.append(heading, h('div', { class: 'content' }, ...content), h('p', { class: 'actions' }, ...actions, end));
    end.addEventListener('click', close);
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Asks before something is done; Enter alone does nothing.
 * @param {string} title @param {string} text @param {string} act what the button says that does it
 * @returns {Promise<boolean>}
 */
export async function confirmed(title, text, act) {
  let answer = false;
  const cancel = button('Cancel', () => {}, { class: 'plain', autofocus: true });
  const fill = (/** @type {() => void} */ close) => ({
    content: [h('p', {}, text)],
    actions: [
      button(act, () => {
        answer = true;
        close();
      }),
    ],
  });
  await openDialog(title, fill, cancel);
  return answer;
}
