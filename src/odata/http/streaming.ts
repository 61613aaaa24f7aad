import type { Model } from '../protocol/edm/model.js';
import { mediaName, streamIn } from '../protocol/edm/streams.js';
import { bindTarget } from '../protocol/query/bind-path.js';
import { requestContext } from '../protocol/query/request-context.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import type { Query } from '../protocol/uri/syntax-tree.js';

/** What a request does with the bytes of a stream: it is about one that an entity has, or makes a media entity of it. */
export type Streaming = 'existing' | 'new';

/** What of a request says where it leads. */
interface Led {
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  readonly settings: { readonly model: Model };
}

/** The last segment of a path, without a key in parentheses; empty where it is not well-formed. */
function lastName(path: string): string {
  try {
    return decodeURIComponent(/[^/]*$/.exec(path.replace(/\/$/, ''))?.[0] ?? '').split('(', 1)[0] ?? '';
  } catch {
    return '';
  }
}

/**
 * Whether a request is about the bytes of a stream: its body and its answer are what they are, whatever their types. Only a
 * name that streams have is looked at closer. What is wrong with the path is said by who handles the request.
 */
export function streamingOf({ method, path, query, settings: { model } }: Led): Streaming | undefined {
  const { streams } = model;
  if (streams === undefined) return undefined;
  const name = lastName(path);
  const mayBe = method === 'POST' ? streams.media.has(name) : name === mediaName || streams.properties.has(name);
  if (!mayBe) return undefined;
  try {
    const target = bindTarget(parsePath(path), requestContext(model, query));
    if (target.call !== undefined) return undefined;
    const bound = target.path;
    if (method !== 'POST') return bound.stream === undefined ? undefined : 'existing';
    const { item, collection } = bound.type;
    const isMedia = item?.kind === 'entity' && streamIn(item, mediaName) !== undefined;
    return collection && isMedia && bound.suffix === undefined && bound.function === undefined ? 'new' : undefined;
  } catch {
    return undefined;
  }
}
