import type { ItemType } from '../../odata/edm/model.js';
import type { FunctionName } from '../../odata/query/bound.js';

/** How a document of JSON, or a value inside it, is written in SQL. */
export interface JsonSource {
  /** Expression of the JSON value. */
  readonly json: string;
  /** Steps inside it. */
  readonly path: readonly string[];
}

/**
 * The leaves of SQL that databases write differently. Every method gives an expression; arguments that are strings are
 * expressions too.
 */
export interface Dialect {
  /** Quotes an identifier that comes from the model. */
  name(identifier: string): string;
  /** A primitive value inside JSON; NULL where it is absent or null. */
  scalar(source: JsonSource, type: ItemType): string;
  /** A value inside JSON, as JSON; NULL where it is absent or null. */
  json(source: JsonSource): string;
  /** A source of rows, one for each item of the collection inside JSON. */
  items(source: JsonSource, alias: string): string;
  /** The item of such a row: as JSON to step into, as a primitive value, and as JSON to put into an answer. */
  item(alias: string): {
    readonly document: string;
    readonly scalar: string;
    readonly json: string;
    readonly position: string;
  };
  /** The number of items of the collection inside JSON. */
  size(source: JsonSource): string;
  /** Equality to which NULL is a value like others. */
  same(left: string, right: string): string;
  /** A truth value that is never NULL: unknown is false. */
  certain(condition: string): string;
  /** The parameter's value as JSON. */
  jsonParameter(parameter: string): string;
  /** A JSON object of members. */
  object(members: readonly (readonly [name: string, json: string])[]): string;
  /** A JSON document with members set, or removed. */
  withMembers(document: string, members: readonly (readonly [name: string, json: string])[]): string;
  withoutMembers(document: string, names: readonly string[]): string;
  /** The primitive value of an expression, as JSON. */
  toJson(expression: string, type: ItemType): string;
  /** The items of rows as one JSON array. */
  array(json: string, order: string): string;
  /** A document, ready to be fetched as text. */
  fetched(json: string): string;
  /** A term inside texts, whatever the case. */
  matches(texts: readonly string[], term: string): string;
  /** The texts of rows as one. */
  joined(text: string): string;
  /** Sorting that puts null first, or last where descending. */
  order(expression: string, descending: boolean): string;
  /** The sum of the values of rows, exact where they are integers. */
  sum(expression: string): string;
  cast(expression: string, from: ItemType, to: ItemType): string;
  readonly functions: Readonly<Record<FunctionName, (values: readonly string[]) => string>>;
}
