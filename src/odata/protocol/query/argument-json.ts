import type { JsonObject, JsonValue } from '../json/json-value.js';
import { parseOwnJson } from '../json/parse-json.js';
import type { Expression, Literal, NamedArgument, Span } from '../uri/syntax-tree.js';
import { notBuilt, unbound } from './binding-error.js';
import type { Budget } from './budget.js';

const subject = 'path';

function literalJson(literal: Literal): JsonValue {
  switch (literal.type) {
    case 'null':
      return null;
    case 'boolean':
      return literal.text === 'true';
    case 'integer':
    case 'decimal':
    case 'double': {
      if (!/^[+-]?[\d.]+(?:[eE][+-]?\d+)?$/.test(literal.text)) return literal.text;
      const text = literal.text.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1');
      return parseOwnJson(text);
    }
    case 'geography':
    case 'geometry':
      throw notBuilt(subject, literal, `a literal of a ${literal.type} type`);
    default:
      return literal.text;
  }
}

/** Writes values of parameters as a body would have them, so that both are read alike. */
class ArgumentReader {
  readonly #underway = new Set<string>();

  constructor(
    private readonly aliases: ReadonlyMap<string, Expression>,
    private readonly budget: Budget,
  ) {}

  json(node: Expression): JsonValue {
    // Aliases can each name another one twice.
    this.budget.spend(1, subject);
    switch (node.kind) {
      case 'literal':
        return literalJson(node);
      case 'enum':
        return node.members.join();
      case 'array':
        return node.items.map((item) => this.json(item));
      case 'object': {
        const names = new Set(node.members.map(({ name }) => name));
        if (names.size < node.members.length) throw unbound(subject, node, 'a name stands twice in the object');
        return Object.fromEntries(node.members.map(({ name, value }) => [name, this.json(value)]));
      }
      case 'path':
        if (node.root?.kind === 'alias' && node.segments.length === 0) return this.alias(node.root.name, node);
        throw notBuilt(subject, node, 'a path as the value of a parameter');
      default:
        throw notBuilt(subject, node, 'an expression as the value of a parameter');
    }
  }

  /** An alias without a value is null (OData 4.01 URL Conventions 5.3). */
  alias(name: string, node: Span): JsonValue {
    const value = this.aliases.get(name);
    if (value === undefined) return null;
    if (this.#underway.has(name)) throw unbound(subject, node, `the alias '@${name}' refers to itself`);
    this.#underway.add(name);
    const json = this.json(value);
    this.#underway.delete(name);
    return json;
  }
}

/**
 * The parameters in the URL of a function as one JSON object (OData 4.01 Protocol 11.5.4.1.1).
 * @throws ODataError 400, 501 with the position
 */
export function argumentsJson(
  given: readonly NamedArgument[],
  { aliases, budget }: { readonly aliases: ReadonlyMap<string, Expression>; readonly budget: Budget },
): JsonObject {
  const reader = new ArgumentReader(aliases, budget);
  return Object.fromEntries(given.map(({ name, value }) => [name, reader.json(value)]));
}
