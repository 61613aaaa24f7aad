import { randomInt } from 'node:crypto';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';

/** What is kept of a stream in the document of its entity, under its name: where its content is, and what is known of it. */
export interface StoredStream extends JsonObject {
  /** What the store calls the content; made with it, and never used again for another one. */
  readonly content: string;
  /** Media type, with its parameters, as it was sent. */
  readonly type: string;
  /** In bytes. */
  readonly length: number;
  /** What its ETag says: another number for every content. */
  readonly etag: number;
}

/** What rules see of a stream. */
export interface StreamOfRules {
  readonly type: string;
  readonly length: number;
}

export function streamOfRules(value: JsonValue | undefined): StreamOfRules | null {
  const stream = storedStream(value);
  return stream === undefined ? null : { type: stream.type, length: stream.length };
}

/** The stream that a stored entity has under a name; undefined where it has none. */
export function storedStream(value: JsonValue | undefined): StoredStream | undefined {
  return isJsonObject(value) ? (value as StoredStream) : undefined;
}

/** What is to be kept of a content. */
export function newStream({ content, type, length }: Omit<StoredStream, 'etag'>): StoredStream {
  // Of an earlier content nobody's ETag fits, whatever clocks and processes do.
  return { content, type, length, etag: randomInt(1, 2 ** 48 - 1) } as StoredStream;
}

/** The strong ETag of a stream: a content never changes (RFC 9110, 8.8.1; OData 4.01 JSON Format 4.5.12). */
export function streamTag({ etag }: StoredStream): string {
  return `"${etag}"`;
}
