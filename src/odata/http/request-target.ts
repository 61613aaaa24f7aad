import type { IncomingMessage } from 'node:http';
import { keysToSegments } from '../protocol/uri/entity-path.js';
import { withSystemSegments } from '../protocol/uri/system-segments.js';

/** The URL of a request, cut once. */
export interface RequestTarget {
  /** Without its query, as it was sent. */
  readonly sent: string;
  /** The same without the `/$query` at its end; system segments begin with `$`, which may have been percent-encoded. */
  readonly path: string;
  /** Behind the question mark, as it was sent. */
  readonly query: string;
  /** The path that routes are looked up by. */
  readonly routed: string;
  /** Whether the rest of the query is in the body (OData 4.01 URL Conventions 4.17). */
  readonly asksByBody?: boolean;
}

declare module 'node:http' {
  interface IncomingMessage {
    /** Set before anything else looks at the URL. */
    odataTarget?: RequestTarget;
  }
}

const eachMember = /\/\$each\/?$/;
const querySegment = /\/\$query\/?$/i;

/**
 * Both key styles reach the same routes: `set('x')/nav` becomes `set/x/nav`. What speaks of each member of a set begins
 * with `$each` there, so that no route takes it for the key of one; so does what only the model can read: filters, keys
 * behind types, keys of aliases. So does, with `$query`, what is asked by a body. The query stays as it is.
 * @param root path of the service root
 */
export function cutTarget(url: string, root: string): RequestTarget {
  const at = url.indexOf('?');
  const [sent, query] = at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
  if (!sent.startsWith(`${root}/`)) return { sent, path: sent, query, routed: sent };
  const given = sent.slice(root.length);
  const behind = withSystemSegments(given);
  const path = behind === given ? sent : `${root}${behind}`;
  if (querySegment.test(behind)) {
    const asked = path.replace(querySegment, '');
    const routed = `${root}/$query/${keysToSegments(asked.slice(root.length + 1))}`;
    return { sent, path: asked, query, routed, asksByBody: true };
  }
  const segments = keysToSegments(behind.slice(1));
  const isForModel = eachMember.test(behind) || segments.includes('(') || segments.includes('%28');
  return { sent, path, query, routed: `${root}/${isForModel ? '$each/' : ''}${segments}` };
}

/** RFC 9112, 3.2.2: what a proxy is sent, and a server must accept. */
const absoluteForm = /^https?:\/\/(?:[^/?#@]*@)?([^/?#@]+)\/?([^]*)$/i;

/** The host and port at which a request has arrived, for one that names none: HTTP/1.0 knows no `Host`. */
function ownHost({ socket: { localAddress = 'localhost', localPort } }: IncomingMessage): string {
  const address = localAddress.replace(/^::ffff:/, '');
  const host = address.includes(':') ? `[${address}]` : address;
  return localPort === undefined ? host : `${host}:${localPort}`;
}

/**
 * The target of a request as a path with its query. The host of an absolute one takes the place of the header `Host`
 * (RFC 9112, 3.2.2); where there is none at all it is the address of the connection.
 */
function originForm(request: IncomingMessage): string {
  const { url = '/', headers } = request;
  const absolute = url.startsWith('/') ? null : absoluteForm.exec(url);
  if (absolute !== null) headers.host = absolute[1];
  if (headers.host === undefined || headers.host === '') headers.host = ownHost(request);
  if (absolute !== null) return `/${absolute[2] ?? ''}`;
  // `*`, which OPTIONS may ask about, is no resource.
  return url.startsWith('/') ? url : `/${url}`;
}

/** Cuts the URL of a request and keeps what came of it; gives the URL that is routed. */
export function rewriteUrl(request: IncomingMessage, root: string): string {
  const url = originForm(request);
  const target = cutTarget(url, root);
  request.odataTarget = target;
  return target.query === '' && !url.includes('?') ? target.routed : `${target.routed}?${target.query}`;
}

const systemSegment = /((?:\$|%24)[a-z]+)(?:\(|%28).*/i;

/** A path as it is logged: a query that stands in it, `$filter(…)`, may hold what a query holds. */
export function loggedPath(path: string): string {
  return path.replace(systemSegment, '$1(…)');
}
