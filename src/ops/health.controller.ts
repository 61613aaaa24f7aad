import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { about } from './about.js';
import { Lifecycle } from './lifecycle.js';
import { AggregateStore, Public } from '../odata/index.js';

/** What a probe is told; which release answers shows how far an upgrade has come. */
interface Health {
  readonly status: string;
  readonly version: string;
  /** Where there are standbys: how many of them answer reads. */
  readonly standbys?: string;
}

function health(status: string): Health {
  return { status, version: about.version };
}

/** A service without its standbys serves: the primary does their work. */
function standbysOf({ load: { standbys } }: AggregateStore): Pick<Health, 'standbys'> {
  if (standbys === undefined) return {};
  const used = standbys.hosts.filter(({ unused }) => unused === undefined).length;
  return { standbys: `${used} of ${standbys.hosts.length}` };
}

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
  live(): Health {
    return health('live');
  }

  /** 200 where requests can be served; 503 while stopping, or while the store does not answer. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    if (this.lifecycle.stopping) {
      reply.status(503);
      return health('stopping');
    }
    try {
      await this.store.ping();
      return { ...health('ready'), ...standbysOf(this.store) };
    } catch {
      reply.status(503);
      return health('store unavailable');
    }
  }
}
