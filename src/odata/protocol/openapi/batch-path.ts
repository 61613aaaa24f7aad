import type { BatchDescription } from '../csdl/service-description.js';
import type { JsonObject } from '../json/json-value.js';
import { errorsWith } from './components.js';
import { ref } from './schemas.js';

const documentation = 'https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_BatchRequests';

const requestLines = ['--separator', 'Content-Type: application/http', 'Content-ID: 1', ''];

function multipart(lines: readonly string[]): JsonObject {
  return { schema: { type: 'string' }, example: [...requestLines, ...lines, '--separator--', ''].join('\r\n') };
}

/** What requests and answers of a JSON batch have in common (OData JSON Format 4.01, 19). */
const shared: JsonObject = {
  headers: { type: 'object', additionalProperties: { type: 'string' } },
  atomicityGroup: { type: 'string', description: 'Requests of one group are all done or none.' },
  body: { description: 'JSON, or a string: text, or other bytes in base64url.' },
};
const id: JsonObject = { type: 'string', pattern: '^[A-Za-z0-9._~-]+$' };
const ids: JsonObject = { type: 'array', items: { type: 'string' }, description: 'Requests and groups before it.' };

const jsonRequests: JsonObject = {
  type: 'object',
  required: ['requests'],
  properties: {
    requests: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'method', 'url'],
        properties: {
          id,
          method: { type: 'string', description: 'DELETE, GET, PATCH, POST or PUT, in any case.' },
          url: {
            type: 'string',
            description: 'Relative to the service root or to the host; `$<id>` refers to a request.',
          },
          dependsOn: ids,
          if: { type: 'string', description: 'Condition on the answers that it depends on: `$<id>/$succeeded`.' },
          ...shared,
        },
      },
    },
  },
};

const jsonResponses: JsonObject = {
  type: 'object',
  required: ['responses'],
  properties: {
    responses: {
      type: 'array',
      items: { type: 'object', required: ['status'], properties: { id, status: { type: 'integer' }, ...shared } },
    },
  },
};

/**
 * The resource that takes batches (OData to OpenAPI Mapping 1.0, 4.5.5). What a caller may do is for the requests to say.
 * @param url of a request that is easily tried
 * @param scheme name of the security scheme
 */
export function batchPath({ formats }: BatchDescription, url: string, scheme: string): JsonObject {
  const of = (contents: Readonly<Record<string, JsonObject>>): JsonObject =>
    Object.fromEntries(formats.map((format) => [format, contents[format] ?? {}]));
  return {
    post: {
      operationId: 'sendBatch',
      summary: 'Sends several requests in one.',
      description: `Each is run as if it had come on its own from the same caller; see [Batch Requests](${documentation}).`,
      tags: ['batch'],
      security: [{ [scheme]: [] }],
      parameters: ['prefer-of-batch', 'odata-maxversion'].map((name) => ref('parameters', name)),
      requestBody: {
        required: true,
        content: of({
          'multipart/mixed': multipart([`GET ${url} HTTP/1.1`, 'Accept: application/json', '', '']),
          'application/json': { schema: jsonRequests, example: { requests: [{ id: '1', method: 'GET', url }] } },
        }),
      },
      responses: {
        '200': {
          description: 'What became of each request; those that failed say so there.',
          headers: Object.fromEntries(['odata-version', 'request-id'].map((name) => [name, ref('headers', name)])),
          content: of({
            'multipart/mixed': multipart(['HTTP/1.1 204 No Content', 'OData-Version: 4.0', '', '']),
            'application/json': { schema: jsonResponses, example: { responses: [{ id: '1', status: 204 }] } },
          }),
        },
        ...errorsWith([400, 401, 406, 413, 415, 500, 503]),
      },
    },
  };
}
