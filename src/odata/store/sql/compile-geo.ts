import { Edm } from '../../protocol/edm/primitive-types.js';
import type { GeoFunctionName } from '../../protocol/query/bound.js';
import type { Dialect, JsonSource } from './dialect.js';

/** Mean radius of the earth in metres (IUGG). */
const earthRadius = 6_371_008.8;
const degree = Math.PI / 180;

/** The distance of (x1, y1) and (x2, y2), columns of `p`, in the units of the coordinates. */
const inPlane = 'sqrt((p.x2 - p.x1) * (p.x2 - p.x1) + (p.y2 - p.y1) * (p.y2 - p.y1))';

/**
 * The same of longitudes and latitudes in degrees: metres on a sphere, by the haversine formula. Near the other side of the
 * sphere it loses half of the digits, so there the distance to the opposite point is computed, and taken from half a turn. To
 * the millimetre, which the functions of every database agree on.
 */
function onSphere(): string {
  const half = degree / 2;
  const cosines = `cos(p.y1 * ${degree}) * cos(p.y2 * ${degree})`;
  const square = (sine: string): string => `${sine} * ${sine}`;
  const near = `${square(`sin((p.y2 - p.y1) * ${half})`)} + ${cosines} * ${square(`sin((p.x2 - p.x1) * ${half})`)}`;
  const far = `${square(`sin((p.y2 + p.y1) * ${half})`)} + ${cosines} * ${square(`cos((p.x2 - p.x1) * ${half})`)}`;
  const angle = `CASE WHEN h.a < 0.5 THEN asin(sqrt(h.a)) ELSE ${Math.PI / 2} - asin(sqrt(h.b)) END`;
  return `(SELECT floor(${2 * earthRadius} * (${angle}) * 1000 + 0.5) / 1000
    FROM (SELECT ${near} AS a, CASE WHEN ${far} > 0.75 THEN 0.75 ELSE ${far} END AS b) AS h)`;
}

/**
 * The functions of geography and geometry (OData 4.01 URL Conventions 5.1.1.11), in SQL that every database reads. Values are
 * GeoJSON, whose lines are straight in its coordinates (RFC 7946, 3.1.1); distances of geography are those on a sphere.
 */
export class GeoCompiler {
  constructor(
    private readonly dialect: Dialect,
    private readonly alias: () => string,
  ) {}

  /** @param values the JSON of the arguments */
  call(name: GeoFunctionName, [first, second = first]: readonly JsonSource[]): string {
    if (first === undefined || second === undefined) throw new Error(`${name} takes arguments`);
    switch (name) {
      case 'distanceInPlane':
        return this.#distance(first, second, inPlane);
      case 'distanceOnSphere':
        return this.#distance(first, second, onSphere());
      case 'lengthInPlane':
        return this.#length(first, inPlane);
      case 'lengthOnSphere':
        return this.#length(first, onSphere());
      case 'intersects':
        return this.#intersects(first, second);
    }
  }

  #coordinates({ json, path }: JsonSource): JsonSource {
    return { json, path: [...path, 'coordinates'] };
  }

  /** The two columns of a position. */
  #position(json: string, [x = '', y = '']: readonly string[]): string {
    return `${this.dialect.coordinate(json, 0)} AS ${x}, ${this.dialect.coordinate(json, 1)} AS ${y}`;
  }

  #pointOf(point: JsonSource, names: readonly string[]): string {
    return this.#position(this.dialect.json(this.#coordinates(point)), names);
  }

  #distance(from: JsonSource, to: JsonSource, measure: string): string {
    return `(SELECT ${measure} FROM (SELECT ${this.#pointOf(from, ['x1', 'y1'])}, ${this.#pointOf(to, ['x2', 'y2'])}) AS p)`;
  }

  /** Rows of (x1, y1) and (x2, y2), the ends of each line between neighbours. @param rows of positions, in their order */
  #lines(rows: string, { position, within = '' }: { readonly position: string; readonly within?: string }): string {
    const next = (column: string): string => `lead(${column}) OVER (${within}ORDER BY ${position})`;
    return `SELECT r.*, ${next('r.x1')} AS x2, ${next('r.y1')} AS y2 FROM (${rows}) AS r`;
  }

  #length(line: JsonSource, measure: string): string {
    const { dialect } = this;
    const alias = this.alias();
    const item = dialect.item(alias, undefined);
    const rows =
      `SELECT ${this.#position(item.document, ['x1', 'y1'])}, ${item.position} AS place ` +
      `FROM ${dialect.items(this.#coordinates(line), alias)}`;
    const lines = this.#lines(rows, { position: 'r.place' });
    const sum = dialect.aggregate('sum', 'd.size', Edm.Double);
    return `(SELECT ${sum} FROM (SELECT ${measure} AS size FROM (${lines}) AS p WHERE p.x2 IS NOT NULL) AS d)`;
  }

  /** A point is inside where a ray from it crosses the rings an odd number of times, or is on one of their lines. */
  #intersects(point: JsonSource, polygon: JsonSource): string {
    const { dialect } = this;
    const [outer, inner] = [this.alias(), this.alias()];
    const ring = dialect.item(outer, undefined);
    const item = dialect.item(inner, undefined);
    const rows =
      `SELECT ${this.#position(item.document, ['x1', 'y1'])}, ${ring.position} AS ring, ${item.position} AS place, ` +
      `${this.#pointOf(point, ['x', 'y'])} FROM ${dialect.items(this.#coordinates(polygon), outer)}, ` +
      dialect.items({ json: ring.document, path: [] }, inner);
    const lines = this.#lines(rows, { position: 'r.place', within: 'PARTITION BY r.ring ' });
    const crosses =
      '(p.y1 > p.y) <> (p.y2 > p.y) AND p.x < (p.x2 - p.x1) * (p.y - p.y1) / ' +
      '(CASE WHEN p.y2 = p.y1 THEN 1 ELSE p.y2 - p.y1 END) + p.x1';
    const between = (name: string): string =>
      `((p.${name}1 <= p.${name} AND p.${name} <= p.${name}2) OR (p.${name}2 <= p.${name} AND p.${name} <= p.${name}1))`;
    const isOn = `(p.x2 - p.x1) * (p.y - p.y1) = (p.y2 - p.y1) * (p.x - p.x1) AND ${between('x')} AND ${between('y')}`;
    const count = (condition: string): string => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END)`;
    return (
      `(SELECT CASE WHEN max(p.x) IS NOT NULL THEN ${count(crosses)} % 2 = 1 OR ${count(isOn)} > 0 END ` +
      `FROM (${lines}) AS p WHERE p.x2 IS NOT NULL)`
    );
  }
}
