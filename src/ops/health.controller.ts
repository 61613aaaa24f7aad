import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Lifecycle } from './lifecycle.js';
import { AggregateStore, Public } from '../odata/index.js';

/** Whether the process lives and whether it can serve, for the platform that runs it. */
@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly store: AggregateStore,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** The process answers. Says nothing of the store: a restart would not bring that back. */
  @Get('live')
  live(): { status: string } {
    return { status: 'live' };
  }

  /** 200 where requests can be served; 503 while stopping, or while the store does not answer. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<{ status: string }> {
    if (this.lifecycle.stopping) {
      reply.status(503);
      return { status: 'stopping' };
    }
    try {
      await this.store.ping();
      return { status: 'ready' };
    } catch {
      reply.status(503);
      return { status: 'store unavailable' };
    }
  }
}
