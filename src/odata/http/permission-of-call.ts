import type { OperationBook } from '../operations/operation-book.js';
import { ODataError } from '../protocol/odata-error.js';
import { bindTarget } from '../protocol/query/bind-path.js';
import { requestContext } from '../protocol/query/request-context.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import type { PermissionKind } from './decorators.js';
import type { Exchange } from './exchange.js';

/**
 * The permission that an operation needs which a request calls; undefined where it calls none. What cannot be bound is
 * said by the handler.
 */
export function permissionOfCall(exchange: Exchange, book: OperationBook): PermissionKind | undefined {
  try {
    const { call } = bindTarget(parsePath(exchange.path), requestContext(exchange.settings.model, exchange.query));
    return call && book.kindOf(call.operation);
  } catch (error) {
    if (error instanceof ODataError) return undefined;
    throw error;
  }
}
