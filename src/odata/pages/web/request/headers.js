/**
 * What a request says beside its URL and body, as switches; and free headers beside them.
 * @typedef {{
 *   maxVersion: '' | '4.0' | '4.01', metadata: '' | 'none' | 'minimal' | 'full', exact: boolean,
 *   returns: '' | 'minimal' | 'representation', pageSize: string, omitNulls: boolean, trackChanges: boolean,
 *   respondAsync: boolean, ifMatch: string, ifNoneMatch: string, free: string,
 * }} Switches
 * @typedef {[name: string, value: string]} Header
 */

/** @type {Switches} */
export const noSwitches = {
  maxVersion: '',
  metadata: '',
  exact: false,
  returns: '',
  pageSize: '',
  omitNulls: false,
  trackChanges: false,
  respondAsync: false,
  ifMatch: '',
  ifNoneMatch: '',
  free: '',
};

/**
 * Preferences, in the spelling of 4.01, which services that know 4.0 only ignore (Protocol 8.2.8).
 * @param {Switches} switches @returns {string[]}
 */
function preferencesOf({ returns, pageSize, omitNulls, trackChanges, respondAsync }) {
  return [
    ...(returns === '' ? [] : [`return=${returns}`]),
    ...(/^[1-9]\d*$/.test(pageSize) ? [`maxpagesize=${pageSize}`] : []),
    ...(omitNulls ? ['omit-values=nulls'] : []),
    ...(trackChanges ? ['track-changes'] : []),
    ...(respondAsync ? ['respond-async'] : []),
  ];
}

/** @param {Switches} switches @returns {string} */
function acceptOf({ metadata, exact }) {
  return [
    'application/json',
    ...(metadata === '' ? [] : [`odata.metadata=${metadata}`]),
    ...(exact ? ['IEEE754Compatible=true'] : []),
  ].join(';');
}

/**
 * The lines of free headers that are some.
 * @param {string} text `Name: value`, one a line @returns {Header[]}
 */
export function freeHeaders(text) {
  return text.split('\n').flatMap((line) => {
    const [, name, value] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [/** @type {Header} */ ([name, value])];
  });
}

/**
 * All headers of a request but its token; a free one takes the place of a switch's.
 * @param {Switches} switches
 * @param {boolean} hasBody
 * @returns {Header[]}
 */
export function headersOf(switches, hasBody) {
  const preferences = preferencesOf(switches);
  const free = freeHeaders(switches.free);
  const said = new Set(free.map(([name]) => name.toLowerCase()));
  /** @type {Header[]} */
  const own = [
    ['accept', acceptOf(switches)],
    ['odata-maxversion', switches.maxVersion],
    ['prefer', preferences.join(', ')],
    ['if-match', switches.ifMatch.trim()],
    ['if-none-match', switches.ifNoneMatch.trim()],
    ['content-type', hasBody ? 'application/json' : ''],
  ];
  return [...own.filter(([name, value]) => value !== '' && !said.has(name)), ...free];
}
