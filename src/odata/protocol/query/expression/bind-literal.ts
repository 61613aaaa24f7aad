import { Edm, type PrimitiveType } from '../../edm/primitive-types.js';
import { storedMembers } from '../../edm/enum-values.js';
import { parseGeo } from '../../edm/geo-json.js';
import type { EnumType } from '../../edm/schema.js';
import type { JsonValue } from '../../json/json-value.js';
import type { EnumLiteral, Expression, Literal } from '../../uri/syntax-tree.js';
import { notBuilt, unbound } from '../binding-error.js';
import { type BoundExpression, single, type ValueType } from '../bound.js';

/** The type that a literal has by the way it is written. */
function naturalType({ type, text }: Literal): PrimitiveType | undefined {
  switch (type) {
    case 'null':
      return undefined;
    case 'integer':
      return Edm.Int32.parse(text) === undefined ? Edm.Int64 : Edm.Int32;
    case 'jsonString':
    case 'string':
      return Edm.String;
    case 'geography':
    case 'geometry':
      return undefined;
    default: {
      const name = `${type[0]?.toUpperCase() ?? ''}${type.slice(1)}` as keyof typeof Edm;
      return Edm[name];
    }
  }
}

/** A decimal may be written with an exponent (`decimalLiteral` of OData's ABNF): its place tells it from a double. */
function isDecimal({ type, text }: Literal, expected: PrimitiveType): boolean {
  return type === 'double' && expected.family === 'decimal' && expected.parse(text) !== undefined;
}

function literal(value: JsonValue, item: ValueType['item']): BoundExpression {
  return { kind: 'literal', value, type: single(item) };
}

/** Binds literals, arrays and objects, to the type that their place asks for where there is one. */
export class LiteralBinder {
  constructor(
    private readonly subject: string,
    private readonly enumTypes: ReadonlyMap<string, EnumType>,
  ) {}

  literal(node: Literal, expected: ValueType['item']): BoundExpression {
    if (node.type === 'null') return literal(null, undefined);
    const natural = naturalType(node);
    if (natural === undefined) throw notBuilt(this.subject, node, `a literal of a ${node.type} type`);
    const isText = node.type === 'string' || node.type === 'jsonString';
    if (expected?.kind === 'enum' && (isText || node.type === 'integer')) return this.#enumText(node, expected);
    // OData 4.01 URL Conventions 5.1.1.1: strings are cast to the type of the other operand.
    const wanted = expected?.kind === 'primitive' && (isText || isDecimal(node, expected)) ? expected : natural;
    const value = wanted.parse(node.text);
    if (value === undefined) {
      throw unbound(this.subject, node, `'${node.text.slice(0, 80)}' is not ${wanted.expects}`);
    }
    return literal(value, wanted);
  }

  /** A literal of geography or geometry. */
  geo(node: Literal): BoundExpression {
    const kind = node.type === 'geography' ? 'Geography' : 'Geometry';
    const value = parseGeo(node.text);
    if (value !== undefined) {
      const shape = value.type === 'GeometryCollection' ? 'Collection' : value.type;
      return literal(value, Edm[`${kind}${shape}` as keyof typeof Edm]);
    }
    throw unbound(this.subject, node, `'${node.text.slice(0, 80)}' is no value of a ${node.type} type`);
  }

  #enumText(node: Literal, type: EnumType): BoundExpression {
    const value = storedMembers(type, node.text.trim());
    if (value !== undefined) return literal(value, type);
    const names = type.members.join(', ');
    throw unbound(this.subject, node, `'${node.text.slice(0, 80)}' is not a member of ${type.qualifiedName}: ${names}`);
  }

  enumLiteral(node: EnumLiteral): BoundExpression {
    const type = [...this.enumTypes.values()].find(({ qualifiedName }) => qualifiedName === node.type);
    if (type === undefined) throw unbound(this.subject, node, `the model has no enumeration type '${node.type}'`);
    const value = storedMembers(type, node.members.join());
    if (value !== undefined) return literal(value, type);
    throw unbound(
      this.subject,
      node,
      `'${node.members.join(',')}' is not a member of ${type.qualifiedName}: ${type.members.join(', ')}`,
    );
  }

  /** An array of literals as one stored value. */
  array(node: Expression & { kind: 'array' }, expected: ValueType['item']): BoundExpression {
    let item: ValueType['item'] = expected;
    const values = node.items.map((entry) => {
      const bound = this.#entry(entry, item);
      item ??= bound.type.item;
      return bound.kind === 'literal' ? bound.value : null;
    });
    return { kind: 'literal', value: values, type: { item, collection: true } };
  }

  #entry(node: Expression, expected: ValueType['item']): BoundExpression {
    if (node.kind === 'literal') return this.literal(node, expected);
    if (node.kind === 'enum') return this.enumLiteral(node);
    if (node.kind === 'object' || node.kind === 'array')
      throw notBuilt(this.subject, node, 'an array of objects or arrays');
    throw notBuilt(this.subject, node, 'an array of values that are no literals');
  }
}
