import { isObject } from '../request/json.js';
import { listOf, optionOf } from '../request/query-options.js';

/**
 * What a table of an answer looks like.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Property} Property
 * @typedef {import('../model/model.js').Typed} Typed
 * @typedef {Record<string, unknown>} Row
 * @typedef {{ name: string, property: Property | undefined }} Column
 * @typedef {{ rows: Row[], items: boolean, single: boolean }} Rows `items`: the values are no objects, each is in a row as `value`
 */

/**
 * The rows of an answer; undefined where it is none that a table could show.
 * @param {unknown} json @returns {Rows | undefined}
 */
export function rowsOf(json) {
  if (!isObject(json)) return undefined;
  const { value } = json;
  if (!Array.isArray(value))
    return 'value' in json && !isObject(value) ? undefined : { rows: [json], items: false, single: true };
  const objects = value.every(isObject);
  return { rows: objects ? value : value.map((item) => ({ value: item })), items: !objects, single: false };
}

/** What a row says of a name: nothing that objects of the language have by themselves. @param {Row} row @param {string} name */
export const memberOf = (row, name) => (Object.hasOwn(row, name) ? row[name] : undefined);

/** Whether a row of a delta answer says that an entity is gone (OData 4.01 JSON 15.3). @param {Row} row */
export const isRemoved = (row) => '@removed' in row;

/** What is said of a stream is said beside its name, which is not there itself. */
const ofStream = /^(\w+)@(?:odata\.)?media\w+$/;

/**
 * Control information that is all there is: ids of references, links of a cross join, what was removed.
 * @param {Row[]} rows @param {boolean} typed whether it is known what they are @param {boolean} empty whether they have no members
 */
function controlsOf(rows, typed, empty) {
  const link = typed ? (empty ? /^@(?:odata\.)?id$/ : /^$/) : /@(?:odata\.)?navigationLink$|^@(?:odata\.)?id$/;
  const names = rows.flatMap((row) => Object.keys(row));
  return new Set(names.filter((name) => name === '@removed' || link.test(name)));
}

/**
 * The columns: what `$select` names or the type declares, in that order, then what the rows have beside it.
 * @param {Model | undefined} model @param {Typed | undefined} type of the rows @param {string} query @param {Row[]} rows
 * @returns {Column[]}
 */
export function columnsOf(model, type, query, rows) {
  const properties = model?.types.get(type?.type ?? '')?.properties;
  const members = rows.flatMap((row) => Object.keys(row)).map((name) => ofStream.exec(name)?.[1] ?? name);
  const present = new Set(members.filter((name) => !name.includes('@')));
  const selected = listOf(optionOf(query, '$select') ?? '').map((item) => item.split(/[/(]/)[0] ?? '');
  const first = selected.length > 0 && !selected.includes('*') ? selected : [...(properties?.keys() ?? [])];
  const controls = controlsOf(rows, properties !== undefined, present.size === 0);
  const names = new Set([...first.filter((name) => present.has(name)), ...present, ...controls]);
  return [...names].map((name) => ({ name, property: properties?.get(name) }));
}
