import { ODataError } from '../protocol/odata-error.js';
import type { SystemQueryOption } from '../protocol/uri/query-options.js';
import type { Query } from '../protocol/uri/syntax-tree.js';

/** What a handler makes of the system query options: those it serves, and those that OData defines for its resource. */
export interface QuerySupport {
  readonly serves: readonly SystemQueryOption[];
  readonly defined: readonly SystemQueryOption[];
}

/** Modifying one entity (OData 4.01 Protocol 11.4.1.5). */
export const entityQuery: QuerySupport = {
  serves: ['format', 'select', 'expand', 'compute'],
  defined: ['levels'],
};

/** Changing each member: `$filter` says which of them the answer has, as they are then (OData 4.01 URL Conventions 4.12). */
export const eachQuery: QuerySupport = { serves: [...entityQuery.serves, 'filter'], defined: entityQuery.defined };

/** Changing one property by its own URL. */
export const propertyChange: QuerySupport = { serves: ['format'], defined: [] };

/** The same where it is complex, or a collection of complex values. */
export const structuredChange: QuerySupport = { serves: ['format', 'select', 'expand', 'compute'], defined: [] };

/** Deleting an entity: there is nothing to query. */
export const noQuery: QuerySupport = { serves: ['format'], defined: [] };

/** Reading one entity or complex value (OData 4.01 URL Conventions 5.1). */
export const structuredRead: QuerySupport = {
  serves: ['format', 'select', 'expand', 'compute'],
  defined: ['levels'],
};

/** Reading one primitive value. */
export const valueRead: QuerySupport = { serves: ['format'], defined: [] };

/** Reading a collection inside an entity. */
export const collectionRead: QuerySupport = {
  serves: ['format', 'select', 'expand', 'compute', 'filter', 'search', 'orderby', 'skip', 'top', 'count', 'apply'],
  defined: ['index'],
};

/** Reading an entity set, page by page. */
export const setRead: QuerySupport = {
  serves: [...collectionRead.serves, 'skiptoken', 'deltatoken'],
  defined: [],
};

/** Reading all entities of a service, or all of a type (OData 4.01 URL Conventions 4.16). */
export const allRead: QuerySupport = {
  serves: [...collectionRead.serves.filter((option) => option !== 'apply'), 'skiptoken'],
  defined: ['apply'],
};

/** Counting them. */
export const countOfAll: QuerySupport = { serves: ['filter', 'search'], defined: ['apply'] };

/** Reading a cross join (OData 4.01 URL Conventions 4.15, Data Aggregation 4). */
export const crossJoinRead: QuerySupport = { serves: [...collectionRead.serves, 'skiptoken'], defined: [] };

/** Following the changes of an entity set: order and bounds have no meaning for what is followed. */
export const deltaRead: QuerySupport = {
  serves: ['format', 'select', 'expand', 'compute', 'filter', 'search', 'count', 'skiptoken', 'deltatoken'],
  defined: [],
};

/** Reading a reference to an entity. */
export const referenceRead: QuerySupport = { serves: ['format'], defined: [] };

/** Reading references to the entities of a collection. */
export const referencesRead: QuerySupport = {
  serves: ['format', 'filter', 'search', 'orderby', 'skip', 'top', 'count', 'skiptoken'],
  defined: [],
};

/** Removing a reference out of a collection: the one that `$id` names (OData 4.01 Protocol 11.4.6.2). */
export const referenceRemoval: QuerySupport = { serves: ['format', 'id'], defined: [] };

/** Resolving an entity-id (OData 4.01 URL Conventions 4.3.4). */
export const entityRead: QuerySupport = {
  serves: ['format', 'id', 'select', 'expand', 'compute'],
  defined: ['levels'],
};

/** Counting a collection. */
export const countRead: QuerySupport = { serves: ['filter', 'search', 'apply'], defined: [] };

/**
 * Refuses the options that a handler does not serve, by name; none is ever silently ignored. Custom options are refused as
 * well: they would be ignored otherwise (OData 4.01 Protocol 6.1).
 * @throws ODataError 501 for what OData defines for the resource, 400 for what it does not
 */
export function checkQueryOptions(query: Query, { serves, defined }: QuerySupport): void {
  for (const name of query.custom?.keys() ?? []) {
    throw new ODataError('invalidQueryOption', `The query option '${name.slice(0, 80)}' does not exist.`, {
      target: name.slice(0, 80),
    });
  }
  // 11.2.12: any request may name the version of the schema that it was made for.
  for (const name of Object.keys(query) as (SystemQueryOption | 'aliases' | 'custom')[]) {
    if (name === 'aliases' || name === 'custom' || name === 'schemaversion' || serves.includes(name)) continue;
    const target = `$${name}`;
    if (defined.includes(name)) {
      throw new ODataError('queryOptionNotImplemented', `The query option ${target} is not implemented.`, { target });
    }
    throw new ODataError('queryOptionNotApplicable', `The query option ${target} has no meaning for this resource.`, {
      target,
    });
  }
}
