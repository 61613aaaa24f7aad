import { isObject, isRawNumber } from '../request/json.js';
import { memberOf } from './columns.js';

/**
 * Grouped answers as series.
 * @typedef {import('./columns.js').Row} Row
 * @typedef {{ label: string, value: number }} Point
 * @typedef {{ labels: string[], values: string[] }} Axes names of what can be shown along, and of what can be measured
 */

/** How many points a drawing can have and still be read. */
export const mostPoints = 200;

/** @param {unknown} value @returns {number | undefined} */
export function numberOf(value) {
  if (typeof value === 'number') return value;
  if (isRawNumber(value)) return Number(value.rawJSON);
  // Large integers and decimals may come as strings (IEEE754Compatible).
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value) ? Number(value) : undefined;
}

/**
 * A row with what is inside single objects beside the rest, under its path.
 * @param {Row} row @param {string} [prefix] @returns {Row}
 */
export function flattened(row, prefix = '') {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([name]) => !name.includes('@'))
      .flatMap(([name, value]) =>
        isObject(value) ? Object.entries(flattened(value, `${prefix}${name}/`)) : [[`${prefix}${name}`, value]],
      ),
  );
}

/**
 * What of these rows can be drawn.
 * @param {Row[]} flat rows as `flattened` gives them @returns {Axes}
 */
export function axesOf(flat) {
  const names = [...new Set(flat.flatMap((row) => Object.keys(row)))];
  const values = names.filter(
    (name) =>
      flat.some((row) => numberOf(memberOf(row, name)) !== undefined) &&
      flat.every((row) => (memberOf(row, name) ?? null) === null || numberOf(memberOf(row, name)) !== undefined),
  );
  const labels = names.filter((name) => !flat.some((row) => Array.isArray(memberOf(row, name))));
  // What is grouped by stands first, what is aggregated behind it.
  return { labels, values: values.reverse() };
}

/**
 * @param {Row[]} flat @param {string} label @param {string} value @returns {Point[]}
 */
export function pointsOf(flat, label, value) {
  return flat.slice(0, mostPoints).flatMap((row) => {
    const measured = numberOf(memberOf(row, value));
    const named = memberOf(row, label);
    const text = typeof named === 'string' ? named : named === undefined ? '' : JSON.stringify(named);
    return measured === undefined || !Number.isFinite(measured) ? [] : [{ label: text, value: measured }];
  });
}

/** Where an axis is marked: round numbers around all values, zero among them. @param {number[]} values @returns {number[]} */
export function ticksOf(values) {
  const low = Math.min(0, ...values);
  const highest = Math.max(0, ...values);
  // Where all is nothing, there is still an axis.
  const high = highest - low > 1e-300 ? highest : low + 1;
  const span = high - low;
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
