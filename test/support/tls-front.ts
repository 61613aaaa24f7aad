import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const file = (name: string): string => join(process.cwd(), 'test', 'fixtures', 'tls', name);

/** What clients of the TLS front must trust: a value of NODE_EXTRA_CA_CERTS. */
export const certificateAuthority = file('ca.pem');

/** A proxy that speaks TLS before a service that does not, as a deployment has one. */
export class TlsFront {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(target: string): Promise<TlsFront> {
    const keys = { key: readFileSync(file('server.key')), cert: readFileSync(file('server.pem')) };
    const server = createServer(keys, (incoming, outgoing) => {
      const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': incoming.headers.host };
      const { method, url, headers } = incoming;
      const onward = request(new URL(url!, target), { method, headers: { ...headers, ...forwarded } }, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TlsFront(server, `https://localhost:${(server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
