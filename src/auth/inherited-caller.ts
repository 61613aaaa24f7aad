import { AsyncLocalStorage } from 'node:async_hooks';
import { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './caller.js';

const callers = new AsyncLocalStorage<Caller>();

/**
 * Runs work whose injected requests are those of a caller that has been verified already: parts of a batch and the like
 * carry no token of their own.
 */
export function asCaller<T>(caller: Caller, work: () => T): T {
  return callers.run(caller, work);
}

/**
 * The caller on whose behalf the service itself sent a request to itself; undefined for every request that came over the
 * network, whatever it says of itself.
 */
export function inheritedCaller(request: FastifyRequest): Caller | undefined {
  return (request.raw.socket as unknown) instanceof Socket ? undefined : callers.getStore();
}
