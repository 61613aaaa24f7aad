import type { FastifyInstance } from 'fastify';
import type { Exchange } from '../http/exchange.js';
import { parseHeaderList } from '../protocol/headers/header-lists.js';
import { failures } from '../http/failure-log.js';
import { answerInside, errorAnswerOf, type InternalAnswer } from '../http/internal-request.js';
import type { PartAnswer } from './batch-request.js';
import type { ResolvedRequest } from './outcomes.js';

/** Headers that a request inherits from its batch where it has none of its own (OData 4.01 Protocol 8.1 and 8.2). */
const inheritedHeaders = [
  'accept-charset',
  'accept-language',
  'client-request-id',
  'content-language',
  'odata-maxversion',
  'odata-version',
  // How proxies say where the client sent the batch.
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
] as const;
/**
 * Preferences that it inherits (8.2.8.1, 8.2.8.4 and 8.2.8.6). What a batch is to return has no meaning for the batch
 * (8.2.8.7), but one for each request in it: there are clients that send it with every write.
 */
const inheritedPreferences: ReadonlySet<string> = new Set([
  'allow-entityreferences',
  'odata.allow-entityreferences',
  'include-annotations',
  'odata.include-annotations',
  'omit-values',
  'return',
]);
/**
 * Headers that a request of a batch has no say in: who sends it, and how its bytes travel (11.7.7.1). Clients that send
 * them with every request send them here too, so they are passed over.
 */
const ownHeaders =
  /^(?:authorization|proxy-.*|cookie|expect|from|max-forwards|range|te|trailer|upgrade|connection|keep-alive|host|accept-encoding|content-length|content-transfer-encoding|content-id|transfer-encoding|forwarded|x-forwarded-.*)$/;

/** Bytes of an answer that are gathered whatever else is. */
const alwaysHeld = 65_536;

/** Elements of a list header, those left out that a test names. */
function without(list: string | undefined, leaveOut: (name: string) => boolean): string | undefined {
  const elements = (list ?? '').match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  const kept = elements.filter((element) => {
    const [parsed] = parseHeaderList(element);
    return parsed !== undefined && !leaveOut(parsed.value.toLowerCase().split('=', 1)[0]?.trim() ?? '');
  });
  return kept.length === 0 ? undefined : kept.map((element) => element.trim()).join(', ');
}

/** Runs requests of a batch through the whole application, as if each had come on its own from the batch's caller. */
export class PartExecutor {
  readonly #inherited: Readonly<Record<string, string>>;
  readonly #prefer: string | undefined;

  constructor(
    private readonly instance: FastifyInstance,
    private readonly batch: Exchange,
  ) {
    const inherited: Record<string, string> = {};
    for (const name of inheritedHeaders) {
      const value = batch.header(name);
      if (value !== undefined) inherited[name] = value;
    }
    const accept = without(batch.header('accept'), (type) => type.startsWith('multipart/'));
    if (accept !== undefined) inherited.accept = accept;
    this.#inherited = inherited;
    this.#prefer = without(batch.header('prefer'), (name) => !inheritedPreferences.has(name));
  }

  /** Large answers take of the memory for answers until they are released. @throws ODataError 429, 503 */
  async execute(request: ResolvedRequest): Promise<PartAnswer> {
    const held = this.batch.heldApart();
    const release = (): void => held?.release();
    try {
      return {
        ...(await this.#answer(request, (bytes) => {
          if (bytes > alwaysHeld) held?.hold(bytes);
        })),
        release,
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  #answer(
    { method, path, headers, body }: ResolvedRequest,
    onGathered: (bytes: number) => void,
  ): Promise<InternalAnswer> {
    return answerInside(this.instance, this.batch.identity, {
      onGathered,
      purpose: 'part of a batch',
      isAbandoned: () => this.batch.isAbandoned,
      method,
      url: `${this.batch.settings.path}/${path}`,
      headers: this.#headersOf(headers),
      body,
      remoteAddress: this.batch.request.raw.socket.remoteAddress,
    });
  }

  /** The error response of a request that was not run. */
  answerTo(error: unknown): PartAnswer {
    const { version, request, clientRequestId } = this.batch;
    const answer = errorAnswerOf(error, { version, requestId: request.id, clientRequestId });
    if (answer.status >= 500 && answer.status !== 501) failures.write(error, request.log);
    return answer;
  }

  #headersOf(own: Readonly<Record<string, string>>): Record<string, string> {
    const { host = '' } = this.batch.request.raw.headers;
    const headers: Record<string, string> = { host, ...this.#inherited };
    for (const [name, value] of Object.entries(own)) if (!ownHeaders.test(name)) headers[name] = value;
    // 11.7.7.6: a request of a batch is never answered later than the batch.
    const preferences = [without(own.prefer, (name) => name === 'respond-async'), this.#prefer];
    const prefer = preferences.filter((one) => one !== undefined).join(', ');
    delete headers.prefer;
    return prefer === '' ? headers : { ...headers, prefer };
  }
}
