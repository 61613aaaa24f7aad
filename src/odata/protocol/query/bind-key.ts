import { storedMembers } from '../edm/enum-values.js';
import { keyProperty } from '../edm/key-parts.js';
import { keyText } from '../edm/key-text.js';
import type { EntityType, Property } from '../edm/model.js';
import type { PrimitiveType } from '../edm/primitive-types.js';
import type { EnumType } from '../edm/schema.js';
import type { JsonValue } from '../json/json-value.js';
import { ODataError } from '../odata-error.js';
import type { Expression, NamedArgument, Span } from '../uri/syntax-tree.js';
import { unbound } from './binding-error.js';

/** Binds keys of entities, in either style, to the text under which the store keeps them. */
export class KeyBinder {
  constructor(
    private readonly subject: string,
    private readonly aliases: ReadonlyMap<string, Expression>,
  ) {}

  /** `(1)`. @throws ODataError 400 */
  positional(type: EntityType, value: Expression, node: Span): string {
    const [property] = this.#properties(type);
    if (type.key.length !== 1 || property === undefined)
      return this.#malformed(type, `it has the parts ${type.key.join(', ')}; name them`);
    return keyText(type, [this.#value(type, value, property, node)]);
  }

  /**
   * `(OrderID=1,ItemNo=2)`. Parts that have the key of what contains the entity may be left out (OData 4.01 URL Conventions
   * 4.3.3).
   * @throws ODataError 400
   */
  named(type: EntityType, named: readonly NamedArgument[], node: Span): string {
    const given = new Map(named.map(({ name, value }) => [name, value]));
    const isKnown = (name: string): boolean => (type.declaredKey ?? type.key).includes(name);
    if (given.size !== named.length || type.key.some((name) => !given.has(name)) || ![...given.keys()].every(isKnown)) {
      return this.#malformed(type, `its parts are ${(type.declaredKey ?? type.key).join(', ')}`);
    }
    const properties = this.#properties(type);
    const values = type.key.map((name, index) => {
      const [value, property] = [given.get(name), properties[index]];
      if (value === undefined || property === undefined) throw new Error(`${name} is no part of the key`);
      return this.#value(type, value, property, node);
    });
    return keyText(type, values);
  }

  /** What a named key says of what contains the entity. @throws ODataError 400 */
  ofOwner(type: EntityType, named: readonly NamedArgument[], node: Span): readonly (readonly [Property, JsonValue])[] {
    if (type.declaredKey === undefined) return [];
    return named.flatMap(({ name, value }) => {
      const property = type.key.includes(name) ? undefined : type.properties.get(name);
      if (property === undefined || property.type.kind === 'complex') return [];
      return [[property, this.#value(type, value, property.type, node)] as const];
    });
  }

  /** A key that is a segment. @throws ODataError 404 where the subject is a path */
  segment(type: EntityType, text: string, node: Span): string {
    const [property] = this.#properties(type);
    if (type.key.length !== 1 || property === undefined)
      throw unbound(this.subject, node, `the key of ${type.qualifiedName} has several parts; name them`);
    const value = parse(property, text);
    if (value !== undefined) return keyText(type, [value]);
    throw unbound(this.subject, node, `a key of ${type.qualifiedName} must be ${expects(property)}`);
  }

  #properties(type: EntityType): readonly KeyType[] {
    return type.key.map((name) => {
      const item = keyProperty(type, name)?.type;
      if (item?.kind !== 'primitive' && item?.kind !== 'enum')
        throw new Error(`${type.qualifiedName}.${name}: a key must be primitive, or of an enumeration`);
      return item;
    });
  }

  #malformed(type: EntityType, message: string): never {
    throw new ODataError('malformedKey', `The key of ${type.qualifiedName} is not well-formed: ${message}.`);
  }

  #value(type: EntityType, value: Expression, property: KeyType, node: Span): JsonValue {
    const aliased = value.kind === 'path' && value.root?.kind === 'alias' ? value.root.name : undefined;
    const literal = aliased === undefined ? value : this.aliases.get(aliased);
    if (literal === undefined) throw unbound(this.subject, node, `the alias '@${aliased ?? ''}' has no value`);
    if (property.kind === 'enum') return this.#member(type, literal, property);
    if (literal.kind !== 'literal' || literal.type === 'null') {
      return this.#malformed(type, `'${property.name}' needs a literal`);
    }
    // A number or a word in the place of text, or the other way round, is a mistake of the client.
    const isText = literal.type === 'string';
    if (!isText && property.family === 'string') return this.#malformed(type, 'a string stands in single quotes');
    // A duration needs no prefix (URL Conventions 5.1.1.14.1).
    const mayBe = isText ? ['string', 'duration'].includes(property.family) : property.family !== 'string';
    const stored = mayBe ? property.parse(literal.text) : undefined;
    return stored ?? this.#malformed(type, `'${literal.text.slice(0, 80)}' is not ${property.expects}`);
  }

  /** A member of an enumeration, with the name of that or without (URL Conventions 5.1.1.14.1). */
  #member(type: EntityType, literal: Expression, property: EnumType): JsonValue {
    const isOfType = literal.kind === 'enum' && literal.type === property.qualifiedName;
    const isText = literal.kind === 'literal' && literal.type === 'string';
    const text = isOfType ? literal.members.join() : isText ? literal.text : '';
    return parse(property, text) ?? this.#malformed(type, `it must be ${expects(property)}`);
  }
}

/** What parts of keys are of. */
type KeyType = PrimitiveType | EnumType;

function parse(type: KeyType, text: string): JsonValue | undefined {
  return type.kind === 'enum' ? storedMembers(type, text) : type.parse(text);
}

function expects(type: KeyType): string {
  return type.kind === 'enum' ? `a member of ${type.qualifiedName}: ${type.members.join(', ')}` : type.expects;
}
