import { AsyncLocalStorage } from 'node:async_hooks';
import { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../operations/caller.js';

/** On whose behalf the service sends a request to itself, and for what. */
export interface Inheritance {
  readonly caller: Caller;
  readonly purpose: 'part of a batch' | 'job';
  /** Whether nobody waits for the answer any more. */
  readonly isAbandoned: () => boolean;
}

const inheritances = new AsyncLocalStorage<Inheritance>();

/**
 * Runs work whose injected requests are those of a caller that has been verified already: parts of a batch and the like
 * carry no token of their own.
 */
export function asCaller<T>(inheritance: Inheritance, work: () => T): T {
  return inheritances.run(inheritance, work);
}

/** Undefined for every request that came over the network, whatever it says of itself. */
export function inheritanceOf(request: FastifyRequest): Inheritance | undefined {
  return (request.raw.socket as unknown) instanceof Socket ? undefined : inheritances.getStore();
}

/** The caller on whose behalf the service itself sent a request to itself. */
export function inheritedCaller(request: FastifyRequest): Caller | undefined {
  return inheritanceOf(request)?.caller;
}

/** Whether the request is one of a batch. */
export function isPartOfBatch(request: FastifyRequest): boolean {
  return inheritanceOf(request)?.purpose === 'part of a batch';
}
