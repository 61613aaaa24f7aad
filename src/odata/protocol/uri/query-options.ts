/** The system query options of OData 4.01 (URL Conventions 5.1 and 5.3), without `$`. */
export const systemQueryOptions = [
  'apply',
  'compute',
  'count',
  'deltatoken',
  'expand',
  'filter',
  'format',
  'id',
  'index',
  'levels',
  'orderby',
  'schemaversion',
  'search',
  'select',
  'skip',
  'skiptoken',
  'top',
] as const;

/** The name of a system query option, without `$`. */
export type SystemQueryOption = (typeof systemQueryOptions)[number];
