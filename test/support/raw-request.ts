import { connect } from 'node:net';

/** An answer as it came over the connection. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends a request as it stands, which no client would write, on a connection of its own. @param head its lines */
export async function sendRaw(server: string, head: readonly string[], body = ''): Promise<RawAnswer> {
  const { hostname, port } = new URL(server);
  const answer = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${[...head, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`);
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks)));
    socket.on('error', reject);
  });
  const [before = '', ...behind] = answer.toString('latin1').split('\r\n\r\n');
  const [first = '', ...lines] = before.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(':');
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
  return { status: Number(first.split(' ')[1]), headers: new Headers(headers), text: behind.join('\r\n\r\n') };
}
