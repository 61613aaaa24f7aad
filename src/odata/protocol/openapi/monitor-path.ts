import type { JsonObject } from '../json/json-value.js';
import { errorsWith } from './components.js';
import { ref } from './schemas.js';

/** The response to a request that is processed later (OData 4.01 Protocol 11.6). */
export function acceptedResponse(): JsonObject {
  return {
    description:
      'The request is being processed, as `Prefer: respond-async` asked for; `Location` says where its result will be.',
    headers: { location: ref('headers', 'location') },
  };
}

/** The status monitor resource of such a request. */
export function monitorPath(scheme: string): JsonObject {
  const shared = { tags: ['async'], security: [{ [scheme]: [] }] };
  const id = { name: 'id', in: 'path', required: true, description: 'Id of the request.', schema: { type: 'string' } };
  const result: JsonObject = {
    description: 'The result: as the request would have been answered, its status in `AsyncResult`.',
    headers: {
      AsyncResult: { description: 'Status of the result.', schema: { type: 'integer' } },
    },
  };
  return {
    parameters: [id],
    get: {
      ...shared,
      operationId: 'getAsyncResult',
      summary: 'Says whether a request that is answered later has been processed, and gives its result.',
      responses: { '200': result, '202': ref('responses', 'accepted'), ...errorsWith([400, 401, 404, 500, 503]) },
    },
    delete: {
      ...shared,
      operationId: 'cancelAsyncRequest',
      summary: 'Cancels a request that has not been processed yet: nothing is changed by it.',
      responses: { '204': { description: 'It is canceled.' }, ...errorsWith([400, 401, 404, 409, 500, 503]) },
    },
  };
}
