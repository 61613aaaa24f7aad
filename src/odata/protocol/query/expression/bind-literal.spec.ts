import { describe, expect, it } from '@jest/globals';
import { ODataError } from '../../odata-error.js';
import { bindRead } from '../../../../../test/support/bound-reads.js';
import { libraryModel } from '../../../../../test/models/library.js';
import { typeText } from '../../../../../test/support/bound-text.js';
import type { ItemType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import { JsonNumber } from '../../json/json-value.js';
import { parseExpression } from '../../uri/parse-expression.js';
import { Scanner } from '../../uri/scanner.js';
import { LiteralBinder } from './bind-literal.js';

const types: Readonly<Record<string, ItemType>> = { ...Edm, ...Object.fromEntries(libraryModel.enumTypes) };

/** Binds the text of a literal in the place of a type, by its name. */
function bind(text: string, expected?: string) {
  const node = parseExpression(new Scanner(text, '$filter'));
  const binder = new LiteralBinder('$filter', libraryModel.enumTypes);
  const type = expected === undefined ? undefined : types[expected];
  if (node.kind === 'array') return binder.array(node, type);
  if (node.kind === 'enum') return binder.enumLiteral(node);
  if (node.kind === 'literal') return binder.literal(node, type);
  throw new Error(`${text} is no literal`);
}

/** The stored value, and its type. */
function bound(text: string, expected?: string): unknown[] {
  const literal = bind(text, expected);
  if (literal.kind !== 'literal') throw new Error('no literal');
  return [literal.value, typeText(literal.type)];
}

function refusal(text: string, expected?: string): unknown {
  try {
    return bound(text, expected);
  } catch (error) {
    const { code, target, position, message } = error as Record<string, unknown>;
    return { code, target, position, message };
  }
}
const refused = (position: number, message: string) => ({
  code: 'invalidQueryOption',
  target: '$filter',
  position,
  message: `In $filter at character ${position}: ${message}`,
});

describe('a literal', () => {
  it.each<[text: string, value: unknown, type: string]>([
    ['null', null, 'an untyped value'],
    ['true', true, 'Boolean'],
    ['1', 1, 'Int32'],
    ['2147483647', 2147483647, 'Int32'],
    ['2147483648', 2147483648, 'Int64'],
    ['-2147483648', -2147483648, 'Int32'],
    ['-2147483649', -2147483649, 'Int64'],
    ['9007199254740991', 9007199254740991, 'Int64'],
    ['9007199254740993', new JsonNumber('9007199254740993'), 'Int64'],
    ['9223372036854775807', new JsonNumber('9223372036854775807'), 'Int64'],
    ['9223372036854775808', new JsonNumber('9223372036854775808'), 'Decimal'],
    ['1.5', 1.5, 'Decimal'],
    ['1.50', 1.5, 'Decimal'],
    ['1e3', 1000, 'Double'],
    ['INF', new JsonNumber('9e999'), 'Double'],
    ['-INF', new JsonNumber('-9e999'), 'Double'],
    ['NaN', 'NaN', 'Double'],
    ["'it''s'", "it's", 'String'],
    ['2020-01-01', '2020-01-01', 'Date'],
    ['2020-01-01T00:00:00.1200+01:00', '2019-12-31T23:00:00.12', 'DateTimeOffset'],
    ['12:30', '12:30:00', 'TimeOfDay'],
    ["duration'PT1.5S'", 1.5, 'Duration'],
    ["binary'AAA_'", 'AAA_', 'Binary'],
    ['00000000-0000-0000-0000-00000000000A', '00000000-0000-0000-0000-00000000000a', 'Guid'],
  ])('%s is in stored form, of the type that it is written as', (text, value, type) => {
    expect(bound(text)).toEqual([value, type]);
  });

  it.each<[text: string, expected: string, value: unknown, type: string]>([
    ["'5'", 'Int32', 5, 'Int32'],
    ["'255'", 'Byte', 255, 'Byte'],
    ["'1.5'", 'Decimal', 1.5, 'Decimal'],
    ["'INF'", 'Double', new JsonNumber('9e999'), 'Double'],
    ["'true'", 'Boolean', true, 'Boolean'],
    ["'2020-02-29'", 'Date', '2020-02-29', 'Date'],
    ["'P1D'", 'Duration', 86_400, 'Duration'],
    ["'12:30'", 'TimeOfDay', '12:30:00', 'TimeOfDay'],
    ["'a'", 'String', 'a', 'String'],
    // What is no text keeps its own type.
    ['300', 'Byte', 300, 'Int32'],
    ['5', 'Double', 5, 'Int32'],
    ['5', 'String', 5, 'Int32'],
    ['null', 'Int32', null, 'an untyped value'],
  ])('%s in the place of %s is read as one', (text, expected, value, type) => {
    expect(bound(text, expected)).toEqual([value, type]);
  });

  it.each([
    ["'256'", 'Byte', "'256' is not an integer between 0 and 255."],
    ["'x'", 'Int32', "'x' is not an integer between -2147483648 and 2147483647."],
    ["'yes'", 'Boolean', "'yes' is not true or false."],
    ["'2020-02-30'", 'Date', '\'2020-02-30\' is not a date of the years 0001 to 9999, "2000-12-31".'],
    ["'a'", 'Guid', "'a' is not a GUID."],
    [`'${'x'.repeat(81)}'`, 'Guid', `'${'x'.repeat(80)}' is not a GUID.`],
    ["duration'x'", undefined, '\'x\' is not a duration, "P1DT2H".'],
    ["duration''", undefined, '\'\' is not a duration, "P1DT2H".'],
  ])('%s in the place of %s is refused', (text, expected, message) => {
    expect(refusal(text, expected)).toEqual(refused(1, message));
  });

  it.each(['geography', 'geometry'])('of a %s type is not built', (type) => {
    const message = `a literal of a ${type} type is not implemented.`;
    expect(refusal(`${type}'POINT(1 2)'`)).toEqual({ ...refused(1, message), code: 'queryOptionNotImplemented' });
  });
});

describe('a member of an enumeration', () => {
  it.each([
    ["'Read'", 'Access', 'Read'],
    ["'Read,Copy'", 'Access', 'Read,Copy'],
    // Flags are kept in the order of their declaration, each once.
    ["'Copy , Read'", 'Access', 'Read,Copy'],
    ["'Copy,Copy'", 'Access', 'Copy'],
    ["'1,Copy'", 'Access', 'Read,Copy'],
    ['0', 'Access', 'None'],
    ["'None,Copy'", 'Access', 'Copy'],
    ["'Use'", 'Access', 'Read,Lend'],
    ["'Copy,Use'", 'Access', 'Read,Lend,Copy'],
    ['4', 'Access', 'Copy'],
    ['7', 'Access', 'Read,Lend,Copy'],
    ["'Small'", 'Size', 'Small'],
    ['10', 'Size', 'Small'],
    ['40', 'Size', 'Large'],
    // Two names of one value are one.
    ["'Folio'", 'Size', 'Large'],
    ["'+20'", 'Size', 'Medium'],
  ])('is named or counted: %s of %s', (text, type, value) => {
    expect(bound(text, type)).toEqual([value, type]);
  });

  it.each([
    ["test.library.Size'Large'", 'Large', 'Size'],
    ["test.library.Access'Copy,Read'", 'Read,Copy', 'Access'],
    ["test.library.Access'3'", 'Read,Lend', 'Access'],
  ])('may say its type: %s', (text, value, type) => {
    expect(bound(text)).toEqual([value, type]);
  });

  it.each([
    ['8', 'Access', "'8' is not a member of test.library.Access: None, Read, Lend, Copy, Use."],
    ['-1', 'Access', "'-1' is not a member of test.library.Access: None, Read, Lend, Copy, Use."],
    ["'read'", 'Access', "'read' is not a member of test.library.Access: None, Read, Lend, Copy, Use."],
    ["''", 'Access', "'' is not a member of test.library.Access: None, Read, Lend, Copy, Use."],
    ["'Read,'", 'Access', "'Read,' is not a member of test.library.Access: None, Read, Lend, Copy, Use."],
    ['3', 'Size', "'3' is not a member of test.library.Size: Small, Medium, Large, Folio."],
    ['-1', 'Size', "'-1' is not a member of test.library.Size: Small, Medium, Large, Folio."],
    ["'Small,Large'", 'Size', "'Small,Large' is not a member of test.library.Size: Small, Medium, Large, Folio."],
    ["test.library.Size'Nope'", undefined, "'Nope' is not a member of test.library.Size: Small, Medium, Large, Folio."],
    ["test.library.Nope'a'", undefined, "the model has no enumeration type 'test.library.Nope'."],
  ])('is refused where there is none: %s of %s', (text, type, message) => {
    expect(refusal(text, type)).toEqual(refused(1, message));
  });
});

describe('an array', () => {
  it.each<[text: string, expected: string | undefined, value: unknown[], type: string]>([
    ['[]', undefined, [], 'Collection(an untyped value)'],
    ['[]', 'Int32', [], 'Collection(Int32)'],
    ['[1,2]', undefined, [1, 2], 'Collection(Int32)'],
    ['["a","b"]', undefined, ['a', 'b'], 'Collection(String)'],
    // The first item that has a type tells what the others are read as.
    ["[1,'2']", undefined, [1, 2], 'Collection(Int32)'],
    ['[null,1]', undefined, [null, 1], 'Collection(Int32)'],
    ['[1,null]', undefined, [1, null], 'Collection(Int32)'],
    ["['1']", 'Int32', [1], 'Collection(Int32)'],
    ["['Large']", 'Size', ['Large'], 'Collection(Size)'],
    ["[test.library.Size'Large']", undefined, ['Large'], 'Collection(Size)'],
  ])('%s in the place of %s is one stored value', (text, expected, value, type) => {
    expect(bound(text, expected)).toEqual([value, type]);
  });

  it.each([
    ["['x']", 'Int32', 2, "'x' is not an integer between -2147483648 and 2147483647."],
    ["[1,'x']", undefined, 4, "'x' is not an integer between -2147483648 and 2147483647."],
  ])('%s in the place of %s is refused', (text, expected, position, message) => {
    expect(refusal(text, expected)).toEqual(refused(position, message));
  });

  it('of what is no literal is not built', () => {
    const message = 'an array of values that are no literals is not implemented.';
    expect(refusal('[1,loans]')).toEqual({ ...refused(4, message), code: 'queryOptionNotImplemented' });
  });

  it.each(['[{"a":1}]', '[[1]]'])('of objects or arrays is not built: %s', (text) => {
    const message = 'an array of objects or arrays is not implemented.';
    expect(refusal(text)).toEqual({ ...refused(2, message), code: 'queryOptionNotImplemented' });
  });
});

describe('a number of an enumeration beyond 32 bits', () => {
  it.each(['access eq 4294967297', 'size eq 4294967297', 'year(2020-01-01t00:00:00+02:00) eq 2020'])(
    'is none of its values, nor is an offset overlooked: %s',
    (filter) => {
      expect(() => bindRead(libraryModel, `works?$filter=${filter}`)).toThrow(ODataError);
    },
  );

  it('leaves those that there are', () => {
    expect(() => bindRead(libraryModel, 'works?$filter=access eq 7 and access eq 0')).not.toThrow();
  });
});
