import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

type Position = readonly [x: number, y: number];

const places: Readonly<Record<string, Position>> = {
  london: [-0.1276, 51.5072],
  milan: [9.19, 45.46],
  paris: [2.3522, 48.8566],
  pole: [0, 90],
  south: [123, -90],
  suva: [178.44, -18.14],
};
/** A square with a hole in it. */
const square = [
  [
    [0, 0],
    [10, 0],
    [10, 10],
    [0, 10],
    [0, 0],
  ],
  [
    [4, 4],
    [6, 4],
    [6, 6],
    [4, 6],
    [4, 4],
  ],
];

/** Metres on a sphere, by the law of cosines of vectors: another formula than the one that is tested. */
function metres([x1, y1]: Position, [x2, y2]: Position): number {
  const vector = (x: number, y: number): number[] => {
    const [a, b] = [(x * Math.PI) / 180, (y * Math.PI) / 180];
    return [Math.cos(b) * Math.cos(a), Math.cos(b) * Math.sin(a), Math.sin(b)];
  };
  const [a, b] = [vector(x1, y1), vector(x2, y2)] as [number[], number[]];
  const dot = a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
  const cross = Math.hypot(a[1]! * b[2]! - a[2]! * b[1]!, a[2]! * b[0]! - a[0]! * b[2]!, a[0]! * b[1]! - a[1]! * b[0]!);
  return 6_371_008.8 * Math.atan2(cross, dot);
}

const point = ([x, y]: Position, kind = 'geography'): string =>
  `${kind}'SRID=${kind === 'geography' ? 4326 : 0};Point(${x} ${y})'`;

/** OData 4.01 URL Conventions 5.1.1.11. */
describe('geography and geometry', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    for (const [code, coordinates] of Object.entries(places)) {
      const { status } = await app.post('/works', { code, position: { type: 'Point', coordinates } });
      expect(status).toBe(201);
    }
    await app.post('/works', { code: 'square', outline: { type: 'Polygon', coordinates: square } });
  });
  afterAll(() => app.stop());
  const get = (query: string) => app.get(`/works?${encodeURI(query).replaceAll('+', '%2B')}`);
  const codes = async (query: string): Promise<unknown> => {
    const { status, body } = await get(`${query}&$select=code`);
    return status === 200 ? body.value.map(({ code }: { code: string }) => code) : [status, body.error.message];
  };
  const computed = async (expression: string, filter = "code eq 'london'"): Promise<unknown> => {
    const { status, body } = await get(`$filter=${filter}&$compute=${expression} as x&$select=x`);
    return status === 200 ? body.value[0].x : [status, body.error.message];
  };

  it('[A40I-7.4] distances are those on a sphere, in metres', async () => {
    const { body } = await get(
      `$filter=position ne null&$compute=geo.distance(position,${point(places.paris!)}) as d&$select=code,d`,
    );
    const found = Object.fromEntries(body.value.map(({ code, d }: any) => [code, d]));
    for (const [code, at] of Object.entries(places)) expect(found[code]).toBeCloseTo(metres(at, places.paris!), 2);
    expect(found.london).toBeGreaterThan(343_000);
    expect(found.london).toBeLessThan(344_500);
    expect(found.paris).toBe(0);
  });

  it('they filter and order', async () => {
    expect(await codes(`$filter=geo.distance(position,${point([2, 49])}) lt 400000`)).toEqual(['london', 'paris']);
    expect(
      await codes(`$filter=position ne null&$orderby=geo.distance(position,@p)&@p=${point([2, 49])}&$top=3`),
    ).toEqual(['paris', 'london', 'milan']);
    expect(await codes('$filter=geo.distance(position,position) eq 0')).toEqual(Object.keys(places));
    expect(await codes(`$filter=geo.distance(position,${point([0, 0])}) eq null`)).toEqual(['square']);
  });

  it('of any two points it is the same as by another formula, and in any direction', async () => {
    const coordinate = (most: number) =>
      fc.double({ min: -most, max: most, noNaN: true }).map((one) => Number(one.toFixed(6)));
    const position = fc.tuple(coordinate(180), coordinate(90));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(position, position), { minLength: 20, maxLength: 20 }), async (pairs) => {
        const texts = pairs.flatMap(([a, b], index) => [
          `geo.distance(${point(a)},${point(b)}) as a${index}`,
          `geo.distance(${point(b)},${point(a)}) as b${index}`,
        ]);
        const { body } = await get(
          `$filter=code eq 'london'&$compute=${texts.join(',')}&$select=${texts
            .map((text) => text.slice(-3).trim())
            .map((name) => name.replace('s ', ''))
            .join(',')}`,
        );
        for (const [index, [a, b]] of pairs.entries()) {
          expect(body.value[0][`a${index}`]).toBeCloseTo(metres(a, b), 2);
          expect(body.value[0][`b${index}`]).toBe(body.value[0][`a${index}`]);
        }
      }),
      { numRuns: 5 },
    );
  });

  it.each<[expression: string, value: unknown]>([
    [`geo.distance(${point([0, 0], 'geometry')},${point([3, 4], 'geometry')})`, 5],
    [`geo.distance(${point([1, 1], 'geometry')},${point([2, 2], 'geometry')})`, Math.SQRT2],
    ["geo.length(geometry'SRID=0;LineString(0 0,3 4,3 5)')", 6],
    ["geo.length(geometry'SRID=0;LineString(0 0, 1 1,2 0)')", 2 * Math.SQRT2],
    ["geo.length(geography'SRID=4326;LineString(0 0,90 0,180 0)')", Math.PI * 6_371_008.8],
    ["geo.length(geography'LineString(0 -90,0 90)')", Math.PI * 6_371_008.8],
    ['geo.distance(position,null)', [400, expect.stringContaining("'geo.distance' does not take")]],
  ])('%s is %j', async (expression, value) => {
    const found = await computed(expression);
    if (typeof value === 'number') expect(found).toBeCloseTo(value, 2);
    else expect(found).toEqual(value);
  });

  it.each<[at: Position, isInside: boolean]>([
    [[1, 1], true],
    [[0, 0], true],
    [[10, 5], true],
    [[5, 0], true],
    [[10.001, 5], false],
    [[-1, 5], false],
    [[5, 5], false],
    [[4, 5], true],
    [[5, 11], false],
    [[11, 10], false],
    [[-1, 10], false],
    [[3.999, 5], true],
  ])('a point at %j is in the square, or on its edge: %j', async (at, isInside) => {
    const found = await codes(`$filter=geo.intersects(${point(at, 'geometry')},outline)`);
    expect(found).toEqual(isInside ? ['square'] : []);
    const shape = square.map((ring) => `(${ring.map(([x, y]) => `${x} ${y}`).join(',')})`).join(',');
    const onEarth = `geo.intersects(${point(at)},geography'SRID=4326;Polygon(${shape})')`;
    expect(await computed(onEarth)).toBe(isInside);
  });

  it('what is not there is null', async () => {
    expect(await computed('geo.distance(position,position)', "code eq 'square'")).toBeNull();
    expect(await computed(`geo.intersects(${point([1, 1], 'geometry')},outline)`)).toBeNull();
    expect(await codes("$filter=not geo.intersects(position,geography'Polygon((0 0,90 0,90 90,0 90,0 0))')")).toEqual([
      'london',
      'south',
      'suva',
    ]);
  });

  it.each([
    [`geo.distance(position,outline) eq 1`, 'does not take Edm.GeographyPoint and Edm.GeometryPolygon'],
    [`geo.distance(position,${point([1, 1], 'geometry')}) eq 1`, 'does not take'],
    ['geo.length(position) eq 1', "'geo.length' does not take Edm.GeographyPoint"],
    ['geo.length(title) eq 1', "'geo.length' does not take Edm.String"],
    ["geo.distance(position,geography'SRID=4326;Point(1)') eq 1", 'is no value of a geography type'],
    ["geo.distance(position,geography'SRID=4326;Point(1 2') eq 1", 'is no value of a geography type'],
    ["geo.distance(position,geography'SRID=4326;Circle(1 2)') eq 1", 'is no value of a geography type'],
    ["geo.length(geography'LineString(1 2)') eq 1", 'is no value of a geography type'],
    ["geo.intersects(position,geography'Polygon((0 0,1 1,0 0))')", 'is no value of a geography type'],
  ])('%s is a bad request', async (filter, message) => {
    expect(await codes(`$filter=${filter}`)).toEqual([400, expect.stringContaining(message)]);
  });

  it.each<[what: string, position: unknown]>([
    ['no number', { type: 'Point', coordinates: ['x', 1] }],
    ['one coordinate', { type: 'Point', coordinates: [1] }],
    [
      'a line',
      {
        type: 'LineString',
        coordinates: [
          [1, 2],
          [3, 4],
        ],
      },
    ],
    ['no coordinates', { type: 'Point' }],
    ['too deep', { type: 'Point', coordinates: [[1, 2]] }],
  ])('a body with a point of %s is refused', async (_, position) => {
    const { status, body } = await app.patch("/works('square')", { position });
    expect([status, body.error.innerError.code]).toEqual([400, 'typeMismatch']);
  });

  it.each([
    ['MultiPoint((1 2),(3 4))', 'MultiPoint'],
    ['MultiLineString((1 2,3 4),(5 6,7 8))', 'MultiLineString'],
    ['MultiPolygon(((0 0,1 0,1 1,0 0)),((2 2,3 2,3 3,2 2)))', 'MultiPolygon'],
    ['Collection(Point(1 2),LineString(1 2,3 4))', 'Collection'],
    ['point(-1.5e1 .5 3)', 'Point'],
  ])('the literal %s is read', async (text, shape) => {
    const found = await codes(`$filter=geo.length(geography'SRID=4326;${text}') eq 1`);
    expect(found).toEqual([400, expect.stringContaining(`does not take Edm.Geography${shape}`)]);
  });
});
