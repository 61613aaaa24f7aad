import type { FastifyReply, FastifyRequest } from 'fastify';
import { lenientVersion } from '../protocol/headers/negotiate-version.js';
import { clientRequestId, header } from './protocol.js';

/** Sets the headers that every answer carries, whatever becomes of its request. */
export function markAnswer(request: FastifyRequest, reply: FastifyReply): void {
  const echoed = clientRequestId(request);
  reply.headers({
    'request-id': request.id,
    'odata-version': lenientVersion(header(request, 'odata-maxversion')),
    'x-content-type-options': 'nosniff',
    ...(echoed === undefined ? {} : { 'client-request-id': echoed }),
  });
}
