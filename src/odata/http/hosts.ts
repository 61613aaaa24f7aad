import type { FastifyRequest } from 'fastify';
import { ODataError } from '../protocol/odata-error.js';

/** A name, an address of version 4, or one of version 6 in brackets; and a port. Hosts that exist have no other characters. */
const pattern = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** The host that was seen last: nearly all requests have the same. */
let seen: string | undefined;

function isHost(host: string): boolean {
  if (host === seen) return true;
  if (host.length > 300 || !pattern.test(host)) return false;
  seen = host;
  return true;
}

function fault(what: string, target: string): ODataError {
  return new ODataError('malformedRequest', `The request names ${what}.`, { target });
}

/**
 * What is wrong with the host of a request (RFC 9112, 3.2), or with what a proxy says of host and scheme. URLs in answers are
 * made of them.
 */
export function hostFault(request: FastifyRequest, trustsProxy: boolean): ODataError | undefined {
  const { headers, rawHeaders, httpVersion } = request.raw;
  let [fields, named] = [0, ''];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') [fields, named] = [fields + 1, rawHeaders[at + 1] ?? ''];
  }
  if (fields === 0 && httpVersion !== '1.0') return fault('no host', 'Host');
  if (fields > 1) return fault('two hosts', 'Host');
  // That of an absolute target comes in the place of the field.
  if ((fields === 1 && !isHost(named)) || !isHost(headers.host ?? '')) return fault('a host that is none', 'Host');
  if (!trustsProxy) return undefined;
  if (!isHost(request.host)) return fault('a host that is none', 'X-Forwarded-Host');
  if (request.protocol !== 'http' && (request.protocol as string) !== 'https')
    return fault('a scheme that is not http or https', 'X-Forwarded-Proto');
  return undefined;
}
