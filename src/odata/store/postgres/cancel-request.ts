import { connect } from 'node:net';

/** How long a server is waited for, in milliseconds. */
const patience = 2000;

/** The code of a CancelRequest in the place of a protocol version (PostgreSQL documentation, 54.7). */
const cancelCode = 80_877_102;

/**
 * Asks a server to cancel what a session is running (PostgreSQL documentation, 54.2.8). It goes over a connection of its
 * own, without encryption and authentication, as libpq sends it: the secret is the session's. There is no answer, and no
 * promise that it came in time.
 */
export function requestCancel(
  { host, port }: { readonly host: string; readonly port: number },
  { processId, secretKey }: { readonly processId: number; readonly secretKey: number },
): void {
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  const message = Buffer.alloc(16);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(cancelCode, 4);
  message.writeInt32BE(processId, 8);
  message.writeInt32BE(secretKey, 12);
  // Where it cannot be sent, the server's own timeout ends the statement.
  socket.on('error', () => undefined);
  socket.setTimeout(patience, () => socket.destroy());
  socket.end(message);
}
