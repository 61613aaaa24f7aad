import { ODataError } from '../odata-error.js';
import { type MetadataLevel, metadataLevels } from '../payload/payload-format.js';
import type { ODataVersion } from '../versions.js';
import { type HeaderElement, parseHeaderList } from './header-lists.js';

/** The JSON format of an answer, as the client asked for it (OData JSON Format 4.01, 3). */
export interface AnswerFormat {
  readonly metadata: MetadataLevel;
  readonly ieee754Compatible: boolean;
  /** The client asked for the order that allows streaming; every payload has it (OData JSON Format 4.01, 4.4). */
  readonly streaming: boolean;
  /** The client asked for a character set, so the answer names it (OData 4.01 Protocol 8.2.1). */
  readonly charset: boolean;
}

/** The format of an answer to a client that asked for nothing. */
export const defaultFormat: AnswerFormat = {
  metadata: 'minimal',
  ieee754Compatible: false,
  streaming: false,
  charset: false,
};

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);
const levels: readonly string[] = metadataLevels;

/** The formats of answers, as media types with the parameters that matter (Capabilities.SupportedFormats). */
export const supportedFormats: readonly string[] = levels.flatMap((level) =>
  [...booleans.keys()].map((flag) => `application/json;odata.metadata=${level};IEEE754Compatible=${flag}`),
);

const jsonRanges: readonly string[] = ['*/*', 'application/*', 'application/json'];

/** The format that one element of Accept asks for, or undefined where it is not one that the service writes. */
function formatOf({ value, parameters }: HeaderElement): AnswerFormat | undefined {
  if (!jsonRanges.includes(value.toLowerCase())) return undefined;
  let format = defaultFormat;
  for (const [parameter, text] of parameters) {
    const setting = settingOf(parameter.replace(/^odata\./, ''), text.toLowerCase());
    if (setting === undefined) return undefined;
    format = { ...format, ...setting };
  }
  return format;
}

/** 3.: names and values of format parameters are case-insensitive; unknown ones must be refused (Protocol 8.2.1). */
function settingOf(name: string, value: string): Partial<AnswerFormat> | undefined {
  const flag = booleans.get(value);
  switch (name) {
    case 'q':
      return {};
    case 'metadata':
      return levels.includes(value) ? { metadata: value as MetadataLevel } : undefined;
    case 'ieee754compatible':
      return flag === undefined ? undefined : { ieee754Compatible: flag };
    case 'streaming':
      return flag === undefined ? undefined : { streaming: flag };
    case 'exponentialdecimals':
      return flag === undefined ? undefined : {};
    case 'charset':
      return value === 'utf-8' ? { charset: true } : undefined;
    default:
      return undefined;
  }
}

function quality({ parameters }: HeaderElement): number {
  const q = Number(parameters.get('q') ?? '1');
  return Number.isNaN(q) ? 1 : q;
}

function notAcceptable(target: string): ODataError {
  return new ODataError(
    'formatNotSupported',
    `${target} accepts no format that the service writes: application/json in UTF-8, with the parameters ` +
      'metadata=none|minimal|full, IEEE754Compatible, streaming and ExponentialDecimals.',
    { target },
  );
}

function bestOf(header: string, target: string): AnswerFormat {
  const elements = parseHeaderList(header);
  // RFC 9110, 12.5.1: what is refused by its name is not accepted by a range around it.
  const isRefused = elements.some(
    (element) =>
      element.value.toLowerCase() === 'application/json' &&
      quality(element) === 0 &&
      [...element.parameters.keys()].every((name) => name === 'q'),
  );
  const candidates = elements
    .filter((element) => !isRefused || !element.value.includes('*'))
    .map((element) => ({ format: formatOf(element), quality: quality(element) }))
    .filter((candidate) => candidate.format !== undefined && candidate.quality > 0)
    .sort((a, b) => b.quality - a.quality);
  const [best] = candidates;
  if (best?.format === undefined) throw notAcceptable(target);
  return best.format;
}

/**
 * Chooses the format of an answer (OData 4.01 Protocol 8.2.1 to 8.2.2 and 11.2.11).
 * @param formatOption value of `$format`, which overrides Accept
 * @throws ODataError 406 where the client accepts nothing that the service writes
 */
export function negotiateFormat(
  accept: string | undefined,
  acceptCharset: string | undefined,
  formatOption: string | undefined,
): AnswerFormat {
  const format = chooseFormat(accept, formatOption);
  if (acceptCharset === undefined || acceptCharset.trim() === '') return format;
  const charsets = parseHeaderList(acceptCharset).filter((element) => quality(element) > 0);
  if (!charsets.some(({ value }) => value === '*' || value.toLowerCase() === 'utf-8')) {
    throw notAcceptable('Accept-Charset');
  }
  return { ...format, charset: true };
}

function chooseFormat(accept: string | undefined, formatOption: string | undefined): AnswerFormat {
  if (formatOption !== undefined) {
    return formatOption.toLowerCase() === 'json' ? defaultFormat : bestOf(formatOption, '$format');
  }
  return accept === undefined || accept.trim() === '' ? defaultFormat : bestOf(accept, 'Accept');
}

/** The Content-Type of an answer: `metadata` always, the other parameters only where the client asked for them. */
export function contentType(format: AnswerFormat, version: ODataVersion): string {
  const prefix = version === '4.0' ? 'odata.' : '';
  return [
    `application/json;${prefix}metadata=${format.metadata}`,
    ...(format.streaming ? [`${prefix}streaming=true`] : []),
    ...(format.ieee754Compatible ? ['IEEE754Compatible=true'] : []),
    ...(format.charset ? ['charset=utf-8'] : []),
  ].join(';');
}
