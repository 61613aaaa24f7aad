import { button, freshId, h } from './h.js';

/**
 * Dialogs: modal, labelled by their heading, closed by Escape; the focus goes back to where it came from.
 * @typedef {import('./h.js').Child} Child
 */

/**
 * Opens a dialog.
 * @param {string} title
 * @param {(close: () => void) => { content: Child[], actions: HTMLElement[] }} fill
 * @returns {Promise<void>} when it has been closed
 */
export function openDialog(title, fill) {
  return new Promise((resolve) => {
    const heading = h('h2', { id: freshId('dialog') }, title);
    const dialog = h('dialog', { 'aria-labelledby': heading.id });
    const close = () => dialog.close();
    const { content, actions } = fill(close);
    dialog.append(
      heading,
      h('div', { class: 'content' }, ...content),
      h('p', { class: 'actions' }, ...actions, button('Close', close, { class: 'plain' })),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Asks before something is done.
 * @param {string} title @param {string} text @param {string} act what the button says that does it
 * @returns {Promise<boolean>}
 */
export async function confirmed(title, text, act) {
  let answer = false;
  await openDialog(title, (close) => ({
    content: [h('p', {}, text)],
    actions: [
      button(act, () => {
        answer = true;
        close();
      }),
    ],
  }));
  return answer;
}
