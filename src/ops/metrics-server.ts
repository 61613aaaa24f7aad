import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Logger } from 'pino';
import { changeLevel } from './logging.js';
import type { Metrics } from './metrics.js';

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

function answer(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

/**
 * What operators ask of a process, on a port that clients do not reach: `GET /metrics` for Prometheus, `GET` and `PUT` of
 * `/log-level`. It asks nobody who they are.
 */
export class MetricsServer {
  readonly #server: Server;

  constructor(
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {
    this.#server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 72_000 }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        logger.error({ err: error }, 'the metrics cannot be told');
        if (!response.headersSent) answer(response, 500, 'The log has more.\n');
      });
    });
    this.#server.maxConnections = 100;
  }

  /** @returns where it serves. @throws Error of the system where it cannot listen */
  async listen(port: number, host: string): Promise<string> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    const { address, port: actual } = this.#server.address() as AddressInfo;
    return `http://${address.includes(':') ? `[${address}]` : address}:${actual}`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url } = request;
    if (url === '/metrics' && (method === 'GET' || method === 'HEAD')) {
      const { registry } = this.metrics;
      return answer(response, 200, await registry.metrics(), registry.contentType);
    }
    if (url === '/log-level' && method === 'GET') return answer(response, 200, `${this.logger.level}\n`);
    if (url === '/log-level' && method === 'PUT') return this.#setLevel(await text(request), response);
    answer(response, url === '/metrics' || url === '/log-level' ? 405 : 404, 'There are /metrics and /log-level.\n');
  }

  #setLevel(body: string, response: ServerResponse): void {
    const level = body.trim();
    if (!levels.includes(level)) return answer(response, 400, `The level is one of ${levels.join(', ')}.\n`);
    changeLevel(this.logger, level);
    answer(response, 200, `${level}\n`);
  }
}
