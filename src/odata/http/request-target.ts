import type { IncomingMessage } from 'node:http';
import { keysToSegments } from '../protocol/uri/entity-path.js';

/** The URL of a request, cut once. */
export interface RequestTarget {
  /** Without its query, as it was sent. */
  readonly path: string;
  /** Behind the question mark, as it was sent. */
  readonly query: string;
  /** The path that routes are looked up by. */
  readonly routed: string;
}

declare module 'node:http' {
  interface IncomingMessage {
    /** Set before anything else looks at the URL. */
    odataTarget?: RequestTarget;
  }
}

const encodedBatch = /^\/%24batch\/?$/i;
const eachMember = /\/\$each\/?$/;

/**
 * Both key styles reach the same routes: `set('x')/nav` becomes `set/x/nav`. What speaks of each member of a set begins
 * with `$each` there, so that no route takes it for the key of one. The query stays as it is.
 * @param root path of the service root
 */
export function cutTarget(url: string, root: string): RequestTarget {
  const at = url.indexOf('?');
  const [path, query] = at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
  if (!path.startsWith(`${root}/`)) return { path, query, routed: path };
  const behind = path.slice(root.length);
  // Some clients encode every `$`.
  if (encodedBatch.test(behind)) return { path, query, routed: `${root}/$batch` };
  return { path, query, routed: keysToSegments(eachMember.test(behind) ? `${root}/$each${behind}` : path) };
}

/** Cuts the URL of a request and keeps what came of it; gives the URL that is routed. */
export function rewriteUrl(request: IncomingMessage, root: string): string {
  const target = cutTarget(request.url ?? '/', root);
  request.odataTarget = target;
  return target.query === '' && !request.url?.includes('?') ? target.routed : `${target.routed}?${target.query}`;
}
