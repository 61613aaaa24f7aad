import type { JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { parseExpression } from '../protocol/uri/parse-expression.js';
import { Scanner } from '../protocol/uri/scanner.js';
import type { Expression } from '../protocol/uri/syntax-tree.js';
import { canEvaluate, isTrue } from './evaluate-condition.js';
import { replaceReferences, type ValueReference } from './value-references.js';

/** The condition of a request (OData JSON Format 4.01, 19.1): an expression over the answers of earlier ones. */
export interface Condition {
  readonly expression: Expression;
  /** What the aliases `r0`, `r1` and so on of the expression stand for. */
  readonly references: readonly ValueReference[];
}

function notBuilt(what: string): ODataError {
  return new ODataError('notImplemented', `In 'if', ${what} is not implemented.`, { target: 'if' });
}

/** Refuses before anything is done what could not be evaluated later. */
function check(expression: Expression): void {
  switch (expression.kind) {
    case 'literal':
    case 'enum':
    case 'list':
      return;
    case 'path':
      if (expression.root?.kind === 'alias' && expression.segments.length === 0) return;
      throw new ODataError('malformedBatch', "'if' can only refer to answers of this batch: `$<id>/…`.", {
        target: 'if',
      });
    case 'unary':
      return check(expression.operand);
    case 'logical':
      return expression.operands.forEach(check);
    case 'binary':
      if (expression.operator === 'has') throw notBuilt("'has'");
      check(expression.left);
      return check(expression.right);
    case 'call':
      if (!canEvaluate(expression.canonical)) throw notBuilt(`'${expression.name}'`);
      return expression.arguments.forEach(check);
    case 'cast':
    case 'isof':
    case 'case':
    case 'array':
    case 'object':
      throw notBuilt(`an expression of the kind '${expression.kind}'`);
  }
}

/**
 * Parses the condition of a request.
 * @param dependsOn what it may refer to
 * @throws ODataError 400 where it is not well-formed or refers to something else, 501 for what is not built
 */
export function parseCondition(text: string, dependsOn: readonly string[]): Condition {
  const references: ValueReference[] = [];
  const replaced = replaceReferences(text, (reference) => {
    if (!dependsOn.includes(reference.id)) {
      throw new ODataError('malformedBatch', `'if' refers to '$${reference.id}', which 'dependsOn' must list.`);
    }
    return `@r${references.push(reference) - 1}`;
  });
  const expression = parseExpression(new Scanner(replaced, 'if'));
  check(expression);
  return { expression, references };
}

/** Whether a condition holds. @param resolve gives the value of a reference */
export function conditionHolds(
  { expression, references }: Condition,
  resolve: (reference: ValueReference) => JsonValue,
): boolean {
  return isTrue(expression, (alias) => {
    const reference = references[Number(alias.slice(1))];
    return reference === undefined ? null : resolve(reference);
  });
}
