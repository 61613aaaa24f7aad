import { type DomainErrorCode, errorCodes, generalCode } from '../error-codes.js';
import type { JsonObject } from '../json/json-value.js';
import type { CustomHeader } from '../csdl/service-description.js';
import type { SystemQueryOption } from '../uri/query-options.js';
import { ref } from './schemas.js';

const protocol = 'https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html';

/** What each query option does, its schema, and an example for whoever tries it first. */
const options: Partial<Record<SystemQueryOption, readonly [description: string, schema: JsonObject]>> = {
  filter: ['Only what fulfils the condition.', { type: 'string' }],
  search: ['Only what holds the words.', { type: 'string' }],
  orderby: ['Order by expressions, `desc` behind those that descend.', { type: 'string' }],
  top: ['This many at most.', { type: 'integer', minimum: 0 }],
  skip: ['Without the first ones, this many.', { type: 'integer', minimum: 0 }],
  count: ['Count all that the conditions leave, whatever the page.', { type: 'boolean' }],
  select: ['Only these properties; nested options in parentheses.', { type: 'string' }],
  expand: ['These related entities too; nested options in parentheses.', { type: 'string' }],
  compute: ['Properties computed by expressions: `… as name`.', { type: 'string' }],
  apply: ['Aggregate: transformations, one after the other, `/` between.', { type: 'string' }],
};

/** Query options that have a parameter of their own in the description, in its order. */
export function describedOptions(served: readonly SystemQueryOption[]): readonly SystemQueryOption[] {
  return (Object.keys(options) as SystemQueryOption[]).filter((name) => served.includes(name));
}

function header(name: string, description: string): JsonObject {
  return { name, in: 'header', description, schema: { type: 'string' } };
}

/** Name of a header's parameter among the components. */
export function headerParameter(name: string): string {
  return name.toLowerCase();
}

const always = '`respond-async` (202, and `Location` says where the result will be), `omit-values=nulls`';
/** What of the header Prefer is heeded, by the component that says so. */
const preferences: Readonly<Record<string, string>> = {
  prefer: `\`maxpagesize=…\`, \`track-changes\`, ${always}`,
  'prefer-of-entity': always,
  'prefer-of-creation': `\`return=minimal\`, ${always}`,
  'prefer-of-change': `\`return=minimal\`, \`create-if-missing\`, ${always}`,
  'prefer-of-batch': '`return=…` and `omit-values=nulls` of the requests in it, `continue-on-error`, `respond-async`',
  'prefer-of-delta': `\`return=minimal\`, \`continue-on-error\`, ${always}`,
};

/** Parameters that operations share. */
export function parametersOf(custom: readonly CustomHeader[], requiresEntityTag: boolean): JsonObject {
  const entries = Object.entries(options).map(([name, [description, schema]]): [string, JsonObject] => [
    name,
    { name: `$${name}`, in: 'query', description: `${description} [OData](${protocol})`, schema },
  ]);
  const needed = requiresEntityTag ? ' This service requires it.' : '';
  const headers: JsonObject[] = [
    header('If-Match', `ETag that the entity must still have, or \`*\`: 412 otherwise.${needed}`),
    header('Range', 'The part that is asked for: `bytes=0-999`; 206, or 416 where it is not there.'),
    header('If-None-Match', 'ETag that the client knows: 304 where the entity still has it.'),
    header('OData-MaxVersion', 'Highest version of OData that the client reads: `4.0` or `4.01`.'),
    ...custom.map(({ name, description }) => header(name, description)),
  ];
  const others: readonly (readonly [component: string, parameter: JsonObject])[] = [
    [
      'if-none-match-of-change',
      header('If-None-Match', 'ETag that the entity must no longer have, `*` for none: 412.'),
    ],
    ...Object.entries(preferences).map(
      ([name, heeded]) => [name, header('Prefer', `Preferences, with commas between: ${heeded}.`)] as const,
    ),
  ];
  const latest = 'What a link says; `latest` asks only for the link to what changes from now on.';
  const token: JsonObject = { name: '$deltatoken', in: 'query', description: latest, schema: { type: 'string' } };
  return Object.fromEntries([
    ...entries,
    ['deltatoken', token],
    ...headers.map((one) => [headerParameter(one.name as string), one]),
    ...others,
  ]) as JsonObject;
}

/** Headers of answers. */
export function headersOf(): JsonObject {
  const text = (description: string): JsonObject => ({ description, schema: { type: 'string' } });
  return {
    etag: text('Version of the entity, for If-Match and If-None-Match.'),
    location: text('URL of the entity that was made.'),
    'odata-entityid': text('Id of the entity, where the answer has no body.'),
    'odata-version': text('Version of OData that the answer is in.'),
    'request-id': text('Id of the request, under which the log of the service has it.'),
  };
}

/** Error responses by status, each with its specific codes. */
export function errorResponses(domain: readonly DomainErrorCode[]): JsonObject {
  const byStatus = new Map<number, string[]>();
  const own = domain.map(({ code, status, meaning = code }) => [code, [status, meaning]] as const);
  for (const [code, [status, meaning]] of [...Object.entries(errorCodes), ...own]) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), `* \`${code}\`: ${meaning}`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      generalCode(status),
      {
        description: `\`error.innerError.code\` says what it is:\n\n${list.join('\n')}`,
        content: { 'application/json': { schema: ref('schemas', 'error') } },
      },
    ]),
  );
}

/** References to the error responses of statuses. */
export function errorsWith(statuses: readonly number[]): JsonObject {
  return Object.fromEntries(statuses.map((status) => [String(status), ref('responses', generalCode(status))]));
}
