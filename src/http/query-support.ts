import { Reflector } from '@nestjs/core';
import { ODataError } from '../odata/odata-error.js';
import type { QueryOptions, SystemQueryOption } from '../odata/uri/query-options.js';

/** What a handler makes of the system query options: those it serves, and those that OData defines for its resource. */
export interface QuerySupport {
  readonly serves: readonly SystemQueryOption[];
  readonly defined: readonly SystemQueryOption[];
}

/** Declares a handler of the protocol, and the system query options it serves. */
export const Serves = Reflector.createDecorator<QuerySupport>();

/** Reading or modifying one entity (OData 4.01 Protocol 11.2.5 and 11.4.1.5). */
export const entityQuery: QuerySupport = {
  serves: ['$format', '$select', '$expand'],
  defined: ['$compute', '$schemaversion', '$levels'],
};

/** Reading a collection of entities (OData 4.01 Protocol 11.2.6). */
export const collectionQuery: QuerySupport = {
  serves: ['$format', '$select', '$expand', '$skiptoken'],
  defined: [
    '$apply',
    '$compute',
    '$count',
    '$deltatoken',
    '$filter',
    '$orderby',
    '$schemaversion',
    '$search',
    '$skip',
    '$top',
  ],
};

/** Deleting an entity: there is nothing to query. */
export const noQuery: QuerySupport = { serves: ['$format'], defined: ['$schemaversion'] };

/**
 * Refuses the options that a handler does not serve, by name; none is ever silently ignored.
 * @throws ODataError 501 for what OData defines for the resource, 400 for what it does not
 */
export function checkQueryOptions(options: QueryOptions, { serves, defined }: QuerySupport): void {
  for (const option of options.keys()) {
    if (serves.includes(option)) continue;
    if (defined.includes(option)) {
      throw new ODataError('queryOptionNotImplemented', `The query option ${option} is not implemented.`, {
        target: option,
      });
    }
    throw new ODataError('queryOptionNotApplicable', `The query option ${option} has no meaning for this resource.`, {
      target: option,
    });
  }
}
