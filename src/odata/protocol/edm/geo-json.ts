import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.js';

/** A value of geography or geometry, as it is stored. */
export type GeoJson = JsonObject & { readonly type: string };

/** How deep the positions of a shape are nested: a point is one, a line has a list of them. */
const depths: Readonly<Record<string, number>> = {
  Point: 0,
  MultiPoint: 1,
  LineString: 1,
  MultiLineString: 2,
  Polygon: 2,
  MultiPolygon: 3,
};

const isNumber = (value: JsonValue | undefined): boolean =>
  typeof value === 'number'
    ? Number.isFinite(value)
    : value instanceof JsonNumber && Number.isFinite(Number(value.text));

/** RFC 7946, 3.1.1: two coordinates, and whatever others. */
function isPosition(value: JsonValue): boolean {
  return Array.isArray(value) && value.length >= 2 && value.every(isNumber);
}

/** Whether positions are nested so deep; a line has two, a ring four, of which the last is the first (3.1.4 and 3.1.6). */
function arePositions(value: JsonValue, depth: number, least: number): boolean {
  if (depth === 0) return isPosition(value);
  if (!Array.isArray(value) || (depth === 1 && value.length < least)) return false;
  return value.every((inner) => arePositions(inner, depth - 1, least));
}

/** Whether JSON is an object of GeoJSON of a shape (RFC 7946, 3.1). */
export function isGeoJson(json: JsonValue | undefined, shape?: string): json is GeoJson {
  if (!isJsonObject(json) || typeof json.type !== 'string' || (shape ?? json.type) !== json.type) return false;
  if (json.type === 'GeometryCollection')
    return Array.isArray(json.geometries) && json.geometries.every((inner) => isGeoJson(inner));
  const depth = depths[json.type];
  if (depth === undefined || json.coordinates === undefined) return false;
  const least = json.type.includes('Polygon') ? 4 : json.type.includes('LineString') ? 2 : 0;
  return arePositions(json.coordinates, depth, least);
}

const shapes: Readonly<Record<string, string>> = {
  collection: 'GeometryCollection',
  ...Object.fromEntries(Object.keys(depths).map((shape) => [shape.toLowerCase(), shape])),
};

const number = String.raw`[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?`;
const position = new RegExp(String.raw`\s*(${number}(?: +${number}){1,3})\s*`, 'y');
const word = /\s*([A-Za-z]+)\s*/y;

/** Reads the well-known text of OData's ABNF. Depth is that of the shape, so that nothing nests without end. */
class TextReader {
  #at = 0;

  constructor(private readonly text: string) {}

  get isDone(): boolean {
    return this.#at === this.text.length;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[1];
  }

  #skip(character: string): boolean {
    if (this.text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #list(item: () => JsonValue | undefined): JsonValue[] | undefined {
    if (!this.#skip('(')) return undefined;
    const items: JsonValue[] = [];
    do {
      const read = item();
      if (read === undefined) return undefined;
      items.push(read);
    } while (this.#skip(','));
    return this.#skip(')') ? items : undefined;
  }

  #position(): JsonValue | undefined {
    return this.#match(position)?.trim().split(/ +/).map(Number);
  }

  /** The points of a MultiPoint are each in parentheses, as those of lines are not. */
  #positions(depth: number, inParentheses: boolean): JsonValue | undefined {
    if (depth > 0) return this.#list(() => this.#positions(depth - 1, inParentheses));
    return inParentheses ? this.#list(() => this.#position())?.[0] : this.#position();
  }

  shape(isInside = false): JsonObject | undefined {
    const type = shapes[this.#match(word)?.toLowerCase() ?? ''];
    if (type === undefined) return undefined;
    if (type === 'GeometryCollection') {
      const geometries = isInside ? undefined : this.#list(() => this.shape(true));
      return geometries === undefined ? undefined : { type, geometries };
    }
    const isPoint = type.endsWith('Point');
    const coordinates = this.#positions(depths[type] ?? 0, isPoint);
    return coordinates === undefined ? undefined : { type, coordinates };
  }
}

/**
 * GeoJSON from a literal of geography or geometry, `SRID=4326;Point(9.19 45.46)` (ABNF rules `fullPointLiteral` and its kin);
 * undefined where it is none.
 */
export function parseGeo(text: string): GeoJson | undefined {
  const reader = new TextReader(text.replace(/^SRID=\d{1,5};/i, ''));
  const shape = reader.shape();
  return reader.isDone && isGeoJson(shape) ? shape : undefined;
}
