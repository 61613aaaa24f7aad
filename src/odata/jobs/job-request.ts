import type { Exchange } from '../http/exchange.js';
import type { Caller } from '../operations/caller.js';
import { type InternalAnswer, type InternalRequest } from '../http/internal-request.js';
import type { JsonObject } from '../protocol/json/json-value.js';

/** Headers of a request that matter when it is processed; its token is not among them. */
const keptHeaders = [
  'accept',
  'accept-charset',
  'accept-language',
  'client-request-id',
  'consistencylevel',
  'content-type',
  'host',
  'if-match',
  'if-none-match',
  'isolation',
  'odata-isolation',
  'odata-maxversion',
  'odata-version',
  'prefer',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
] as const;

/** A request to process later: what was sent, and on whose behalf. */
export interface JobRequest {
  readonly request: Omit<InternalRequest, 'isAbandoned'>;
  readonly caller: Caller;
  /** It is several transactions, which cannot be undone together. */
  readonly isBatch: boolean;
}

/** What a caller is called among jobs: a user and an application may share an id. */
export function callerName({ kind, id }: Caller): string {
  return `${kind}:${id}`;
}

/**
 * Takes from a request what processing it needs.
 * @param body whole, inflated
 */
export function jobRequest(
  exchange: Exchange,
  { body, isBatch }: { readonly body: Buffer | undefined; readonly isBatch: boolean },
): JobRequest {
  const { request, identity: caller, settings } = exchange;
  const owner = settings.ownerHeader?.name.toLowerCase();
  const kept = [...keptHeaders, ...(owner === undefined ? [] : [owner])].flatMap((name): [string, string][] => {
    const value = exchange.header(name);
    return value === undefined ? [] : [[name, value]];
  });
  const { method, originalUrl: url, ip: remoteAddress } = request;
  const headers = Object.fromEntries(kept);
  return { caller, isBatch, request: { purpose: 'job', method, url, headers, body, remoteAddress } };
}

/** A request in the form in which it is kept. */
export function keepRequest({ request, caller, isBatch }: JobRequest): JsonObject {
  const { method, url, headers, body, remoteAddress = '' } = request;
  const { tenant, id, kind, permissions } = caller;
  return {
    method,
    url,
    headers: { ...headers },
    remoteAddress,
    isBatch,
    body: body === undefined ? null : body.toString('base64'),
    caller: { tenant, id, kind, permissions: [...permissions] },
  };
}

interface KeptRequest extends Omit<InternalRequest, 'body' | 'purpose'> {
  readonly isBatch: boolean;
  readonly body: string | null;
  readonly caller: Omit<Caller, 'permissions'> & { readonly permissions: readonly string[] };
}

/** The request that was kept. */
export function keptRequest(kept: JsonObject): JobRequest {
  const { caller, isBatch, body, ...request } = kept as unknown as KeptRequest;
  return {
    caller: { ...caller, permissions: new Set(caller.permissions) },
    isBatch,
    request: { ...request, purpose: 'job', body: body === null ? undefined : Buffer.from(body, 'base64') },
  };
}

/** An answer in the form in which it is kept. */
export function keepAnswer({ status, headers, body }: InternalAnswer): JsonObject {
  return { status, headers: { ...headers }, body: body.toString('base64') };
}

/** The answer that was kept. */
export function keptAnswer(kept: JsonObject): InternalAnswer {
  const { status, headers, body } = kept as unknown as Omit<InternalAnswer, 'body'> & { readonly body: string };
  return { status, headers, body: Buffer.from(body, 'base64') };
}
