import { overloadWith, parametersOf } from '../edm/operations.js';
import type { Operation } from '../edm/model.js';
import type { CallSegment, NameSegment } from '../uri/syntax-tree.js';
import { unbound } from './binding-error.js';
import type { RequestContext } from './request-context.js';

/** Where the parameters of a call may stand beside its parentheses. */
type ChoiceContext = Pick<RequestContext, 'aliases' | 'custom'> & { readonly subject: string };

/** The parameters that query options say where a function has no parentheses (OData 4.01 Protocol 11.5.4.1.1). */
export function implicitNames(
  candidates: readonly Operation[],
  { aliases, custom }: Pick<RequestContext, 'aliases' | 'custom'>,
): ReadonlySet<string> {
  const all = candidates.flatMap((one) => parametersOf(one).map(({ name }) => name));
  return new Set(all.filter((name) => aliases.has(name) || custom?.has(name) === true));
}

function signature(operation: Operation): string {
  const names = parametersOf(operation).map(({ name }) => (operation.optional.has(name) ? `[${name}]` : name));
  return `${operation.name}(${names.join(',')})`;
}

/**
 * The overload that a segment calls (OData 4.01 Protocol 11.5.4.2): that of an action has its parameters in the body.
 * @param candidates those of one name that are bound to the same type, or not bound; at least one
 * @throws ODataError 404 with what there is
 */
export function chooseOverload(
  candidates: readonly Operation[],
  segment: NameSegment | CallSegment,
  context: ChoiceContext,
): Operation {
  const [first] = candidates;
  if (first?.kind === 'action') {
    if (segment.kind === 'name' || segment.arguments.length === 0) return first;
    throw unbound(context.subject, segment, `the parameters of the action '${first.name}' stand in the body`);
  }
  const names =
    segment.kind === 'name' ? implicitNames(candidates, context) : new Set(segment.arguments.map(({ name }) => name));
  const isTwice = segment.kind === 'call' && names.size < segment.arguments.length;
  const found = isTwice ? undefined : overloadWith(candidates, names);
  if (found !== undefined) return found;
  const known = candidates.map(signature).join(', ');
  const given = `${segment.name}(${[...names].join(',')})`;
  throw unbound(context.subject, segment, `'${given.slice(0, 80)}' is no function with these parameters: ${known}`);
}
