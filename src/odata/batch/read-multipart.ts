import { randomUUID } from 'node:crypto';
import { parseHeaderList } from '../protocol/headers/header-lists.js';
import { ODataError } from '../protocol/odata-error.js';
import type { BatchItem, PartRequest } from './batch-request.js';
import { BatchRules } from './batch-rules.js';
import { readHttpRequest, readPart } from './http-message.js';
import { boundaryOf, MultipartParser } from './multipart-parser.js';
import type { PartUrls } from './part-url.js';

/** What a multipart batch is read with. */
export interface MultipartOptions {
  readonly boundary: string;
  readonly urls: PartUrls;
  /** Bytes of the whole body. */
  readonly bytes: number;
  /** Bytes of one part; a change set is one. */
  readonly partBytes: number;
  /** Requests of the whole batch. */
  readonly requests: number;
}

function mediaType(headers: Readonly<Record<string, string>>): {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
} {
  const [element] = parseHeaderList(headers['content-type'] ?? '');
  return { type: element?.value.toLowerCase() ?? '', parameters: element?.parameters ?? new Map() };
}

/** Reads the items of one multipart batch, one after the other, and holds them to the rules. */
class MultipartReader {
  readonly #rules: BatchRules;
  #count = 0;

  constructor(private readonly options: MultipartOptions) {
    this.#rules = new BatchRules(options.requests);
  }

  item(bytes: Buffer): BatchItem {
    this.#count += 1;
    return this.#at(`part ${this.#count}`, () => {
      const { headers, body } = readPart(bytes);
      const { type, parameters } = mediaType(headers);
      if (type !== 'multipart/mixed') return { kind: 'single', request: this.#request(headers, body, type) };
      const parser = new MultipartParser(boundaryOf(parameters), this.options.partBytes);
      const parts = parser.push(body);
      parser.end();
      const requests = parts.map((part, index) => this.#at(`request ${index + 1}`, () => this.#changeOf(part)));
      return { kind: 'group', id: `changeset_${randomUUID()}`, requests };
    });
  }

  #changeOf(part: Buffer): PartRequest {
    const { headers, body } = readPart(part);
    const { type } = mediaType(headers);
    if (type === 'multipart/mixed') throw new ODataError('malformedBatch', 'A change set must not hold another one.');
    const request = this.#request(headers, body, type);
    // 11.7.2: only modifications are grouped in this format.
    if (request.method === 'GET' || request.method === 'HEAD') {
      throw new ODataError('malformedBatch', `A change set must not hold ${request.method}.`);
    }
    return request;
  }

  #request(headers: Readonly<Record<string, string>>, body: Buffer, type: string): PartRequest {
    if (type !== 'application/http') {
      throw new ODataError(
        'malformedBatch',
        "Its Content-Type must be 'application/http' or, of a change set, 'multipart/mixed'.",
      );
    }
    const inner = readHttpRequest(body);
    // Some clients write it among the headers of the request.
    const id = headers['content-id'] ?? inner.headers['content-id'];
    const url = this.options.urls.resolve(inner.url, inner.headers.host);
    const request: PartRequest = {
      id,
      method: inner.method,
      url,
      headers: inner.headers,
      body: inner.body.length === 0 ? undefined : inner.body,
      dependsOn: this.#rules.referredTo(url, inner.headers, inner.body),
      declared: false,
      condition: undefined,
    };
    this.#rules.admit(request);
    const fault = this.#faultOf(request);
    return fault === undefined ? request : { ...request, fault };
  }

  /** What is wrong with its identifier or with what it refers to: nobody else's request is to suffer from it. */
  #faultOf(request: PartRequest): ODataError | undefined {
    try {
      this.#rules.identify(request);
      return undefined;
    } catch (error) {
      if (error instanceof ODataError) return error;
      throw error;
    }
  }

  /** Says in an error where it is. */
  #at<T>(place: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ODataError)) throw error;
      const { code, message } = error;
      throw new ODataError({ code, status: error.status }, `In ${place}: ${message}`.replace(': In ', ', '), {
        cause: error,
      });
    }
  }
}

/**
 * Reads a multipart batch (OData 4.01 Protocol 11.7.7.1) while it arrives.
 * @throws ODataError 400, 413 as soon as a fault has arrived
 */
export async function* readMultipart(
  body: AsyncIterable<Uint8Array>,
  options: MultipartOptions,
): AsyncGenerator<BatchItem, void, undefined> {
  const parser = new MultipartParser(options.boundary, options.partBytes);
  const reader = new MultipartReader(options);
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > options.bytes) {
      throw new ODataError('bodyTooLarge', `The batch has more than ${options.bytes} bytes.`);
    }
    for (const part of parser.push(chunk)) yield reader.item(part);
  }
  parser.end();
}
