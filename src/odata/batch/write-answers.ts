import { randomUUID } from 'node:crypto';
import type { Answered, AnsweredItem, PartAnswer } from './batch-request.js';
import { headerSpelling, writeHttpAnswer } from './http-message.js';

/** Writes what became of a batch, item by item. */
export interface AnswerWriter {
  readonly contentType: string;
  write(items: AsyncIterable<AnsweredItem>): AsyncGenerator<Buffer>;
}

/** The formats in which a batch can be asked for and answered. */
export type BatchFormat = 'multipart' | 'json';

function part(boundary: string, id: string | undefined, answer: PartAnswer): Buffer {
  const head = [
    `--${boundary}`,
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(id === undefined ? [] : [`Content-ID: ${id}`]),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), writeHttpAnswer(answer), Buffer.from('\r\n')]);
}

/** The answers of an item as one list; those of a batch in JSON are not nested (11.7.7.5). */
function flat(item: AnsweredItem): readonly { readonly id: string | undefined; readonly answer: PartAnswer }[] {
  switch (item.kind) {
    case 'single':
      return [{ id: item.request.id, answer: item.answer }];
    case 'group':
      return item.answers.map(({ request, answer }) => ({ id: request.id, answer }));
    case 'failed group':
      return item.all.map(({ request, answer }) => ({ id: request.id, answer }));
    case 'broken':
      return [{ id: undefined, answer: item.answer }];
  }
}

/** OData 4.01 Protocol 11.7.7.5. The boundary is the last parameter and without quotes: there are clients that need it so. */
export class MultipartWriter implements AnswerWriter {
  readonly #boundary = `batchresponse_${randomUUID()}`;
  readonly contentType = `multipart/mixed; boundary=${this.#boundary}`;

  /** @param requested the format of the request, whose structure the answer has */
  constructor(private readonly requested: BatchFormat) {}

  async *write(items: AsyncIterable<AnsweredItem>): AsyncGenerator<Buffer> {
    for await (const item of items) yield this.#item(item);
    yield Buffer.from(`--${this.#boundary}--\r\n`);
  }

  #item(item: AnsweredItem): Buffer {
    if (this.requested === 'json') {
      return Buffer.concat(flat(item).map(({ id, answer }) => part(this.#boundary, id, answer)));
    }
    switch (item.kind) {
      case 'single':
        return part(this.#boundary, item.request.id, item.answer);
      case 'group':
        return this.#changeSet(item.answers);
      case 'failed group':
        // One answer for the whole change set.
        return part(this.#boundary, item.blamed.request.id, item.blamed.answer);
      case 'broken':
        return part(this.#boundary, undefined, item.answer);
    }
  }

  #changeSet(answers: readonly Answered[]): Buffer {
    const boundary = `changesetresponse_${randomUUID()}`;
    return Buffer.concat([
      Buffer.from(`--${this.#boundary}\r\nContent-Type: multipart/mixed; boundary=${boundary}\r\n\r\n`),
      ...answers.map(({ request, answer }) => part(boundary, request.id, answer)),
      Buffer.from(`--${boundary}--\r\n`),
    ]);
  }
}

/**
 * OData JSON Format 4.01, 19.5.
 * Names of headers are in lower case. Clients of Microsoft Graph look for `Content-Type` in that spelling and take the body
 * for text without it; they say nothing of the versions of OData, so whoever does not gets it in both.
 */
export class JsonWriter implements AnswerWriter {
  constructor(
    readonly contentType: string,
    private readonly bothSpellings: boolean,
  ) {}

  async *write(items: AsyncIterable<AnsweredItem>): AsyncGenerator<Buffer> {
    let separator = '{"responses":[';
    for await (const item of items) {
      const group = item.kind === 'group' || item.kind === 'failed group' ? item.id : undefined;
      for (const { id, answer } of flat(item)) {
        yield Buffer.concat([Buffer.from(separator), this.#response(answer, { id, group })]);
        separator = ',';
      }
    }
    yield Buffer.from(separator === ',' ? ']}' : `${separator}]}`);
  }

  #response(
    { status, headers, body }: PartAnswer,
    { id, group }: { readonly id: string | undefined; readonly group: string | undefined },
  ): Buffer {
    const type = headers['content-type'];
    const named =
      this.bothSpellings && type !== undefined ? { [headerSpelling('content-type')]: type, ...headers } : headers;
    const head = JSON.stringify({ id, atomicityGroup: group, status, headers: named });
    if (body.length === 0) return Buffer.from(head);
    return Buffer.concat([Buffer.from(`${head.slice(0, -1)},"body":`), bodyOf(body, type ?? ''), Buffer.from('}')]);
  }
}

/** JSON as it is, text as a string, anything else in base64url (19.1). */
function bodyOf(body: Buffer, contentType: string): Buffer {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (/^application\/(?:json|.+\+json)$/.test(type)) return body;
  return Buffer.from(JSON.stringify(type.startsWith('text/') ? body.toString('utf8') : body.toString('base64url')));
}
