import { ODataError } from '../protocol/odata-error.js';

/**
 * Where a request of a batch goes, relative to the service root and without a leading slash: a path with its query, or
 * what follows a reference to an earlier request.
 */
export type PartUrl =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'reference'; readonly id: string; readonly rest: string };

/** What identifiers of requests are made of (ABNF rule `request-id`). */
export const identifier = /^[\w\-.~]+$/;
const reference = /^(?:\$|%24)([\w\-.~]+)(?=[/?(]|$)/i;
/** 11.7.4: a name of the system is never a reference. */
const systemResources: ReadonlySet<string> = new Set(['batch', 'crossjoin', 'all', 'entity', 'root', 'id', 'metadata']);
const absolute = /^https?:\/\/([^/?#]*)([^]*)$/i;
const dotSegment = /(?:^|\/)(?:\.|%2e){1,2}(?=[/?]|$)/i;
/** What must not stand in a URL as it is (RFC 3986, 2): clients are careless with queries. */

const unsafe = /[^\x21-\x7e]|["#<>\\^`{|}]/gu;

function withoutDefaultPort(host: string): string {
  return host.toLowerCase().replace(/:(?:80|443)$/, '');
}

function malformed(message: string): ODataError {
  return new ODataError('malformedBatch', message);
}

/** Resolves the URLs of the requests of one batch (OData 4.01 Protocol 11.7.7.1, JSON Format 19.1). */
export class PartUrls {
  readonly #hosts: ReadonlySet<string>;
  readonly #roots: readonly string[];

  /**
   * @param host of the batch request
   * @param publicUrl base of the service as clients know it, where it is configured
   * @param root path of the service root
   */
  constructor({
    host,
    publicUrl,
    root,
  }: {
    readonly host: string;
    readonly publicUrl: string | undefined;
    readonly root: string;
  }) {
    const known = publicUrl === undefined ? undefined : new URL(publicUrl);
    this.#hosts = new Set([host, ...(known === undefined ? [] : [known.host])].map(withoutDefaultPort));
    const prefix = known?.pathname.replace(/\/+$/, '') ?? '';
    this.#roots = [...new Set([`${prefix}${root}`, root])];
  }

  /**
   * Where a URL leads: an absolute one, one relative to the host, to the service root, or to what an earlier request gave.
   * @param host that the request itself names
   * @throws ODataError 400 where it leads out of the service, or to a batch
   */
  resolve(text: string, host?: string): PartUrl {
    if (text === '' || !text.isWellFormed()) throw malformed('The URL is empty or not well-formed.');
    const [, authority, behind] = absolute.exec(text) ?? [];
    this.#checkHost(authority ?? host, text);
    const url = (authority === undefined ? text : `/${(behind ?? '').replace(/^\//, '')}`).replace(
      unsafe,
      encodeURIComponent,
    );
    const path = this.#behindRoot(url, authority !== undefined);
    const [, id] = reference.exec(path) ?? [];
    if (id !== undefined && !systemResources.has(id)) {
      return { kind: 'reference', id, rest: path.replace(reference, '') };
    }
    if (dotSegment.test(path.replace(/\?[^]*$/, '')))
      throw malformed(`The URL '${text.slice(0, 200)}' has dot segments.`);
    if (/^(?:\$|%24)batch\/?(?:\?|$)/i.test(path)) {
      throw new ODataError('nestedBatch', 'A request of a batch must not be a batch.');
    }
    return { kind: 'path', path };
  }

  #checkHost(host: string | undefined, text: string): void {
    if (host === undefined || this.#hosts.has(withoutDefaultPort(host))) return;
    throw malformed(`The URL '${text.slice(0, 200)}' leads to another host than the batch was sent to.`);
  }

  #behindRoot(url: string, isAbsolute: boolean): string {
    for (const root of this.#roots) {
      if (url === root || url.startsWith(`${root}?`)) return url.slice(root.length);
      if (url.startsWith(`${root}/`)) return url.slice(root.length + 1);
    }
    if (isAbsolute) throw malformed(`The URL '${url.slice(0, 200)}' leads out of the service.`);
    // Microsoft Graph and SAP's Cloud SDK write paths relative to the service root with a leading slash.
    return url.replace(/^\//, '');
  }
}
