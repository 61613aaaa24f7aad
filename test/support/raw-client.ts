import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that writes what it likes, and reads when it is told to. */
export class RawClient {
  /** Everything that has been read. */
  text = '';
  /** Fulfilled once the connection has ended. */
  readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (chunk: string) => (this.text += chunk));
    // One that is reset is closed too.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** @param url of the service; what is behind its port does not matter */
  static async connect(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Writes a request head, and what of the body is given. */
  send(first: string, headers: Readonly<Record<string, string | number>> = {}, body: string | Buffer = ''): void {
    const fields = Object.entries({ host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`${first} HTTP/1.1\r\n${fields.join('')}\r\n`);
    if (body.length > 0) this.socket.write(body);
  }

  /** Waits until what was read has something; fails where the connection ends without it. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (let isClosed = false; ;) {
      const match = pattern.exec(this.text);
      if (match !== null) return match;
      if (isClosed) throw new Error(`The connection ended, and ${pattern} was not said: ${this.text.slice(0, 2000)}`);
      const more = once(this.socket, 'data').then(() => false);
      isClosed = await Promise.race([more, this.closed.then(() => true)]);
    }
  }

  /** The status of its first answer, once there is one. */
  async status(): Promise<number> {
    const [, status] = await this.said(/^HTTP\/1\.1 (\d{3}) /);
    return Number(status);
  }

  leave(): void {
    this.socket.destroy();
  }
}
