/** Queries as people write them, and the URLs that they are sent as. */

/** Characters that may stand in a query as they are, though `encodeURIComponent` encodes them. */
const plain = /%(?:24|2C|2F|3A|3B|3D|40|28|29|27|2A|21|3F)/g;

/** @param {string} text @returns {string} percent-encoded where it must be; what is encoded already stays so */
function encode(text) {
  return text
    .split(/((?:%[0-9a-fA-F]{2})+)/)
    .map((part, index) => (index % 2 === 1 ? part : encodeURIComponent(part).replace(plain, decodeURIComponent)))
    .join('');
}

/**
 * The parts of a query: its path, and its options, divided by `&` outside of quotes.
 * @param {string} query
 * @returns {{ path: string, options: { start: number, text: string }[] }}
 */
export function partsOf(query) {
  const mark = query.indexOf('?');
  if (mark < 0) return { path: query, options: [] };
  const options = [...query.slice(mark + 1).matchAll(/(?:[^&']|'[^']*(?:'|$))+/g)];
  return {
    path: query.slice(0, mark),
    options: options.map(({ index, 0: text }) => ({ start: mark + 1 + index, text })),
  };
}

/** @param {string} query as it was written @returns {string} as it is sent */
export function urlOf(query) {
  const { path, options } = partsOf(query);
  const encoded = options.map(({ text }) => encode(text));
  return encode(path) + (encoded.length > 0 ? `?${encoded.join('&')}` : '');
}

/**
 * The absolute URL of a query. A token goes to the service that it is for and nowhere else on its host: a link can put
 * any text into the address of the page.
 * @param {string} root of the service
 * @param {string} query
 * @returns {string}
 * @throws {Error} where it leads out of the service
 */
export function addressIn(root, query) {
  const { href } = new URL(`${root}${urlOf(query)}`);
  if (href.startsWith(root)) return href;
  throw new Error('the query leads out of the service');
}

/**
 * Where the character that an error speaks of stands in the query.
 * @param {string} query
 * @param {string | undefined} target name of the option; none where the path is at fault
 * @param {number} position of the character in the decoded text, from 1
 * @returns {number} index into the query
 */
export function placeOf(query, target, position) {
  const { path, options } = partsOf(query);
  const name = (/** @type {string} */ text) => text.slice(0, text.indexOf('=')).toLowerCase().replace(/^\$/, '');
  const option = options.find(({ text }) => name(text) === target?.toLowerCase().replace(/^\$/, ''));
  const text = option === undefined ? path : option.text.slice(option.text.indexOf('=') + 1);
  const start = option === undefined ? 0 : option.start + option.text.indexOf('=') + 1;
  let decoded = 0;
  for (const { index, 0: unit } of text.matchAll(/(?:%[0-9a-fA-F]{2})+|[^]/g)) {
    decoded += unit.length > 1 ? decodeURIComponent(unit).length : 1;
    if (decoded >= position) return start + index;
  }
  return start + text.length;
}

/** What means something else when it is not encoded, in a path and in an option (OData 4.01 URL Conventions 2). */
const kept = { path: /[%/?]/g, option: /[%&;]/g };

/** @param {string} text percent-encoded @param {RegExp} delimiters that stay so @returns {string} as people write it */
const readable = (text, delimiters) =>
  text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run).replace(delimiters, encodeURIComponent);
    } catch {
      return run;
    }
  });

/** A value of a key as it stands in a path: readable, as `queryOf` has it. @param {string} literal @returns {string} */
export const inPath = (literal) => literal.replace(kept.path, encodeURIComponent);

/**
 * The query, behind the service root, that a URL of an answer asks for, as people write it where that asks for the same.
 * @param {string} root of the service
 * @param {string} url absolute, or relative to the root
 * @returns {string}
 */
export function queryOf(root, url) {
  // Behind a proxy the service may name another host than the page was loaded from: the path is what they share.
  const path = new URL(root).pathname;
  const at = /^https?:/.test(url) ? url.indexOf(path, url.indexOf('//') + 2) : -1;
  const relative = at < 0 ? url : url.slice(at + path.length);
  const mark = relative.indexOf('?');
  if (mark < 0) return readable(relative, kept.path);
  const options = relative.slice(mark + 1);
  const shown = `${readable(relative.slice(0, mark), kept.path)}?${readable(options, kept.option)}`;
  // A quote that is no literal's would take the options behind it in.
  return partsOf(shown).options.length === options.split('&').length ? shown : relative;
}
