import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** Bounds of what connections may take. Times are in seconds. */
export interface ConnectionBounds {
  /** Connections at one time, and of one address at one time; more are closed as they come. Defaults: 10000, 1000. */
  readonly connections: number;
  readonly perAddress: number;
  /** For the header fields of a request, and for a whole request with its body. Defaults: 20, 300. */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  /** Without a byte of a body or of the taking of an answer; and what these may take whatever their rate. Default: 20. */
  readonly stallTimeout: number;
  /** Bytes a second in which a body is to arrive, and an answer to be taken. Default: 1024. */
  readonly leastRate: number;
}

/** The bounds that hold where others are not said. */
export const defaultBounds: ConnectionBounds = {
  connections: 10_000,
  perAddress: 1000,
  headersTimeout: 20,
  requestTimeout: 300,
  stallTimeout: 20,
  leastRate: 1024,
};

/** How often connections are looked after, in milliseconds. */
const watchInterval = 250;
/**
 * More requests than this that wait on one connection are no client's. Where very many wait on all of them, one that has
 * more than a few is cut.
 */
const mostWaiting = 500;
const mostWaitingInAll = 2_000;
/** As many come to wait in one turn of the event loop before the same is so: what is cut waits no more, and took its time. */
const mostInTurn = 1_000;
const fewWaiting = 8;
/** Of a connection on which more wait no more is read. */
const wellWaiting = 250;
/** How long what a client sends unasked is passed over, so that it reads why, in milliseconds. */
const lingering = 10_000;

/** One connection: the answer that is under way on it, the requests that came behind, and how its client takes answers. */
interface Connection {
  current: ServerResponse | undefined;
  readonly waiting: (readonly [request: IncomingMessage, response: ServerResponse])[];
  /** Since when bytes wait to be taken, how many had been taken before, how many now, and since when it is so many. */
  behind: { readonly since: number; readonly from: number; taken: number; moved: number } | undefined;
  /** While the server stops: since when nothing has come. */
  silent: { readonly since: number; readonly bytesRead: number } | undefined;
}

function isBusy({ current, waiting }: Connection): boolean {
  return waiting.length > 0 || (current !== undefined && !current.writableFinished && !current.destroyed);
}

/** Node tells a write once the whole of it is done, and of a large one its handle only how much of it is. */
interface Handle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/** Bytes that the network has taken of what was written to a connection. */
function takenOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: Handle | null };
  return handle ? handle.bytesWritten - handle.writeQueueSize : 0;
}

/** What Node attaches to the connections of HTTP, and does not document. */
interface Parsed {
  readonly parser?: { onIncoming: (request: IncomingMessage) => number } | null;
}

/**
 * Closes a connection on which too many requests wait, and has its parser end: what was read with them, thousands of
 * requests in 64 KiB, would be parsed to its end before anybody else has a turn. A parser knows no other way to be stopped
 * than to be told that its connection is upgraded; where Node's has another shape, it only goes on.
 */
function cut(socket: Socket): void {
  const { parser } = socket as Socket & Parsed;
  if (parser) {
    parser.onIncoming = (request) => {
      Object.assign(request, { upgrade: false });
      return 2;
    };
  }
  socket.destroy();
}

/**
 * The connections of a server. Each has one request under way: those that a client sends before it has the answers wait for
 * them (RFC 9112, 9.3.2), and the connection is not read meanwhile. Clients that send or take bytes too slowly are cut.
 */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  readonly #perAddress = new Map<string, number>();
  /** Requests that wait, on all connections, and that came to wait in this turn of the event loop. */
  #waiting = 0;
  #inTurn = 0;
  #server: Server | undefined;

  constructor(readonly bounds: ConnectionBounds) {}

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Makes the server whose connections these are, for one handler of requests. */
  serve(handler: RequestListener): Server {
    const { connections, headersTimeout, requestTimeout, stallTimeout } = this.bounds;
    const server = createServer({
      headersTimeout: Math.min(headersTimeout, requestTimeout) * 1000,
      requestTimeout: requestTimeout * 1000,
      connectionsCheckingInterval: 1000,
      // What is wrong with a host is said as everything else is.
      requireHostHeader: false,
    });
    server.keepAliveTimeout = 72_000;
    server.maxConnections = connections;
    const arrive = (request: IncomingMessage, response: ServerResponse): void => {
      this.#arrive(request, response, handler);
    };
    server.on('request', arrive);
    // A body is asked for when it is read.
    server.on('checkContinue', arrive);
    server.on('connection', (socket: Socket) => {
      this.#add(socket);
    });
    server.setTimeout(stallTimeout * 1000, (socket: Socket) => {
      const connection = this.#open.get(socket);
      // The time of a first request, and of what is on its way, is bounded elsewhere; here it is what is not taken.
      if (connection?.current === undefined) return;
      if (socket.writableLength > 0 || !isBusy(connection)) socket.destroy();
    });
    const watch = setInterval(() => {
      this.#lookAfter();
    }, watchInterval).unref();
    server.once('close', () => {
      clearInterval(watch);
    });
    this.#server = server;
    return server;
  }

  /** Whether another request of the same connection waits for the answer that is under way. */
  hasWaiting(socket: Socket): boolean {
    return (this.#open.get(socket)?.waiting.length ?? 0) > 0;
  }

  /** Says something on a connection that is no answer: behind the answer that is under way, where that can be. */
  whenFree(socket: Socket, say: () => void): void {
    const connection = this.#open.get(socket);
    const current = connection !== undefined && isBusy(connection) ? connection.current : undefined;
    if (current === undefined || !(current.req.complete || current.headersSent)) say();
    else if (current.req.complete && connection?.waiting.length === 0) current.once('close', say);
    else socket.destroy();
  }

  /**
   * Takes no new connections, and waits until each that is open has ended: with the next answer, which says so, or by being
   * closed where nothing has come for a while. A connection on which a request may be under way already is never closed.
   * @param silence in milliseconds
   */
  async drain(silence: number): Promise<void> {
    // `Server.close` of HTTP would close at once what is idle, and may have been sent a request that is still on its way.
    if (this.#server?.listening === true) NetServer.prototype.close.call(this.#server);
    while (this.#open.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      // Behind the reading of what has arrived.
      await new Promise((resolve) => setImmediate(resolve));
      for (const [socket, connection] of this.#open) this.#endSilent(socket, connection, silence);
    }
  }

  #endSilent(socket: Socket, connection: Connection, silence: number): void {
    const { bytesRead } = socket;
    const now = performance.now();
    if (isBusy(connection)) connection.silent = undefined;
    else if (connection.silent?.bytesRead !== bytesRead) connection.silent = { since: now, bytesRead };
    else if (now - connection.silent.since >= silence) socket.destroySoon();
  }

  #add(socket: Socket): void {
    const { remoteAddress: address = '' } = socket;
    const others = this.#perAddress.get(address) ?? 0;
    if (others >= this.bounds.perAddress) {
      socket.destroy();
      return;
    }
    this.#perAddress.set(address, others + 1);
    this.#open.set(socket, { current: undefined, waiting: [], behind: undefined, silent: undefined });
    socket.once('close', () => {
      this.#open.delete(socket);
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    });
  }

  #arrive(request: IncomingMessage, response: ServerResponse, handler: RequestListener): void {
    const { socket } = request;
    const connection = this.#open.get(socket);
    // What came with those that were too many.
    if (connection === undefined || socket.destroyed) return;
    if (!isBusy(connection)) {
      connection.current = response;
      handler(request, response);
      return;
    }
    const { waiting } = connection;
    this.#waiting += 1;
    if (this.#inTurn++ === 0) setImmediate(() => (this.#inTurn = 0));
    const areMany = this.#waiting > mostWaitingInAll || this.#inTurn > mostInTurn;
    if (waiting.push([request, response]) > (areMany ? fewWaiting : mostWaiting)) cut(socket);
    else if (waiting.length === 1) this.#whenAnswered(socket, connection, handler);
    // What has been read waits in memory, the rest with the client. Node reads on at the end of each request.
    process.nextTick(() => {
      if (waiting.length > 0) socket.pause();
    });
  }

  #whenAnswered(socket: Socket, connection: Connection, handler: RequestListener): void {
    connection.current?.once('close', () => {
      const { waiting } = connection;
      // RFC 9112, 9.6: nothing is done behind an answer that ends the connection.
      const next = socket.destroyed || socket.writableEnded ? undefined : waiting.shift();
      this.#waiting -= next === undefined ? waiting.length : 1;
      if (next === undefined) {
        waiting.length = 0;
        return;
      }
      [, connection.current] = next;
      if (waiting.length === 0) socket.resume();
      else {
        socket.pause();
        this.#whenAnswered(socket, connection, handler);
      }
      handler(...next);
    });
  }

  /** A client may take its time, at the least rate; the first seconds are free. */
  #lookAfter(): void {
    const now = performance.now();
    const { leastRate, stallTimeout } = this.bounds;
    for (const [socket, connection] of this.#open) {
      // Of a connection that is not read nobody learns that its client has left: one more piece of it is.
      if (connection.waiting.length > 0 && connection.waiting.length < wellWaiting) socket.resume();
      if (socket.writableLength === 0) {
        connection.behind = undefined;
        continue;
      }
      const taken = takenOf(socket);
      const behind = (connection.behind ??= { since: now, from: taken, taken, moved: now });
      if (taken !== behind.taken) Object.assign(behind, { taken, moved: now });
      const allowed = stallTimeout + (taken - behind.from) / leastRate;
      // What the client sends meanwhile is no sign that it takes something.
      if (now - behind.since > allowed * 1000 || now - behind.moved > stallTimeout * 1000) socket.destroy();
    }
  }
}

/**
 * Has the connection of a request end with its answer, because its body is not wanted: what still comes of that is passed
 * over for a while, since a connection that is closed on unread bytes takes the answer with it (RFC 9112, 9.6).
 */
export function endAfterAnswer(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end();
    socket.setTimeout(0);
    socket.resume();
    const giveUp = setTimeout(() => socket.destroy(), lingering).unref();
    socket.once('end', () => socket.destroy()).once('close', () => clearTimeout(giveUp));
  };
}
