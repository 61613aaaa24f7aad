import { type HeaderElement, parseHeaderList } from '../protocol/headers/header-lists.js';
import { bodyVersion } from '../protocol/headers/negotiate-version.js';
import type { Exchange } from '../http/exchange.js';
import { checkQueryOptions, noQuery } from '../operations/query-support.js';
import { ODataError } from '../protocol/odata-error.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { ODataVersion } from '../protocol/versions.js';
import type { BatchFormat } from './write-answers.js';

/** What was negotiated for a batch as a whole. */
export interface BatchProtocol {
  readonly requested: BatchFormat;
  readonly answered: BatchFormat;
  readonly version: ODataVersion;
  /** The parameters of the Content-Type. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Undefined where the client does not say; each format has its own default. */
  readonly continueOnError: boolean | undefined;
}

const mediaTypes: ReadonlyMap<string, BatchFormat> = new Map([
  ['multipart/mixed', 'multipart'],
  ['application/json', 'json'],
]);

/** The media types of batches (Capabilities.BatchSupport). */
export const batchMediaTypes: readonly string[] = [...mediaTypes.keys()];

function requestedFormat({ mediaType: type }: Exchange): Pick<BatchProtocol, 'requested' | 'parameters'> {
  const requested = mediaTypes.get(type?.value.toLowerCase() ?? '');
  if (requested !== undefined) return { requested, parameters: type?.parameters ?? new Map<string, string>() };
  throw new ODataError('mediaTypeNotSupported', `A batch must be ${batchMediaTypes.join(' or ')}.`, {
    target: 'Content-Type',
  });
}

function formatOf({ value }: HeaderElement, requested: BatchFormat): BatchFormat | undefined {
  const name = value.toLowerCase();
  if (name === '*/*') return requested;
  // The name without a type is one of `$format`.
  const ranges: Readonly<Record<string, string>> = {
    'multipart/*': 'multipart/mixed',
    'application/*': 'application/json',
    json: 'application/json',
  };
  return mediaTypes.get(ranges[name] ?? name);
}

/** What the format of an answer depends on. */
interface FormatChoice {
  readonly accept: string | undefined;
  /** Value of `$format`, which overrides Accept. */
  readonly option: string | undefined;
  readonly requested: BatchFormat;
  readonly version: ODataVersion;
}

/**
 * The format of the answer. Batches in JSON came with OData 4.01: an answer of 4.0 to a multipart batch is multipart, and
 * what a client of 4.0 accepts is what it accepts from each request in it.
 */
function answeredFormat({ accept, option, requested, version }: FormatChoice): BatchFormat {
  const asked = option ?? accept ?? '';
  if (asked.trim() === '') return requested;
  const formats = parseHeaderList(asked)
    .map((element) => ({ format: formatOf(element, requested), quality: Number(element.parameters.get('q') ?? '1') }))
    .filter(({ format, quality }) => format !== undefined && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  const format = formats[0]?.format;
  if (format === undefined) {
    throw new ODataError('formatNotSupported', 'A batch is answered in multipart/mixed or application/json.', {
      target: option === undefined ? 'Accept' : '$format',
    });
  }
  return option === undefined && requested === 'multipart' && version === '4.0' ? 'multipart' : format;
}

/** What a batch as a whole must not say: it is for each request to say (8.2.4 and 8.2.5). */
function refuseHeaders(exchange: Exchange): void {
  const found = (['if-match', 'if-none-match'] as const).find((name) => exchange.header(name) !== undefined);
  if (found !== undefined) {
    throw new ODataError('headerNotAllowed', `A batch must not have ${found}; the requests in it may.`, {
      target: found,
    });
  }
}

/**
 * Negotiates the formats and the version of a batch, and reads what it prefers.
 * @param checkSchema refuses a query that was made for another version of the schema
 * @throws ODataError 4xx; nothing of the batch is run then (11.7)
 */
export function negotiateBatch(exchange: Exchange, checkSchema: (query: Query) => void): BatchProtocol {
  refuseHeaders(exchange);
  const { requested, parameters } = requestedFormat(exchange);
  exchange.refuseIsolation();
  const { version, query, preferences } = exchange;
  bodyVersion(exchange.header('odata-version'), exchange.header('odata-maxversion'));
  checkQueryOptions(query, noQuery);
  checkSchema(query);
  const answered = answeredFormat({ accept: exchange.header('accept'), option: query.format, requested, version });
  return { requested, answered, version, parameters, continueOnError: preferences.continueOnError };
}
