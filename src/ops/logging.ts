import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';

/**
 * The process's logger: JSON lines on standard output. Authorization headers never reach it; the redaction is a second
 * lock on that door.
 * @param mixin gives what every line has beside its own
 */
export function createLogger(level: string, mixin?: () => object): Logger {
  return pino({
    level,
    ...(mixin === undefined ? {} : { mixin }),
    redact: { paths: ['req.headers', 'headers', '*.authorization'], remove: true },
  });
}

/** Sets what is logged from now on, and says so. */
export function changeLevel(logger: Logger, level: string): void {
  const before = logger.level;
  logger.level = level;
  logger.warn({ before, level }, 'the level of the log was changed');
}

/** Nest's own messages, in the same log. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  /** What the application itself reports it throws as well: whoever started it says it once. */
  error(message: unknown, stack?: string, context?: string): void {
    if ((context ?? stack) === 'NestApplication') return this.log(message, 'NestApplication');
    if (message instanceof Error) this.logger.error({ err: message, context }, message.message);
    else this.logger.error({ stack, context }, String(message));
  }
}
