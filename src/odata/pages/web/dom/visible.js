/** Text of strangers, so that it can be read for what it is. */

/** Controls that end no line, marks of direction, and what takes no room: they could hide or turn around what stands beside them. */
const unseen = /(?![\n\t\u200c\u200d]|\r\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text with what cannot be seen written as in JSON.
 * @param {string} text @returns {string}
 */
export function visible(text) {
  return text.replace(unseen, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/**
 * The beginning of a text, never half of a character of two units.
 * @param {string} text @param {number} limit in units of UTF-16 @returns {string}
 */
export function beginning(text, limit) {
  if (text.length <= limit) return text;
  const end = /[\ud800-\udbff]/.test(text[limit - 1] ?? '') ? limit - 1 : limit;
  return text.slice(0, end);
}

/** A size as people say it. @param {number} bytes @returns {string} */
export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A number with its thousands apart. @param {number} value */
export const counted = (value) => value.toLocaleString('en-US');
