import { Readable } from 'node:stream';
import { ODataError } from '../protocol/odata-error.js';

/**
 * The chunks of a request's body as they arrive. Where not all of them are wanted the rest is passed over, so that the
 * answer and the next request of the connection get through.
 * @throws ODataError 400 where the body is not in the encoding that it names
 */
export async function* bodyChunks(body: unknown): AsyncGenerator<Uint8Array> {
  if (!(body instanceof Readable)) return;
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch (cause) {
    if (!(cause as { code?: string }).code?.startsWith('Z_')) throw cause;
    throw new ODataError('malformedBatch', 'The batch is not in the encoding gzip.', { cause });
  } finally {
    body.resume();
  }
}
