/**
 * A text in pieces, at a character outside of quotes and parentheses. A query comes out of a link that anybody can write, so
 * each character is looked at once: nothing is tried again, whatever is left open.
 * @param {string} text @param {string} separator one character @returns {string[]}
 */
export function piecesOf(text, separator) {
  const pieces = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (character === separator && depth === 0) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    } else if (character === '(') depth++;
    else if (character === ')' && depth > 0) depth--;
  }
  pieces.push(text.slice(start));
  return pieces;
}
