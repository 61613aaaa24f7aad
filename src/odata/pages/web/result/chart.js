import { freshId, h, labelled, svg } from '../dom/h.js';
import { beginning, visible } from '../dom/visible.js';
import { axesOf, flattened, mostPoints, pointsOf, ticksOf } from './chart-data.js';

/**
 * A grouped answer as bars or lines. What it shows stands in the table too, and each mark says its value.
 * @typedef {import('./columns.js').Row} Row
 * @typedef {import('./chart-data.js').Point} Point
 */

const size = { width: 640, height: 320, left: 70, right: 10, top: 10, bottom: 60 };

/** @param {string} text */
const short = (text) => visible(beginning(text, 14)) + (text.length > 14 ? '…' : '');

/** @param {string} name @param {string[]} names @param {string} chosen @param {() => void} changed */
function choice(name, names, chosen, changed) {
  const options = names.map((one) => h('option', { value: one, selected: one === chosen }, visible(one)));
  return h('select', { id: freshId(name), onchange: changed }, ...options);
}

/** @param {Row[]} rows @returns {HTMLElement} */
export function chartOf(rows) {
  const flat = rows.map((row) => flattened(row));
  const { labels, values } = axesOf(flat);
  const [value] = values;
  if (value === undefined || rows.length === 0)
    return h('p', { class: 'hint' }, 'There are no numbers in this answer to draw; group and count with $apply.');
  const along = choice('along', labels, labels.find((one) => !values.includes(one)) ?? labels[0] ?? '', () => draw());
  const measure = choice('measure', values, value, () => draw());
  const kind = choice('kind', ['bars', 'lines'], 'bars', () => draw());
  const figure = h('figure');
  const draw = () => {
    const points = pointsOf(flat, along.value, measure.value);
    const more = rows.length > mostPoints ? `, the first ${mostPoints}` : '';
    const title = `${visible(measure.value)} by ${visible(along.value)}${more}`;
    figure.replaceChildren(drawing(points, kind.value, title), h('figcaption', {}, title));
  };
  draw();
  return h(
    'div',
    {},
    h('div', { class: 'line' }, labelled('Along', along), labelled('Value', measure), labelled('As', kind)),
    figure,
  );
}

/** @param {Point[]} points @param {string} kind @param {string} title @returns {SVGElement} */
function drawing(points, kind, title) {
  const ticks = ticksOf(points.map((point) => point.value));
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };
  const y = (/** @type {number} */ value) => size.top + ((high - value) / (high - low || 1)) * inner.height;
  const step = inner.width / Math.max(points.length, 1);
  const x = (/** @type {number} */ index) => size.left + step * (index + 0.5);
  const axis = ticks.flatMap((tick) => [
    svg('line', { class: 'grid', x1: size.left, x2: size.width - size.right, y1: y(tick), y2: y(tick) }),
    svg('text', { class: 'tick', x: size.left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, String(tick)),
  ]);
  const every = Math.ceil(points.length / 12);
  const names = points.flatMap(({ label }, index) =>
    index % every === 0
      ? [
          svg(
            'text',
            {
              class: 'tick',
              'text-anchor': 'end',
              transform: `translate(${x(index)} ${size.height - size.bottom + 16}) rotate(-30)`,
            },
            short(label),
          ),
        ]
      : [],
  );
  const marks = kind === 'bars' ? bars(points, { x, y, width: step * 0.7 }) : lines(points, { x, y });
  const named = { viewBox: `0 0 ${size.width} ${size.height}`, role: 'img', 'aria-label': title };
  return svg('svg', named, ...axis, ...marks, ...names);
}

/** @param {Point} point */
const titleOf = ({ label, value }) => svg('title', {}, `${visible(beginning(label, 80))}: ${value}`);

/** @param {Point[]} points @param {{ x: (index: number) => number, y: (value: number) => number, width: number }} scale */
function bars(points, { x, y, width }) {
  return points.map((point, index) =>
    svg(
      'rect',
      {
        class: 'bar',
        x: x(index) - width / 2,
        width,
        y: Math.min(y(point.value), y(0)),
        height: Math.abs(y(point.value) - y(0)),
      },
      titleOf(point),
    ),
  );
}

/** @param {Point[]} points @param {{ x: (index: number) => number, y: (value: number) => number }} scale */
function lines(points, { x, y }) {
  const path = points.map((point, index) => `${x(index)},${y(point.value)}`).join(' ');
  const dots = points.map((point, index) =>
    svg('circle', { class: 'dot', cx: x(index), cy: y(point.value), r: 4 }, titleOf(point)),
  );
  return [svg('polyline', { class: 'curve', points: path }), ...dots];
}
