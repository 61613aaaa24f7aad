import type { FastifyReply } from 'fastify';
import type { Exchange } from './exchange.js';

/** Answers requests later whose client prefers that (OData 4.01 Protocol 11.6). */
export abstract class LaterAnswers {
  /** Whether a request whose client prefers it can be answered later. */
  abstract takes(exchange: Exchange): boolean;

  /**
   * Takes a request over; gives the body of the answer that says so.
   * @param isBatch the handler of batches sends its answers itself
   * @throws ODataError 413, 429, 503
   */
  abstract answer(
    exchange: Exchange,
    reply: FastifyReply,
    about: { readonly isBatch: boolean },
  ): Promise<Buffer | undefined>;
}
