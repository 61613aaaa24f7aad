import { ODataError } from '../protocol/odata-error.js';
import type { Precondition } from '../protocol/headers/precondition.js';

/**
 * Holds the conditions of a request to a collection, which has no ETag here (OData 4.01 Protocol 11.4.1.1).
 * @throws ODataError 412 for every condition but that it is there
 */
export function refuseConditions({ ifMatch, ifNoneMatch }: Precondition): void {
  if ((ifMatch === undefined || ifMatch === '*') && ifNoneMatch !== '*') return;
  throw new ODataError('entityTagDoesNotMatch', 'A collection has no ETag; its members change by their own URL.', {
    target: ifNoneMatch === '*' ? 'If-None-Match' : 'If-Match',
  });
}
