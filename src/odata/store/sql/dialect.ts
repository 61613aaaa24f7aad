import type { ItemType } from '../../protocol/edm/model.js';
import type { PrimitiveType } from '../../protocol/edm/primitive-types.js';
import type { JsonValue } from '../../protocol/json/json-value.js';
import type { FunctionName, GeoFunctionName } from '../../protocol/query/bound.js';
import type { ArithmeticKind, NumberKind, Operator } from './number-kind.js';
import type { IndexedPath } from '../aggregate-store.js';
import type { ParameterDialect, Parameters } from './parameters.js';

/** How a document of JSON, or a value inside it, is written in SQL. */
export interface JsonSource {
  /** Expression of the JSON value. */
  readonly json: string;
  /** Steps inside it. */
  readonly path: readonly string[];
}

/** A member of a JSON object: its name, and the expression of its JSON. */
export type NamedJson = readonly [name: string, json: string];

/** The item of a row of a collection, in SQL. */
export interface ItemSource {
  /** As JSON to step into. */
  readonly document: string;
  /** As JSON to put into an answer. */
  readonly json: string;
  /** As a primitive value. */
  readonly scalar: string;
  /** What orders it in the collection: expressions with commas between. */
  readonly position: string;
  /** What tells it from the other items of the collection. */
  readonly place: string;
}

/** How many digits a number may have (OData CSDL 4.01, 7.2.3 and 7.2.4); any number where nothing is said. */
export interface DigitFacets {
  readonly precision: number | undefined;
  readonly scale: number | undefined;
}

/**
 * The leaves of SQL that databases write differently. Every method gives an expression; arguments that are strings are
 * expressions too. Everything else is one compiler's, in SQL that all of them read.
 */
export interface Dialect extends ParameterDialect {
  /** Whether documents are printed without blanks between their tokens, and with their members in the order that they came in. */
  readonly printsCompactJson: boolean;
  /** Quotes an identifier that comes from the model. */
  name(identifier: string): string;
  /** A primitive value of the stored form of a type, as a parameter. */
  literal(value: JsonValue, type: ItemType, parameters: Parameters): string;
  /** NULL, in a column of values of a type. */
  absent(type: ItemType): string;
  /** A collection of stored values, as a parameter. */
  jsonLiteral(value: JsonValue, parameters: Parameters): string;
  /**
   * The pattern of `matchesPattern`, a regular expression of RE2.
   * @param source undefined where it is no literal
   * @throws ODataError 501 where not every database can say the same
   */
  pattern(source: string | undefined, parameters: Parameters): string;
  /** A primitive value inside JSON; NULL where it is absent or null. Without a type: whatever stands there. */
  scalar(source: JsonSource, type: ItemType): string;
  /** The value of a property of a row that an index is kept on, as the index has it. @param row alias */
  indexed(row: string, property: IndexedPath): string;
  /** A dynamic value inside JSON where it is one of a type; NULL where it is of another. */
  dynamic(source: JsonSource, type: ItemType): string;
  /** A value inside JSON, as JSON; NULL where it is absent or null. */
  json(source: JsonSource): string;
  /** A structured value inside JSON, as JSON that is the same where the value is; NULL where it is absent or null. */
  whole(source: JsonSource): string;
  /** Such JSON as text that sorts. */
  wholeText(json: string): string;
  /** The condition that there is a value inside JSON, which need not be read for that. */
  isThere(source: JsonSource): string;
  /** A value inside JSON, as JSON, by a path that is a parameter; NULL where it is absent. */
  jsonAt(json: string, path: readonly string[], parameters: Parameters): string;
  /** A collection inside JSON, as JSON; empty where it is absent. */
  collection(source: JsonSource): string;
  /** A source of rows, one for each item of the collection inside JSON. */
  items(source: JsonSource, alias: string): string;
  /** The item of such a row. @param type of the primitive values that the items are */
  item(alias: string, type: ItemType): ItemSource;
  /** An item of a collection inside JSON, as JSON; NULL where there is none. @param index from the end where negative */
  itemAt(source: JsonSource, index: number): string;
  /** A coordinate of a position of GeoJSON, as a double. */
  coordinate(position: string, index: 0 | 1): string;
  /** A source of rows, one for each entity of the stored collection inside JSON: an object of them by name. */
  members(source: JsonSource, alias: string): string;
  /** The entity of such a row. */
  member(alias: string): ItemSource;
  /**
   * What lets a statement be ended while it goes through rows, where the database does not do that itself: conditions
   * that always hold, to stand before all others. A `result` has one column, `document`.
   */
  watched(rows: 'table' | 'items' | 'result', alias: string): readonly string[];
  /** The number of items of the collection inside JSON. */
  size(source: JsonSource): string;
  /**
   * An expression of values that stand in it several times, each written and computed once: a text that repeated them
   * would double with every level of nesting.
   * @param values by the names `a`, `b` … as which the body knows them behind `q.`
   */
  once(values: Readonly<Record<string, string>>, body: string): string;
  /** Equality to which NULL is a value like others. */
  same(left: string, right: string): string;
  /** A truth value that is never NULL: unknown is false. */
  certain(condition: string): string;
  /** The condition that a truth value inside JSON is true. */
  isTrue(value: string): string;
  /** The condition that a value is a number, or NULL. */
  isNumber(value: string, kind: NumberKind): string;
  /** A number of one kind as one of another, that is as wide or wider. */
  toKind(value: string, from: NumberKind, to: NumberKind): string;
  /** What a database counts, as a decimal. */
  decimalOfCount(value: string): string;
  /** Numbers of one kind, computed with. What has no value is NULL: no row decides for the others. */
  arithmetic(operator: Operator, kind: ArithmeticKind, values: readonly string[]): string;
  /** A JSON object of members. */
  object(members: readonly NamedJson[]): string;
  /** A JSON document with members set, or removed. */
  withMembers(document: string, members: readonly NamedJson[]): string;
  withoutMembers(document: string, names: readonly string[]): string;
  /** A JSON document with the members of another one, which count where both have them. */
  merged(document: string, other: string): string;
  /** The primitive value of an expression, as JSON. */
  toJson(expression: string, type: ItemType): string;
  /** JSON on its way through a column of a subquery. */
  column(json: string): string;
  /** The JSON of rows, in such a column, as one JSON array. */
  array(column: string, order: string): string;
  /** A document, ready to be fetched as text. */
  fetched(json: string): string;
  /** The condition that a term is in a text of `searched`, whatever its case and accents. @param term its text */
  hasTerm(searched: string, term: string, parameters: Parameters): string;
  /** Texts as one, in which terms are searched. */
  searched(texts: readonly string[]): string;
  /** The texts of rows as one. */
  joined(text: string): string;
  /** Text that has the order of its code points, whatever it was made of. */
  collated(text: string): string;
  /** Sorting that puts null first, or last where descending. */
  order(expression: string, descending: boolean): string;
  /** An aggregate of the values of rows, of a type; sums and averages are exact, but for what the kind of the result is. */
  aggregate(method: 'sum' | 'min' | 'max' | 'average', expression: string, type: ItemType): string;
  /** A JSON array with another item, JSON too, before those that it has. */
  prepended(item: string, array: string): string;
  /** The first of the values of rows, as JSON, that are not null. */
  first(json: string, order: string): string;
  /** The bits of flags that a text names, or says, all together; NULL where it names one that there is not. */
  flags(text: string, members: readonly (readonly [name: string, value: number])[]): string;
  /** OData 4.01 URL Conventions 5.1.1.10.1, between primitive types that can be cast: NULL where it fails. */
  cast(expression: string, from: PrimitiveType, to: PrimitiveType): string;
  /**
   * A decimal or a duration with so many digits behind the point, halves away from zero, and in all; NULL where it has more
   * before the point than are left.
   */
  rounded(value: string, facets: DigitFacets): string;
  /** What keeps the rows of a SELECT from being deleted until its transaction ends; empty where one writes. */
  readonly holding: string;
  readonly functions: Readonly<Record<Exclude<FunctionName, Operator | GeoFunctionName>, SqlFunction>>;
  readonly log: LogDialect;
}

/** What databases write differently of the log of changes. */
export interface LogDialect {
  /** The columns by which changes are ordered, inside their tenant. */
  readonly order: readonly ('xid' | 'sequence')[];
  /**
   * Whether an index finds the changes of an entity. One that has none can tell which is the last one only where what is
   * committed is settled, and has one of deletions, and by owners.
   */
  readonly findsEntities: boolean;
  /** What has a log read by one of its indexes, where the database would choose another one; empty where it would not. */
  indexed(table: string, index: string): string;
  /**
   * Statement of one row of `xid`, `sequence` and `at`: the end of what is settled of a log, in the snapshot of the
   * statement around it, and the time in milliseconds.
   * @param table its name, not quoted
   */
  end(table: string): string;
  /**
   * What a position in the log is good for: another value where the database went back in time.
   * @param kept the column that is renewed when nothing was logged for a while
   */
  epoch(kept: string): string;
  /** A statement that gives `rows`, about, and `lag`: seconds that the oldest change is under way that is not settled. */
  size(table: string): string;
  /** A moment of the log in milliseconds since 1970, and a parameter of such milliseconds as a moment. */
  milliseconds(moment: string): string;
  moment(milliseconds: number, parameters: Parameters): string;
  /**
   * A statement of some columns of the oldest changes, so many at most, of those that are older than a moment; others may
   * forget changes meanwhile.
   * @param log its name, quoted
   */
  oldest(columns: string, of: { readonly log: string; readonly before: string; readonly limit: string }): string;
}

/** Writes a call. @param types of the values; undefined for a dynamic value, and for null */
export type SqlFunction = (values: readonly string[], types: readonly ItemType[]) => string;
