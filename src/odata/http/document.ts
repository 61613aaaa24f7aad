import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Exchange } from './exchange.js';

/** What is the same for every caller and depends on the release and its configuration only: bytes, and their ETag. */
export interface Document {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** A document of these contents. */
export function documentOf(contents: string | Buffer): Document {
  const bytes = Buffer.from(contents);
  return { bytes, etag: `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
}

/** Whether one of the listed entity tags is that of the document (RFC 9110, 13.1.2: weak comparison). */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^(?!W\/)/, 'W/')) ?? [];
  return ifNoneMatch?.trim() === '*' || tags.includes(etag);
}

/** Describes a document in the headers of its answer; gives the body, none where the client has it already (304). */
export function sendDocument({ bytes, etag }: Document, exchange: Exchange, reply: FastifyReply): Buffer | undefined {
  reply.headers({ etag, 'cache-control': 'public, max-age=300' });
  if (!isKnown(exchange.header('if-none-match'), etag)) return bytes;
  reply.status(304);
  return undefined;
}
