import { libraryModel } from '../../../../../test/models/library.js';
import { boundText } from '../../../../../test/support/bound-text.js';
import { parseQuery } from '../../uri/parse-query.js';
import type { Query } from '../../uri/syntax-tree.js';
import type { BoundExpression, Instance } from '../bound.js';
import { Budget } from '../budget.js';
import { ExpressionBinder } from './bind-expression.js';
import { describe, expect, it } from '@jest/globals';

const works = libraryModel.entitySets.get('works')!.type;

function bind(text: string, { aliases = '', budget = new Budget() } = {}): BoundExpression {
  const query: Query = parseQuery(`$filter=${encodeURIComponent(text)}${aliases}`);
  const it: Instance = { kind: 'entity', type: works };
  const binder = new ExpressionBinder({
    model: libraryModel,
    subject: '$filter',
    current: it,
    it,
    aliases: query.aliases ?? new Map(),
    computed: new Map(),
    budget,
    now: new Date(0),
  });
  return binder.expression(query.filter!);
}

/** An expression as it was bound, each value with its type. */
const bound = (text: string, aliases?: string): string =>
  boundText(bind(text, { ...(aliases === undefined ? {} : { aliases }) }));

/** What a client is told of an expression that the model gives no meaning to. */
function refusal(text: string, aliases = ''): unknown {
  try {
    return boundText(bind(text, { aliases }));
  } catch (error) {
    const { code, target, position, message } = error as Record<string, unknown>;
    return { code, target, position, message };
  }
}

/** The refusal of `$filter` at a position. */
const refused = (position: number, message: string) => ({
  code: 'invalidQueryOption',
  target: '$filter',
  position,
  message: `In $filter at character ${position}: ${message}`,
});
const notBuilt = (position: number, message: string) => ({
  ...refused(position, message),
  code: 'queryOptionNotImplemented',
});

describe('arithmetic', () => {
  it.each([
    ['shelf add 1', 'add(shelf:Byte, 1:Int32):Int64'],
    ['shelf add temperature', 'add(shelf:Byte, temperature:SByte):Int64'],
    ['year add 1', 'add(year:Int16, 1:Int32):Int64'],
    ['loans add barcode', 'add(loans:Int32, barcode:Int64):Int64'],
    ['loans add price', 'add(loans:Int32, price:Decimal):Decimal'],
    ['barcode add weight', 'add(barcode:Int64, weight:Single):Double'],
    ['price add weight', 'add(price:Decimal, weight:Single):Double'],
    ['weight add rating', 'add(weight:Single, rating:Double):Double'],
    ['loans add 3000000000', 'add(loans:Int32, 3000000000:Int64):Int64'],
    ['loans add 1.5', 'add(loans:Int32, 1.5:Decimal):Decimal'],
    ['loans add 1e3', 'add(loans:Int32, 1000:Double):Double'],
    ['loans mod 2', 'modulo(loans:Int32, 2:Int32):Int64'],
    ['rating mod 2', 'modulo(rating:Double, 2:Int32):Double'],
    ['price mod 2', 'modulo(price:Decimal, 2:Int32):Decimal'],
    ['loans div 2', 'divide(loans:Int32, 2:Int32):Int64'],
    ['loans div 2.5', 'divide(loans:Int32, 2.5:Decimal):Decimal'],
    ['price div 2', 'divide(price:Decimal, 2:Int32):Decimal'],
    ['loans divby 2', 'divideExactly(loans:Int32, 2:Int32):Decimal'],
    ['weight divby 2', 'divideExactly(weight:Single, 2:Int32):Double'],
  ])('is of the wider type, and no narrower than Int32: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['-loans', 'negate(loans:Int32):Int64'],
    ['-price', 'negate(price:Decimal):Decimal'],
    ['-lendingTime', 'negate(lendingTime:Duration):Duration'],
    ['round(price)', 'round(price:Decimal):Decimal'],
    ['round(loans)', 'round(loans:Int32):Int32'],
    ['floor(rating)', 'floor(rating:Double):Double'],
    ['ceiling(weight)', 'ceiling(weight:Single):Single'],
  ])('of one number has its type: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['lendingTime add lendingTime', 'add(lendingTime:Duration, lendingTime:Duration):Duration'],
    ["lendingTime add duration'PT1H'", 'add(lendingTime:Duration, 3600:Duration):Duration'],
    ['lendingTime mul 2', 'multiply(lendingTime:Duration, 2:Int32):Duration'],
    ['2 mul lendingTime', 'multiply(2:Int32, lendingTime:Duration):Duration'],
    ['lendingTime div 2', 'divide(lendingTime:Duration, 2:Int32):Duration'],
    ['lendingTime divby 2', 'divide(lendingTime:Duration, 2:Int32):Duration'],
    ["published add duration'P1D'", 'shiftDate(published:Date, 86400:Duration):Date'],
    ["published sub duration'P1D'", 'shiftDate(published:Date, negate(86400:Duration):Duration):Date'],
    ['published sub published', 'differenceOfDates(published:Date, published:Date):Duration'],
    ['published sub 2020-01-01', 'differenceOfDates(published:Date, "2020-01-01":Date):Duration'],
    ["acquired add duration'PT1H'", 'shiftMoment(acquired:DateTimeOffset, 3600:Duration):DateTimeOffset'],
    [
      "acquired sub duration'PT1H'",
      'shiftMoment(acquired:DateTimeOffset, negate(3600:Duration):Duration):DateTimeOffset',
    ],
    ['acquired sub acquired', 'differenceOfMoments(acquired:DateTimeOffset, acquired:DateTimeOffset):Duration'],
    [
      'acquired sub 2020-01-01T00:00:00Z',
      'differenceOfMoments(acquired:DateTimeOffset, "2020-01-01T00:00:00":DateTimeOffset):Duration',
    ],
  ])('knows dates, moments and durations: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ["'5' add loans", 'add(5:Int32, loans:Int32):Int64'],
    ["loans add '5'", 'add(loans:Int32, 5:Int32):Int64'],
    ["published add 'P1D'", 'shiftDate(published:Date, 86400:Duration):Date'],
    ["acquired add 'PT1H'", 'shiftMoment(acquired:DateTimeOffset, 3600:Duration):DateTimeOffset'],
  ])('reads a text as what the other operand needs: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['null add 1', 'add(null, 1:Int32):Int64'],
    ['loans add null', 'add(loans:Int32, null):Int64'],
    ['null add null', 'add(null, null):Int64'],
    ['facts/anything add 1', 'add(dynamic(facts/anything:an untyped value):Decimal, 1:Int32):Decimal'],
  ])('takes null, and what has no declared type: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['title add 1', 1, "'add' does not take Edm.String and Edm.Int32."],
    ['lent add 1', 1, "'add' does not take Edm.Boolean and Edm.Int32."],
    ['published add 1', 1, "'add' does not take Edm.Date and Edm.Int32."],
    ['lendingTime mul lendingTime', 1, "'mul' does not take Edm.Duration and Edm.Duration."],
    ["loans sub duration'P1D'", 1, "'sub' does not take Edm.Int32 and Edm.Duration."],
    ["duration'P1D' sub published", 1, "'sub' does not take Edm.Duration and Edm.Date."],
  ])('is refused where no operator takes the operands: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });
});

describe('a function', () => {
  it.each([
    ["concat(title,'x')", 'concat(title:String, "x":String):String'],
    ['contains(title,null)', 'contains(title:String, null):Boolean'],
    ["startswith(title,'a')", 'startsWith(title:String, "a":String):Boolean'],
    ["endswith(title,'a')", 'endsWith(title:String, "a":String):Boolean'],
    ["indexof(title,'a')", 'indexOf(title:String, "a":String):Int32'],
    ['length(title)', 'length(title:String):Int32'],
    ['substring(title,1)', 'substring(title:String, 1:Int32):String'],
    ['substring(title,1,2)', 'substring(title:String, 1:Int32, 2:Int32):String'],
    ["substring(title,'1')", 'substring(title:String, 1:Int32):String'],
    ['tolower(title)', 'toLower(title:String):String'],
    ['trim(title)', 'trim(title:String):String'],
    ["matchespattern(title,'^a')", 'matchesPattern(title:String, "^a":String):Boolean'],
    ['year(published)', 'year(published:Date):Int32'],
    ['year(acquired)', 'year(acquired:DateTimeOffset):Int32'],
    ['hour(acquired)', 'hour(acquired:DateTimeOffset):Int32'],
    ['hour(opensAt)', 'hour(opensAt:TimeOfDay):Int32'],
    ['fractionalseconds(opensAt)', 'fractionalSeconds(opensAt:TimeOfDay):Decimal'],
    ['date(acquired)', 'dateOf(acquired:DateTimeOffset):Date'],
    ['time(acquired)', 'timeOf(acquired:DateTimeOffset):TimeOfDay'],
    ['totaloffsetminutes(acquired)', 'totalOffsetMinutes(acquired:DateTimeOffset):Int32'],
    ['totalseconds(lendingTime)', 'totalSeconds(lendingTime:Duration):Decimal'],
    ["totalseconds('PT1M')", 'totalSeconds(60:Duration):Decimal'],
    ['now()', '"1970-01-01T00:00:00":DateTimeOffset'],
    ['mindatetime()', '"0001-01-01T00:00:00":DateTimeOffset'],
    ['maxdatetime()', '"9999-12-31T23:59:59.999999999999":DateTimeOffset'],
    ['hassubset(numbers,[1,2])', 'hasSubset(numbers:Collection(Int32), [1,2]:Collection(Int32)):Boolean'],
    ['hassubset(numbers,numbers)', 'hasSubset(numbers:Collection(Int32), numbers:Collection(Int32)):Boolean'],
    ['hassubsequence([1],numbers)', 'hasSubsequence([1]:Collection(Int32), numbers:Collection(Int32)):Boolean'],
  ])('has the type of its result: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['concat(title,1)', 1, "'concat' does not take Edm.String and Edm.Int32."],
    ['year(opensAt)', 1, "'year' does not take Edm.TimeOfDay."],
    ["year('2020-01-01')", 1, "'year' does not take Edm.String."],
    ['hour(published)', 1, "'hour' does not take Edm.Date."],
    ['date(published)', 1, "'date' does not take Edm.Date."],
    [
      "matchespattern(title,'(')",
      22,
      'this is no regular expression of RE2: error parsing regexp: missing closing ): `(`.',
    ],
    [
      "matchespattern(title,'(?=a)')",
      22,
      'this is no regular expression of RE2: error parsing regexp: invalid or unsupported Perl syntax: `(?=`.',
    ],
    ['hassubset(numbers,title)', 1, 'hassubset takes two collections of one primitive type.'],
    ["hassubset(numbers,['a'])", 20, "'a' is not an integer between -2147483648 and 2147483647."],
    ['hassubset(chapters,chapters)', 1, 'hassubset takes two collections of one primitive type.'],
    ['geo.distance(title,position)', 1, "'geo.distance' does not take Edm.String and Edm.GeographyPoint."],
  ])('is refused where it does not take its arguments: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });

  it.each([
    ['year(2020-01-01T00:00:00Z)', 'year("2020-01-01T00:00:00":DateTimeOffset):Int32'],
    ['year(2020-01-01T00:00:00-00:00)', 'year("2020-01-01T00:00:00":DateTimeOffset):Int32'],
    ['second(2020-01-01T00:00:00+02:00)', 'second("2019-12-31T22:00:00":DateTimeOffset):Int32'],
  ])('of a moment that is said as it is kept is what was meant: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each(['year', 'month', 'day', 'hour', 'minute', 'date', 'time'])(
    '%s of a moment with an offset would be that of another one',
    (name) => {
      const expected = refused(name.length + 2, 'moments are kept in UTC: say this one with Z.');
      expect(refusal(`${name}(2020-01-01T00:00:00+02:00)`)).toEqual(expected);
      const aliased = refused(name.length + 2, 'moments are kept in UTC: say this one with Z.');
      expect(refusal(`${name}(@m)`, '&@m=2020-01-01T00:00:00-05:30')).toEqual(aliased);
    },
  );

  it.each([
    ['totaloffsetminutes(2020-01-01T00:00:00+02:00)', '120:Int32'],
    ['totaloffsetminutes(2020-01-01T00:00:00-05:30)', '-330:Int32'],
    ['totaloffsetminutes(2020-01-01T00:00:00Z)', 'totalOffsetMinutes("2020-01-01T00:00:00":DateTimeOffset):Int32'],
    ['second(2016-12-31T23:59:60Z)', '60:Int32'],
    ['second(2016-12-31T23:59:60.5+00:00)', '60:Int32'],
    ['second(2016-12-31T23:59:59Z)', 'second("2016-12-31T23:59:59":DateTimeOffset):Int32'],
  ])('%s is what is written, whatever is kept of it', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });
});

describe('a comparison', () => {
  it.each([
    ['loans eq 5', '(loans:Int32 eq 5:Int32)'],
    ['5 eq loans', '(5:Int32 eq loans:Int32)'],
    ['loans eq 5.5', '(loans:Int32 eq 5.5:Decimal)'],
    ['loans lt rating', '(loans:Int32 lt rating:Double)'],
    ['lent eq true', '(lent:Boolean eq true:Boolean)'],
    ['lent gt false', '(lent:Boolean gt false:Boolean)'],
    ['shelf eq 300', '(shelf:Byte eq 300:Int32)'],
    ['facts/anything eq 5', '(dynamic(facts/anything:an untyped value):Decimal eq 5:Int32)'],
    ['facts/anything eq title', '(dynamic(facts/anything:an untyped value):String eq title:String)'],
  ])('compares values with their like: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['loans eq null', '(loans:Int32 eq null)'],
    ['null eq loans', '(null eq loans:Int32)'],
    ['null eq null', '(null eq null)'],
    ['numbers eq null', '(numbers:Collection(Int32) eq null)'],
    ['place eq null', '(place:Place eq null)'],
    ['writer eq null', '(writer->authors:Author eq null)'],
    ['position eq null', '(position:GeographyPoint eq null)'],
  ])('compares everything with null: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ["loans eq '5'", '(loans:Int32 eq 5:Int32)'],
    ["published eq '2020-01-01'", '(published:Date eq "2020-01-01":Date)'],
    ["acquired eq '2020-01-01T02:00:00+02:00'", '(acquired:DateTimeOffset eq "2020-01-01T00:00:00":DateTimeOffset)'],
    ["lendingTime gt 'PT1M'", '(lendingTime:Duration gt 60:Duration)'],
    ["token eq 'ABCDEFAB-89ab-cdef-0123-456789abcdef'", '(token:Guid eq "abcdefab-89ab-cdef-0123-456789abcdef":Guid)'],
    ["cover eq 'AAA_'", '(cover:Binary eq "AAA_":Binary)'],
    ["access eq 'Read,Copy'", '(access:Access eq "Read,Copy":Access)'],
    ["size gt 'Small'", '(size:Size gt "Small":Size)'],
    ["'a' eq title", '("a":String eq title:String)'],
  ])('reads a text as the type of the other operand: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['title eq 5', 1, 'eq cannot compare Edm.String with Edm.Int32.'],
    ['title lt loans', 1, 'lt cannot compare Edm.String with Edm.Int32.'],
    ['lent eq 1', 1, 'eq cannot compare Edm.Boolean with Edm.Int32.'],
    ["loans eq 'x'", 10, "'x' is not an integer between -2147483648 and 2147483647."],
    ["shelf eq '300'", 10, "'300' is not an integer between 0 and 255."],
    ["'a' eq 5", 1, "'a' is not an integer between -2147483648 and 2147483647."],
    ['loans eq numbers', 1, 'eq cannot compare Edm.Int32 with Collection(Edm.Int32).'],
    ['loans eq [1]', 1, 'eq cannot compare Edm.Int32 with Collection(Edm.Int32).'],
    [
      'numbers gt numbers',
      1,
      'gt compares single primitive values, not Collection(Edm.Int32) with Collection(Edm.Int32).',
    ],
    ['position eq position', 1, 'eq cannot compare Edm.GeographyPoint with Edm.GeographyPoint.'],
    ['position gt position', 1, 'gt compares single primitive values, not Edm.GeographyPoint with Edm.GeographyPoint.'],
    ['position gt null', 1, 'gt compares single primitive values, not Edm.GeographyPoint with an untyped value.'],
    ['null le numbers', 1, 'le compares single primitive values, not an untyped value with Collection(Edm.Int32).'],
    ["access eq test.library.Size'Small'", 1, 'eq cannot compare test.library.Access with test.library.Size.'],
  ])('is refused where the operands differ, or have no order: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });

  it.each([
    [
      'place eq {"city":"a"}',
      '((place:Place ne null) and (place/city:String eq "a":String) and (place/floor:Int32 eq null))',
    ],
    [
      'place ne {"city":"a","floor":1}',
      '(not ((place:Place ne null) and (place/city:String eq "a":String) and (place/floor:Int32 eq 1:Int32)))',
    ],
    [
      'place eq {"@x":1,"city":"a"}',
      '((place:Place ne null) and (place/city:String eq "a":String) and (place/floor:Int32 eq null))',
    ],
    [
      'place eq place',
      '(((place:Place eq null) eq (place:Place eq null)) and (place/city:String eq place/city:String) and (place/floor:Int32 eq place/floor:Int32))',
    ],
    [
      'place ne place',
      '(not (((place:Place eq null) eq (place:Place eq null)) and (place/city:String eq place/city:String) and (place/floor:Int32 eq place/floor:Int32)))',
    ],
    ['numbers eq [1,2]', '(numbers:Collection(Int32) eq [1,2]:Collection(Int32))'],
    ['numbers eq numbers', '(numbers:Collection(Int32) eq numbers:Collection(Int32))'],
  ])('of structured values is one of all their members: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['place eq {"nope":1}', 11, "the type test.library.Place has no property 'nope'."],
    ['place eq {"city":1}', 18, 'eq cannot compare Edm.String with Edm.Int32.'],
    ['place gt {"city":"a"}', 1, 'gt cannot compare objects.'],
    ['title eq {"a":1}', 1, 'an object can only be compared with a complex value, not Edm.String.'],
  ])('with an object is refused: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });
});

describe("'in' and 'has'", () => {
  it.each([
    ['loans in (1,2,null)', '(loans:Int32 in [1:Int32, 2:Int32, null])'],
    ["loans in (1,'2')", '(loans:Int32 in [1:Int32, 2:Int32])'],
    ['loans in (1,2.5)', '(loans:Int32 in [1:Int32, 2.5:Decimal])'],
    ['loans in [1,2]', '(loans:Int32 in [1:Int32, 2:Int32])'],
    ["published in ('2020-01-01')", '(published:Date in ["2020-01-01":Date])'],
    ['loans in numbers', '(loans:Int32 in i1 of numbers:Collection(Int32))'],
    ['1 in numbers', '(1:Int32 in i1 of numbers:Collection(Int32))'],
    ["access has 'Read'", 'hasFlags(access:Access, "Read":Access):Boolean'],
    ["access has test.library.Access'Read,Lend'", 'hasFlags(access:Access, "Read,Lend":Access):Boolean'],
    ['access has 5', 'hasFlags(access:Access, "Read,Copy":Access):Boolean'],
    ["size has 'Small'", 'hasFlags(size:Size, "Small":Size):Boolean'],
  ])('test one value: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ["loans in (1,'x')", 13, "'x' is not an integer between -2147483648 and 2147483647."],
    ['title in numbers', 10, 'eq cannot compare Collection(Edm.String) with Collection(Edm.Int32).'],
    ['place in (null)', 1, "'in' takes a single primitive value, not test.library.Place."],
    ['numbers in (1)', 1, "'in' takes a single primitive value, not Collection(Edm.Int32)."],
    ['loans in loans', 10, "'in' needs a collection, not Edm.Int32."],
    ["title has 'Read'", 1, "'has' tests members of an enumeration, not Edm.String for Edm.String."],
    [
      "access has test.library.Size'Small'",
      1,
      "'has' tests members of an enumeration, not test.library.Access for test.library.Size.",
    ],
  ])('are refused for what they do not test: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });
});

describe('a condition', () => {
  it.each([
    ['lent and loans gt 5', '(lent:Boolean and (loans:Int32 gt 5:Int32))'],
    ['not lent', '(not lent:Boolean)'],
    ['not (loans gt 5)', '(not (loans:Int32 gt 5:Int32))'],
    ['null and lent', '(null and lent:Boolean)'],
  ])('is made of conditions: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['lent and loans', 10, 'a condition must be true or false, this is Edm.Int32.'],
    ['not loans', 5, 'a condition must be true or false, this is Edm.Int32.'],
    ['case(loans:1)', 6, 'a condition must be true or false, this is Edm.Int32.'],
  ])('cannot be made of other values: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });
});

describe('case', () => {
  it.each([
    ['case(lent:1,true:2)', 'case(lent:Boolean ? 1:Int32, true:Boolean ? 2:Int32):Int32'],
    ['case(lent:1,true:2.5)', 'case(lent:Boolean ? 1:Int32, true:Boolean ? 2.5:Decimal):Decimal'],
    ['case(lent:1.5,loans gt 1:2)', 'case(lent:Boolean ? 1.5:Decimal, (loans:Int32 gt 1:Int32) ? 2:Int32):Decimal'],
    ['case(lent:null,true:1)', 'case(lent:Boolean ? null, true:Boolean ? 1:Int32):Int32'],
    ['case(lent:1,true:null)', 'case(lent:Boolean ? 1:Int32, true:Boolean ? null):Int32'],
    [
      "case(lent:published,true:'2020-01-01')",
      'case(lent:Boolean ? published:Date, true:Boolean ? "2020-01-01":Date):Date',
    ],
  ])('has the type of all its branches: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['case(lent:title,true:1)', 22, 'the branches of case differ: Edm.String and Edm.Int32.'],
    ['case(lent:place)', 11, 'case gives single primitive values.'],
  ])('is refused: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });
});

describe('a path', () => {
  it.each([
    ['loans', 'loans:Int32'],
    ['place/city', 'place/city:String'],
    ['facts/anything', 'facts/anything:an untyped value'],
    ['$it/title', 'title:String'],
    ['$this/title', 'title:String'],
  ])('leads through declared and dynamic properties: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['writer/name', 'writer->authors/name:String'],
    ['writers/$count', 'count(i1 of writers->authors:Collection(Author)):Int64'],
    [
      'writer/works/any(w:w/title eq title)',
      'any(i1 of writer->authors/works->works:Collection(Work) => (i1/title:String eq title:String))',
    ],
    [
      "chapters/any(c:c/editor/name eq 'a')",
      'any(i1 of chapters:Collection(Chapter) => (i1/editor->authors/name:String eq "a":String))',
    ],
  ])('leads through references to other sets: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['nope', 1, "the type test.library.Work has no property 'nope'."],
    ['place/citi', 7, "the type test.library.Place has no property 'citi'; did you mean 'city'?"],
    ['place/nope', 7, "the type test.library.Place has no property 'nope'."],
    ['place/floor/x', 13, "Edm.Int32 has no property 'x'."],
    ['title/x', 7, "Edm.String has no property 'x'."],
    ["facts/a/b eq 'x'", 9, "an untyped value has no property 'b'."],
    [
      'test.library.nofunc(1)',
      1,
      "there is no type 'test.library.nofunc'; did you mean 'test.library.Note' or 'test.library.Work' or 'test.library.Book'?",
    ],
  ])('to what is not there is refused, with what is near: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });

  it.each([
    ['numbers/$count gt 5', '(count(i1 of numbers:Collection(Int32)):Int64 gt 5:Int32)'],
    [
      'chapters/$count($filter=pages gt 5)',
      'count(i1 of chapters:Collection(Chapter) if (i1/pages:Int32 gt 5:Int32)):Int64',
    ],
    ['chapters/$count($search=a)', 'count(i1 of chapters:Collection(Chapter) search "a"):Int64'],
    [
      'chapters/$filter(pages gt 5)/$count',
      'count(i1 of chapters:Collection(Chapter) if (i1/pages:Int32 gt 5:Int32)):Int64',
    ],
    [
      'numbers/$filter($this gt 1)/$count eq 1',
      '(count(i1 of numbers:Collection(Int32) if (i1:Int32 gt 1:Int32)):Int64 eq 1:Int32)',
    ],
    [
      'chapters/$filter(pages gt $it/loans)/$count',
      'count(i1 of chapters:Collection(Chapter) if (i1/pages:Int32 gt loans:Int32)):Int64',
    ],
  ])('may end with the number of items: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['chapters/any()', 'any(i1 of chapters:Collection(Chapter))'],
    ['chapters/any(c:c/pages gt 5)', 'any(i1 of chapters:Collection(Chapter) => (i1/pages:Int32 gt 5:Int32))'],
    ['chapters/all(c:c/pages gt loans)', 'all(i1 of chapters:Collection(Chapter) => (i1/pages:Int32 gt loans:Int32))'],
    [
      'chapters/any(c:c/words/any(w:w eq c/title))',
      'any(i1 of chapters:Collection(Chapter) => any(i2 of i1/words:Collection(String) => (i2:String eq i1/title:String)))',
    ],
    [
      "chapters/any(c:c/title eq 'a' and numbers/any(c:c eq 1))",
      'any(i1 of chapters:Collection(Chapter) => ((i1/title:String eq "a":String) and any(i2 of numbers:Collection(Int32) => (i2:Int32 eq 1:Int32))))',
    ],
    [
      'chapters/$filter(pages gt 5)/any(c:c/title eq title)',
      'any(i1 of chapters:Collection(Chapter) if (i1/pages:Int32 gt 5:Int32) => (i1/title:String eq title:String))',
    ],
    [
      "chapters/any(c:c/words/any(c:c eq 'a') and c/pages gt 1)",
      'any(i1 of chapters:Collection(Chapter) => (any(i2 of i1/words:Collection(String) => (i2:String eq "a":String)) and (i1/pages:Int32 gt 1:Int32)))',
    ],
    ['numbers/any(n:n gt 5)', 'any(i1 of numbers:Collection(Int32) => (i1:Int32 gt 5:Int32))'],
  ])('may end with a test of its items: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['chapters/title', 10, 'Collection(test.library.Chapter) is a collection: use any, all, $count or $filter.'],
    ['chapters/$filter(pages gt 5)', 10, 'a filtered collection needs /$count, any or all behind it.'],
    ['loans/$count', 7, 'Edm.Int32 is no collection.'],
    ['loans/any()', 7, 'Edm.Int32 is no collection.'],
    ["numbers/any(n:n eq 'x')", 20, "'x' is not an integer between -2147483648 and 2147483647."],
    ['numbers/any(n:n/x eq 1)', 17, "Edm.Int32 has no property 'x'."],
  ])('to a collection needs one of them: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });
});

describe('a type', () => {
  it.each([
    ['test.library.Map/scale', 'case((isof($it:Work as Map|Atlas)) ? scale:Int32):Int32'],
    ['test.library.Atlas/sheets', 'case((isof($it:Work as Atlas)) ? sheets:Int32):Int32'],
    ['test.library.Work/title', 'title:String'],
    ['place/test.library.Archive/vault', 'case((isof(place:Place as Archive)) ? place/vault:String):String'],
    [
      "places/test.library.Archive/any(p:p/vault eq 'a')",
      'any(i1 of places:Collection(Place) if isof(i1:Place as Archive) => (i1/vault:String eq "a":String))',
    ],
    ['cast(test.library.Map)', 'case((isof($it:Work as Map|Atlas)) ? $it:Map):Map'],
    ['cast(loans,Edm.String)', 'cast(loans:Int32):String'],
    ['cast(title,Edm.Int32)', 'cast(title:String):Int32'],
  ])('that values are cast to is that of what follows: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['isof(test.library.Map)', 'isof($it:Work as Map|Atlas)'],
    ['isof(place,test.library.Archive)', 'isof(place:Place as Archive)'],
    ['isof(loans,Edm.Int32)', '(loans:Int32 ne null)'],
    ['isof(loans,Edm.Int64)', '(cast(loans:Int32):Int64 ne null)'],
    ['isof(loans,Edm.Date)', 'false:Boolean'],
    ['isof(numbers,Collection(Edm.Int32))', 'true:Boolean'],
  ])('is tested, or known beforehand: %s', (text, expected) => {
    expect(bound(text)).toBe(expected);
  });

  it.each([
    ['test.library.Author/name', 1, 'test.library.Work cannot be cast to test.library.Author.'],
    [
      'test.library.Mapp/a',
      1,
      "there is no type 'test.library.Mapp'; did you mean 'test.library.Map' or 'test.library.Remark' or 'test.library.Work'?",
    ],
    ['places/test.library.Map/any()', 8, "Collection(test.library.Place) cannot be cast to 'test.library.Map'."],
    ['cast(place,Edm.String)', 1, 'test.library.Place cannot be cast to Edm.String.'],
    ['cast(numbers,Edm.String)', 1, 'Collection(Edm.Int32) cannot be cast to Edm.String.'],
    ['cast(title,Edm.Nope)', 12, "there is no type 'Edm.Nope'."],
    ['isof(title,test.library.Map)', 1, 'Edm.String is no structured value.'],
    ["size eq test.library.Nope'a'", 9, "the model has no enumeration type 'test.library.Nope'."],
  ])('that a value cannot be of is refused: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(refused(position, message));
  });
});

describe('an alias', () => {
  it.each([
    ['@p', '5', '5:Int32'],
    ['@p eq loans', '5', '(5:Int32 eq loans:Int32)'],
    ['@p eq published', "'2020-01-01'", '("2020-01-01":Date eq published:Date)'],
    ['published eq @p', "'2020-01-01'", '(published:Date eq "2020-01-01":Date)'],
    ['@p gt 1', 'loans add 1', '(add(loans:Int32, 1:Int32):Int64 gt 1:Int32)'],
    ['loans in @p', '[1,2]', '(loans:Int32 in [1:Int32, 2:Int32])'],
    // One that has no value is null.
    ['@x eq 1', '5', '(null eq 1:Int32)'],
  ])('%s stands for its value %s', (text, value, expected) => {
    expect(bound(text, `&@p=${encodeURIComponent(value)}`)).toBe(expected);
  });

  it.each([
    ['@p', '@p', "the alias '@p' refers to itself."],
    ['@p', '1 add @p', "the alias '@p' refers to itself."],
  ])('%s that leads to itself through %s is refused', (text, value, message) => {
    expect(refusal(text, `&@p=${encodeURIComponent(value)}`)).toMatchObject({
      code: 'invalidQueryOption',
      message: expect.stringContaining(message),
    });
  });

  it('may stand twice', () => {
    expect(bound('@p eq loans or @p eq year', '&@p=5')).toBe('((5:Int32 eq loans:Int32) or (5:Int32 eq year:Int16))');
  });
});

describe('what is not built', () => {
  it.each([
    [
      'places eq places',
      1,
      'comparing Collection(test.library.Place) with Collection(test.library.Place) is not implemented.',
    ],
    ['geo.distance(case(lent:position),position)', 14, 'a computed value of geography or geometry is not implemented.'],
    ['numbers in [[1],[2]]', 1, "'in' of Collection(Edm.Int32) is not implemented."],
    ['[1,2] in numbers', 1, "'in' of Collection(Edm.Int32) is not implemented."],
    ['[year,1] in numbers', 2, 'an array of values that are no literals is not implemented.'],
    ["chapters('1')/title", 9, 'a key in an expression is not implemented.'],
  ])('is said to be so, with its place: %s', (text, position, message) => {
    expect(refusal(text)).toEqual(notBuilt(position, message));
  });

  it('is a path behind an alias', () => {
    const message = "a path behind the alias '@p' is not implemented.";
    expect(refusal('@p/x', '&@p=1')).toEqual(notBuilt(1, message));
  });
});

describe('the size of an expression', () => {
  /** What binding an expression takes of the budget. */
  const costOf = (text: string, aliases = ''): number => {
    const budget = new Budget();
    bind(text, { aliases, budget });
    return budget.spent;
  };

  it.each([
    ['loans', '', 1],
    ['loans eq 5', '', 3],
    ['loans eq 5 and lent', '', 5],
    ['not (loans in (1,2))', '', 5],
    ['concat(title,code)', '', 3],
    ['chapters/any(c:c/pages gt 5)', '', 4],
    // Its value is written out wherever it stands.
    ['@p', '&@p=1 add 2', 4],
    ['@p eq @p', '&@p=1 add 2', 9],
  ])('of %s%s is %s', (text, aliases, cost) => {
    expect(costOf(text, encodeURI(aliases))).toBe(cost);
  });

  it('is bounded by the budget of its request', () => {
    const spent = (nodes: number): Budget => {
      const budget = new Budget();
      budget.spend(nodes, '$filter');
      return budget;
    };
    expect(boundText(bind('loans eq 5', { budget: spent(9997) }))).toBe('(loans:Int32 eq 5:Int32)');
    expect(() => bind('loans eq 5', { budget: spent(9998) })).toThrow('The query is too complex');
  });
});

describe('a computed property', () => {
  const it_: Instance = { kind: 'entity', type: works };
  const budget = new Budget();
  const binder = new ExpressionBinder({
    model: libraryModel,
    subject: '$filter',
    current: it_,
    it: it_,
    aliases: new Map(),
    computed: new Map([['twice', { expression: bind('loans mul 2'), cost: 3 }]]),
    budget,
    now: new Date(0),
  });

  it('stands for its expression, and costs what that does', () => {
    const filter = parseQuery('$filter=twice gt twice').filter!;
    const twice = 'multiply(loans:Int32, 2:Int32):Int64';
    expect(boundText(binder.expression(filter))).toBe(`(${twice} gt ${twice})`);
    expect(budget.spent).toBe(9);
  });
});

describe('a condition of a query', () => {
  const predicate = (text: string): unknown => {
    const it_: Instance = { kind: 'entity', type: works };
    const context = { model: libraryModel, subject: '$filter', current: it_, it: it_, now: new Date(0) };
    const binder = new ExpressionBinder({ ...context, aliases: new Map(), computed: new Map(), budget: new Budget() });
    try {
      return boundText(binder.predicate(parseQuery(`$filter=${encodeURIComponent(text)}`).filter!));
    } catch (error) {
      return (error as Error).message;
    }
  };

  it.each([
    ['lent', 'lent:Boolean'],
    ['true', 'true:Boolean'],
    ['null', 'null'],
    ['facts/anything', 'dynamic(facts/anything:an untyped value):Boolean'],
    ['loans', 'In $filter at character 1: a condition must be true or false, this is Edm.Int32.'],
    ['numbers', 'In $filter at character 1: a condition must be true or false, this is Collection(Edm.Int32).'],
  ])('is true or false, or may be: %s', (text, expected) => {
    expect(predicate(text)).toBe(expected);
  });
});
