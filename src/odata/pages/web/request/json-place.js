/**
 * Where a value stands in a text of JSON.
 * @typedef {{ start: number, end: number, line: number }} Place offsets into the text, and a line from 1
 */

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * The place of what a path of an error leads to: its member, or what is around it where there is none.
 * @param {string} text
 * @param {string} path names and indexes between slashes, `profile/skills/0`
 * @returns {Place | undefined} undefined where not even its first step is there
 */
export function placeInJson(text, path) {
  const wanted = path.split('/').filter((step) => step !== '');
  /** @type {{ array: boolean, step: string, depth: number }[]} */
  const stack = [];
  let reached = 0;
  /** @type {Place | undefined} */
  let found;
  let isName = false;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    const top = stack.at(-1);
    if (token === '{' || token === '[') {
      if (top?.array && isName) visit(index, token);
      const depth = matches() ? stack.length : -1;
      stack.push({ array: token === '[', step: token === '[' ? '0' : '', depth });
      isName = true;
    } else if (token === '}' || token === ']') {
      stack.pop();
      isName = false;
    } else if (token === ',') {
      if (top?.array) top.step = String(Number(top.step) + 1);
      isName = true;
    } else if (token === ':') {
      isName = false;
    } else if (isName && top !== undefined) {
      if (!top.array) top.step = nameOf(token);
      visit(index, token);
      if (top.array) isName = false;
    }
  }
  return found;

  /** Whether the steps down to here are those that are wanted. */
  function matches() {
    return stack.every(({ step }, at) => step === wanted[at]);
  }

  /** @param {number} index @param {string} token */
  function visit(index, token) {
    if (stack.length <= reached || stack.length > wanted.length || !matches()) return;
    reached = stack.length;
    found = { start: index, end: index + token.length, line: lineOf(text, index) };
  }
}

/** @param {string} token of a string @returns {string} */
function nameOf(token) {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}

/** @param {string} text @param {number} offset @returns {number} from 1 */
export const lineOf = (text, offset) => text.slice(0, offset).split('\n').length;

/**
 * The place that an error of syntax speaks of.
 * @param {string} text @param {string} message `… at line 2, column 6.`
 * @returns {Place | undefined}
 */
export function placeInMessage(text, message) {
  const [, line = '', column = ''] = /\bline (\d+), column (\d+)/.exec(message) ?? [];
  if (line === '') return undefined;
  const before = text.split('\n').slice(0, Number(line) - 1);
  const start = before.reduce((sum, one) => sum + one.length + 1, 0) + Number(column) - 1;
  return { start, end: Math.min(start + 1, text.length), line: Number(line) };
}
