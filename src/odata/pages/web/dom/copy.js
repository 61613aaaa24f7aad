/**
 * Puts a text on the clipboard.
 * @param {string} text @param {HTMLElement} status where it says how that went
 */
export async function copy(text, status) {
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = 'Copied.';
  } catch {
    status.textContent = 'The browser does not let the page copy; select the text instead.';
  }
}
