/**
 * Bearer tokens: what people paste, what is in one, and where it is kept if they want that.
 * @typedef {{ who: string, permissions: string[], expires: Date | undefined }} TokenContents
 */

/** How many things are taken away from around a token: a command's option, quotes, a header, a scheme, and some more. */
const mostLayers = 8;

/** From the beginning of a word only, so that a long text is looked through once. */
const jwt = /(?<![\w-])[\w-]{2,}\.[\w-]{2,}\.[\w-]*/;

/**
 * The token in what somebody pasted: alone, in a header, in a line of a shell, in the answer of a token endpoint, in
 * quotes.
 * @param {string} pasted @returns {string}
 */
export function tokenIn(pasted) {
  const found = jwt.exec(pasted);
  if (found !== null) return found[0];
  // Not all tokens are JWTs: what stands around them is taken away.
  const quoted = /"access_token"\s*:\s*"([^"]+)"/.exec(pasted);
  if (quoted !== null) return quoted[1] ?? '';
  let text = pasted;
  for (let layer = 0; layer < mostLayers; layer++) text = unwrapped(text);
  return text;
}

/** A text without the outermost of what people copy around a token. @param {string} text @returns {string} */
const unwrapped = (text) =>
  text
    .trim()
    .replace(/^(?:export\s+)?[A-Za-z_]\w*=(?=[^=])/, '')
    .replace(/^-H\s+/, '')
    .replace(/^["']+|["']+$/g, '')
    .replace(/^authorization\s*:\s*/i, '')
    .replace(/^bearer\s+/i, '');

/**
 * What a token says, unproved: for a hint, never for a decision.
 * @param {string} token @returns {TokenContents | undefined} undefined where it is no JWT
 */
export function contentsOf(token) {
  try {
    const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof claims !== 'object' || claims === null) return undefined;
    const listed = [claims.scp, claims.scope, claims.roles].flat().filter((one) => typeof one === 'string');
    return {
      who: String(claims.preferred_username ?? claims.upn ?? claims.oid ?? claims.sub ?? 'somebody'),
      permissions: listed.flatMap((one) => one.split(' ')),
      expires: typeof claims.exp === 'number' ? new Date(claims.exp * 1000) : undefined,
    };
  } catch {
    return undefined;
  }
}

/** Whether somebody put a token into a text. @param {string} text */
export const holdsToken = (text) =>
  [...text.matchAll(new RegExp(jwt, 'g'))].some(([found]) => contentsOf(found) !== undefined);

/**
 * A sentence about a token.
 * @param {string} token @param {Date} now @returns {string} empty where there is nothing to say
 */
export function hintOf(token, now) {
  if (token === '') return '';
  if (/[^\x21-\x7e]/.test(token)) return 'This cannot be a token: it has spaces, or characters outside of ASCII.';
  const contents = contentsOf(token);
  if (contents === undefined) return 'This is no JSON Web Token; it is sent as it stands.';
  const { who, permissions, expires } = contents;
  const may = permissions.length === 0 ? '' : `, with ${permissions.join(', ')}`;
  if (expires === undefined) return `For ${who}${may}.`;
  const minutes = Math.floor((expires.getTime() - now.getTime()) / 60_000);
  if (minutes < 0) return `For ${who}${may}: it has expired.`;
  const left = minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
  return `For ${who}${may}; ${left} left.`;
}

const kept = 'odata-pages-token';

/**
 * Keeps a token as long as its tab is open, or forgets it.
 * @param {string} root of the service that the token is for @param {string | undefined} token
 */
export function keepToken(root, token) {
  if (token === undefined) sessionStorage.removeItem(`${kept} ${root}`);
  else sessionStorage.setItem(`${kept} ${root}`, token);
}

/** The token that is kept, if there is one. @param {string} root */
export const keptToken = (root) => sessionStorage.getItem(`${kept} ${root}`) ?? undefined;
