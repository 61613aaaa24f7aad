import { ODataError } from '../odata-error.js';
import type { Span } from '../uri/syntax-tree.js';

/** Which text of the URL is bound, for messages: an option, or the path. */
export interface Subject {
  readonly name: string;
}

/** The place of a node, as messages say it. */
function place(subject: string, { start }: Span): string {
  return subject === 'path' ? `the path at character ${start + 1}` : `${subject} at character ${start + 1}`;
}

/** The error of a well-formed text to which the model gives no meaning. */
export function unbound(subject: string, node: Span, message: string): ODataError {
  if (subject === 'path')
    return new ODataError('resourceNotFound', `There is no such resource: in ${place(subject, node)}, ${message}.`);
  return new ODataError('invalidQueryOption', `In ${place(subject, node)}: ${message}.`, { target: subject });
}

/** The error of what OData defines and this service does not have yet. */
export function notBuilt(subject: string, node: Span, feature: string): ODataError {
  const code = subject === 'path' ? 'notImplemented' : 'queryOptionNotImplemented';
  const target = subject === 'path' ? {} : { target: subject };
  return new ODataError(code, `In ${place(subject, node)}: ${feature} is not implemented.`, target);
}
