import type { Settings } from '../options.js';
import type { StreamProperty } from '../protocol/edm/model.js';
import { ODataError } from '../protocol/odata-error.js';
import { newStream, type StoredStream } from '../protocol/payload/stored-stream.js';
import type { AggregateStore } from '../store/aggregate-store.js';
import type { Caller } from './caller.js';
import type { MediaBody } from './entity-request.js';

/** A media type, with its parameters, as a header may say it (RFC 9110, 8.3.1). */
const mediaType =
  /^([\w!#$%&'*+.^`|~-]+)\/([\w!#$%&'*+.^`|~-]+)((?:[\t ]*;[\t ]*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[\t\x20-\x7e]*"))*)$/;
const longestType = 256;

/** Whether a media type, in lower case and without parameters, is in a range. */
function isIn(range: string, type: string): boolean {
  return range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));
}

/**
 * The media type of what is sent for a stream, as it is kept.
 * @throws ODataError 415 where none is said, or one that the stream does not accept (OData 4.01 Protocol 11.4.8.1)
 */
function typeFor({ accepts }: StreamProperty, said = ''): string {
  const [whole = '', type = '', subtype = ''] = mediaType.exec(said.trim()) ?? [];
  const target = 'Content-Type';
  if (whole === '' || whole.length > longestType)
    throw new ODataError('mediaTypeNotSupported', 'Content-Type must say the media type of the stream.', { target });
  const plain = `${type}/${subtype}`.toLowerCase();
  if (accepts?.some((range) => isIn(range, plain)) !== false) return whole;
  throw new ODataError('mediaTypeNotSupported', `The stream must be of the type ${accepts.join(' or ')}.`, { target });
}

/** Contents of streams on their way to the store and from there. Who may do it is the business of who asks. */
export class Streams {
  constructor(
    private readonly store: AggregateStore,
    private readonly bounds: Settings['media'],
  ) {}

  /**
   * Keeps what is sent for a stream; nothing refers to it yet.
   * @throws ODataError 413, 415, 507
   */
  async keep(
    stream: StreamProperty,
    { type: said, bytes, declared }: MediaBody,
    caller: Caller,
  ): Promise<StoredStream> {
    const type = typeFor(stream, said);
    const { streamBytes, tenantBytes } = this.bounds;
    const one = Math.min(streamBytes, stream.maxLength ?? streamBytes);
    const { tenant } = caller;
    const kept = await this.store.media.keep({ tenant, bytes, declared }, { one, ofTenant: tenantBytes });
    return newStream({ ...kept, type });
  }

  /** The bytes of a stream, from one place to before another, as they are taken. */
  read({ content }: StoredStream, from: number, end: number): AsyncIterable<Uint8Array> {
    return this.store.media.read(content, from, end);
  }
}
