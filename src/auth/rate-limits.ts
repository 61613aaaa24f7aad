import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { CreateRateLimitOptions, RateLimitPluginOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Environment } from '../config/environment.js';
import { type Caller, inheritedCaller, isPartOfBatch, ODataError } from '../odata/index.js';

/** How the counters are kept; which requests count is not the plugin's to say. */
export const counters: RateLimitPluginOptions = { global: false, cache: 50_000 };

type Counter = ReturnType<FastifyInstance['createRateLimit']>;

interface Limit {
  /** As it stands in the `RateLimit` fields. */
  readonly name: 'caller' | 'address';
  readonly most: number;
  readonly count: Counter;
}

/** One text a caller: a user and an application may share an id. */
function nameOf({ user }: FastifyRequest): string {
  const { tenant, kind, id } = user as Caller;
  return `${tenant}\0${kind}\0${id}`;
}

/**
 * Counts requests by their caller, and where nobody is known by the address that they come from. Requests of a batch count
 * as those that come by themselves; one that is processed later counted when it was accepted.
 */
@Injectable()
export class RateLimits {
  #byCaller: Limit | undefined;
  #byAddress: Limit | undefined;
  /** How many were refused, by the limit. */
  readonly refused = { caller: 0, address: 0 };

  constructor(
    private readonly environment: Environment,
    private readonly host: HttpAdapterHost,
  ) {}

  /** Whether there is anything to count. */
  get areOn(): boolean {
    return this.environment.RATE_LIMIT > 0 || this.environment.RATE_LIMIT_ANONYMOUS > 0;
  }

  /**
   * Counts a request, and says in the answer's header fields what is left (draft-ietf-httpapi-ratelimit-headers-10).
   * @throws ODataError 429
   */
  async count(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const isProbe = request.url.startsWith('/health/');
    const isJob = inheritedCaller(request) !== undefined && !isPartOfBatch(request);
    const limit = isProbe || isJob ? undefined : request.user === undefined ? this.#ofAddresses : this.#ofCallers;
    if (limit === undefined) return;
    const counted = await limit.count(request);
    if (counted.isAllowed) return;
    const { remaining, ttlInSeconds: seconds, isExceeded } = counted;
    const { name, most } = limit;
    reply.headers({
      'ratelimit-policy': `"${name}";q=${most};w=${this.environment.RATE_LIMIT_WINDOW}`,
      ratelimit: `"${name}";r=${remaining};t=${seconds}`,
    });
    if (!isExceeded) return;
    this.refused[name] += 1;
    throw new ODataError('rateLimitExceeded', `More than ${most} requests came; try again in ${seconds} s.`, {
      headers: { 'retry-after': String(seconds) },
    });
  }

  get #ofCallers(): Limit | undefined {
    const { RATE_LIMIT: most } = this.environment;
    if (most === 0) return undefined;
    return (this.#byCaller ??= { name: 'caller', most, count: this.#counter({ max: most, keyGenerator: nameOf }) });
  }

  get #ofAddresses(): Limit | undefined {
    const { RATE_LIMIT_ANONYMOUS: most } = this.environment;
    if (most === 0) return undefined;
    // Who has one address of version 6 has all of its network.
    return (this.#byAddress ??= { name: 'address', most, count: this.#counter({ max: most, ipv6Subnet: 64 }) });
  }

  #counter(options: CreateRateLimitOptions): Counter {
    const instance = this.host.httpAdapter.getInstance<FastifyInstance>();
    return instance.createRateLimit({ ...options, timeWindow: this.environment.RATE_LIMIT_WINDOW * 1000 });
  }
}
