import { ODataError } from '../odata-error.js';
import type { Span } from '../uri/syntax-tree.js';

/** The place of a node, as messages say it. */
function place(subject: string, { start }: Span): string {
  return `${subject === 'path' ? 'the path' : subject} at character ${start + 1}`;
}

/** Ends a sentence, unless it is a question already. */
function sentence(text: string): string {
  return text.endsWith('?') ? text : `${text}.`;
}

/**
 * The error of a well-formed text to which the model gives no meaning.
 * @param subject the option, `$filter`, or `path`
 */
export function unbound(subject: string, node: Span, message: string): ODataError {
  const where = place(subject, node);
  const position = node.start + 1;
  if (subject !== 'path') {
    return new ODataError('invalidQueryOption', sentence(`In ${where}: ${message}`), { target: subject, position });
  }
  return new ODataError('resourceNotFound', sentence(`There is no such resource: in ${where}, ${message}`), {
    position,
  });
}

/** The error of what OData defines and this service does not have yet. */
export function notBuilt(subject: string, node: Span, feature: string): ODataError {
  const message = `In ${place(subject, node)}: ${feature} is not implemented.`;
  const position = node.start + 1;
  if (subject === 'path') return new ODataError('notImplemented', message, { position });
  return new ODataError('queryOptionNotImplemented', message, { target: subject, position });
}
