import fc from 'fast-check';
import { JsonNumber, type JsonValue } from '../../src/odata/protocol/json/json-value.js';

type Text = fc.Arbitrary<string>;
/** The types of expressions, by what generators of them are called. */
export const expressionTypes = [
  'integer',
  'decimal',
  'double',
  'string',
  'boolean',
  'date',
  'moment',
  'time',
  'duration',
  'size',
  'access',
] as const;
export type ExpressionType = (typeof expressionTypes)[number];

const words = fc.constantFrom(
  '',
  'a',
  'ab',
  'Ba',
  'ä',
  '🚇',
  "it's",
  ' a ',
  '7',
  '2.5',
  'true',
  '2020-02-30',
  '2020-02-29',
);
const integers = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 12 }).map(String) },
  fc.constantFrom('2147483647', '-2147483648', '9007199254740993', '9223372036854775807', '-9223372036854775807'),
);
const decimals = fc.oneof(
  fc.integer({ min: -40, max: 40 }).map((tenths) => (tenths / 10).toFixed(1)),
  fc.constantFrom('0.1', '0.2', '0.30', '12345678901234567890.1', '-12345678901234567890.2', '0.0000001', '2.5', '0.5'),
  fc.constantFrom('0.000000000000000000000000000001', '99999999999999999999999999.99', '-0.49999999999999994', '7.0'),
);
const doubles = fc.oneof(
  fc.integer({ min: -8, max: 8 }).map((quarters) => `${quarters / 4}e0`),
  fc.constantFrom('INF', '-INF', 'NaN', '1e308', '-1e308', '5e-324', '1e-300', '0.1e0', '0.3e0', '1.5e10', '0e0'),
  fc.constantFrom(
    '0.49999999999999994e0',
    '4503599627370497e0',
    '9007199254740992e0',
    '1e21',
    '1e-7',
    '1.7976931348623157e308',
  ),
);
const dates = fc.constantFrom('0001-01-01', '1900-01-01', '1999-12-31', '2000-02-29', '2024-05-01', '9999-12-31');
const clocks = fc.constantFrom('00:00:00', '08:30:00.5', '12:30:59.000001', '23:59:59.999999999999');
const moments = fc.tuple(dates, clocks).map(([date, clock]) => `${date}T${clock}`);
const durations = fc.constantFrom(
  'PT0S',
  'PT1S',
  '-PT1.5S',
  'P1DT2H',
  'PT0.000000000001S',
  'P12DT23H59M59.999999999999S',
  '-P10000DT0.123456S',
  'PT86399.5S',
);
const sizes = ['Small', 'Medium', 'Large'];
const accesses = ['None', 'Read', 'Lend', 'Copy', 'Read,Lend', 'Read,Lend,Copy'];

/** A number in stored form: as JSON has it, but for what only a word says. */
function stored(text: string): number | string | JsonNumber {
  if (text === 'NaN') return text;
  if (text === 'INF' || text === '-INF') return new JsonNumber(text.replace('INF', '9e999'));
  const value = Number(text);
  return String(value) === text || text.includes('e') ? value : new JsonNumber(text);
}

/** Texts of dynamic properties: some say something of another type. */
const dynamicTexts = ['', 'a', '7', 'true', '2020-02-29', '2020-02-30', '12:30:59.5', 'P1DT2H', 'Medium', 'Read,Copy'];
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 4 });
/** Seconds of durations are what the reader of bodies makes of them; the texts above are given to it. */
export const documents = fc.record({
  title: some(words),
  lent: some(fc.boolean()),
  loans: some(fc.integer({ min: -3, max: 12 })),
  shelf: some(fc.integer({ min: 0, max: 255 })),
  barcode: some(integers.map(stored)),
  price: some(decimals),
  rating: some(doubles.map(stored)),
  published: some(dates),
  acquired: some(moments),
  opensAt: some(clocks),
  lendingTime: some(durations),
  access: some(fc.constantFrom(...accesses)),
  size: some(fc.constantFrom(...sizes)),
  weight: some(fc.constantFrom(0.1, 2.5, 16777216, -0.3, 1e-7)),
  facts: some(fc.record({ x: fc.constantFrom<JsonValue>(true, false, ...dynamicTexts, 0, 7, -2.5) })),
  numbers: some(fc.array(fc.integer({ min: -3, max: 12 }), { maxLength: 3 })),
});

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const typedLeaves: Readonly<Record<ExpressionType, Text>> = {
  integer: fc.oneof(fc.constantFrom('loans', 'barcode', 'shelf', 'numbers/$count'), integers),
  decimal: fc.oneof({ weight: 2, arbitrary: fc.constant('price') }, { weight: 3, arbitrary: decimals }),
  double: fc.oneof({ weight: 2, arbitrary: fc.constantFrom('rating', 'weight') }, { weight: 3, arbitrary: doubles }),
  string: fc.oneof(fc.constant('title'), words.map(quote)),
  boolean: fc.constantFrom('lent', 'true', 'false'),
  date: fc.oneof(fc.constant('published'), dates),
  moment: fc.oneof(
    fc.constant('acquired'),
    moments.map((text) => `${text}Z`),
  ),
  time: fc.oneof(fc.constant('opensAt'), clocks),
  duration: fc.oneof(
    fc.constant('lendingTime'),
    durations.map((text) => `duration'${text}'`),
  ),
  size: fc.oneof(
    fc.constant('size'),
    fc.constantFrom(...sizes).map((name) => `test.library.Size'${name}'`),
  ),
  access: fc.oneof(
    fc.constant('access'),
    fc.constantFrom(...accesses).map((name) => `test.library.Access'${name}'`),
  ),
};

/** Now and then it is null, or what no type declares. */
const withOthers = (typed: Text): Text =>
  fc.oneof({ weight: 12, arbitrary: typed }, { weight: 1, arbitrary: fc.constantFrom('null', 'facts/x') });
export const leaves = Object.fromEntries(
  Object.entries(typedLeaves).map(([type, typed]) => [type, withOthers(typed)]),
) as Readonly<Record<ExpressionType, Text>>;

/** What makes a value of a type: `$1` and `$2` stand for values of the types behind. */
type Rule = readonly [text: string, ...types: readonly ExpressionType[]];
const numbers = ['integer', 'decimal', 'double'] as const;
const pairs = (operators: readonly string[], gives: ExpressionType): Rule[] =>
  numbers.flatMap((left) =>
    numbers.flatMap((right) => {
      const widest =
        left === 'double' || right === 'double'
          ? 'double'
          : left === 'decimal' || right === 'decimal'
            ? 'decimal'
            : 'integer';
      return widest === gives ? operators.map((operator): Rule => [`($1 ${operator} $2)`, left, right]) : [];
    }),
  );
const casts = (type: string, ...from: readonly ExpressionType[]): Rule[] =>
  from.map((one) => [`cast($1,${type})`, one]);
export const rules: Readonly<Record<ExpressionType, readonly Rule[]>> = {
  integer: [
    ...pairs(['add', 'sub', 'mul', 'div', 'mod'], 'integer'),
    ['-($1)', 'integer'],
    ['length($1)', 'string'],
    ['indexof($1,$2)', 'string', 'string'],
    ['year($1)', 'date'],
    ['month($1)', 'moment'],
    ['hour($1)', 'time'],
    ['second($1)', 'moment'],
    ['round($1)', 'integer'],
    ...casts('Edm.Int32', ...expressionTypes),
    ...casts('Edm.Int64', 'integer', 'decimal', 'double', 'string', 'access'),
    ...casts('Edm.SByte', 'decimal'),
  ],
  decimal: [
    ...pairs(['add', 'sub', 'mul', 'div', 'mod', 'divby'], 'decimal'),
    ['($1 divby $2)', 'integer', 'integer'],
    ['-($1)', 'decimal'],
    ['fractionalseconds($1)', 'moment'],
    ['fractionalseconds($1)', 'time'],
    ['totalseconds($1)', 'duration'],
    ['round($1)', 'decimal'],
    ['floor($1)', 'decimal'],
    ['ceiling($1)', 'decimal'],
    ...casts('Edm.Decimal', 'integer', 'decimal', 'double', 'string'),
  ],
  double: [
    ...pairs(['add', 'sub', 'mul', 'div', 'mod', 'divby'], 'double'),
    ['-($1)', 'double'],
    ['round($1)', 'double'],
    ['floor($1)', 'double'],
    ['ceiling($1)', 'double'],
    ...casts('Edm.Double', ...expressionTypes),
    ...casts('Edm.Single', 'decimal', 'double', 'string'),
    ['weight'],
  ],
  string: [
    ['concat($1,$2)', 'string', 'string'],
    ['substring($1,$2)', 'string', 'integer'],
    ['substring($1,$2,$3)', 'string', 'integer', 'integer'],
    ['toupper($1)', 'string'],
    ['tolower($1)', 'string'],
    ['trim($1)', 'string'],
    ...casts('Edm.String', ...expressionTypes.filter((type) => type !== 'boolean')),
    ...casts('Edm.String', 'boolean'),
  ],
  boolean: [
    ...expressionTypes
      .filter((type) => !(numbers as readonly string[]).includes(type))
      .flatMap((type) => ['eq', 'ne', 'gt', 'le'].map((operator): Rule => [`($1 ${operator} $2)`, type, type])),
    ...numbers.flatMap((a) =>
      numbers.flatMap((b) =>
        ['eq', 'ne', 'lt', 'ge', 'gt', 'le'].map((operator): Rule => [`($1 ${operator} $2)`, a, b]),
      ),
    ),
    ['($1 and $2)', 'boolean', 'boolean'],
    ['($1 or $2)', 'boolean', 'boolean'],
    ['(not ($1))', 'boolean'],
    ['contains($1,$2)', 'string', 'string'],
    ['startswith($1,$2)', 'string', 'string'],
    ['endswith($1,$2)', 'string', 'string'],
    ['($1 in ($2,null,$3))', 'double', 'decimal', 'integer'],
    ['($1 in ($2,$3))', 'integer', 'decimal', 'integer'],
    ['($1 in numbers)', 'decimal'],
    ['numbers/any(n:n lt $1)', 'decimal'],
    ...casts('Edm.Boolean', ...expressionTypes),
  ],
  date: [
    ['($1 add $2)', 'date', 'duration'],
    ['($1 sub $2)', 'date', 'duration'],
    ['date($1)', 'moment'],
    ...casts('Edm.Date', ...expressionTypes),
  ],
  moment: [
    ['($1 add $2)', 'moment', 'duration'],
    ['($1 sub $2)', 'moment', 'duration'],
    ...casts('Edm.DateTimeOffset', ...expressionTypes),
  ],
  time: [['time($1)', 'moment'], ...casts('Edm.TimeOfDay', ...expressionTypes)],
  duration: [
    ['($1 add $2)', 'duration', 'duration'],
    ['($1 sub $2)', 'duration', 'duration'],
    ['-($1)', 'duration'],
    ['($1 sub $2)', 'date', 'date'],
    ['($1 sub $2)', 'moment', 'moment'],
    ...numbers.flatMap((kind): Rule[] => [
      ['($1 mul $2)', 'duration', kind],
      ['($1 mul $2)', kind, 'duration'],
      ['($1 div $2)', 'duration', kind],
      ['($1 divby $2)', 'duration', kind],
    ]),
    ...casts('Edm.Duration', ...expressionTypes),
  ],
  size: casts('test.library.Size', ...expressionTypes),
  access: casts('test.library.Access', ...expressionTypes),
};

/** Text of expressions of one type; how often operators are inside each other is bounded. */
export function expressionOf(type: ExpressionType, depth = 3): Text {
  const known = new Map<string, Text>();
  const at = (wanted: ExpressionType, left: number): Text => {
    const key = `${wanted}${left}`;
    const made =
      known.get(key) ??
      (left === 0
        ? leaves[wanted]
        : fc.oneof({ weight: 1, arbitrary: leaves[wanted] }, { weight: 3, arbitrary: compound(wanted, left - 1) }));
    known.set(key, made);
    return made;
  };
  const compound = (wanted: ExpressionType, left: number): Text => {
    const made = rules[wanted].map(([text, ...types]) =>
      fc
        .tuple(...types.map((one) => at(one, left)))
        .map((values) => text.replaceAll(/\$(\d)/g, (_, index: string) => values[Number(index) - 1]!)),
    );
    const branches = fc
      .tuple(at('boolean', left), at(wanted, left), at(wanted, left))
      .map(([when, value, other]) => `case(${when}:${value},true:${other})`);
    return fc.oneof({ weight: 12, arbitrary: fc.oneof(...made) }, { weight: 1, arbitrary: branches });
  };
  return at(type, depth);
}
