import { isObject, textOf } from '../request/json.js';

/**
 * What a merge has to say (OData 4.01 Protocol 11.4.3; RFC 7396): the members that are other than before. Collections are
 * replaced whole. Nothing where nothing is other.
 * @param {Record<string, unknown>} before @param {Record<string, unknown>} after
 * @returns {Record<string, unknown>}
 */
export function changeOf(before, after) {
  /** @type {[string, unknown][]} */
  const changed = [];
  for (const [name, value] of Object.entries(after)) {
    const was = before[name];
    if (textOf(value) === textOf(was)) continue;
    if (isObject(value) && isObject(was)) changed.push([name, changeOf(was, value)]);
    else changed.push([name, value]);
  }
  return Object.fromEntries(changed.filter(([, value]) => !isObject(value) || Object.keys(value).length > 0));
}

/**
 * The values of a change that somebody else's stand against: paths with what is wanted and what is there.
 * @param {Record<string, unknown>} change @param {Record<string, unknown>} now @param {string} [prefix]
 * @returns {{ path: string, mine: unknown, theirs: unknown }[]}
 */
export function bothValues(change, now, prefix = '') {
  return Object.entries(change).flatMap(([name, mine]) => {
    const theirs = now[name];
    const path = `${prefix}${name}`;
    return isObject(mine) && isObject(theirs) ? bothValues(mine, theirs, `${path}/`) : [{ path, mine, theirs }];
  });
}
