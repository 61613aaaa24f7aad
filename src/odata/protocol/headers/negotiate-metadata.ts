import { ODataError } from '../odata-error.js';
import type { ODataVersion } from '../versions.js';
import { parseHeaderList } from './header-lists.js';

type MetadataFormat = 'xml' | 'json';

const ranges: ReadonlyMap<string, MetadataFormat> = new Map([
  ['application/xml', 'xml'],
  ['xml', 'xml'],
  ['application/json', 'json'],
  ['json', 'json'],
  // Protocol 11.1.2: XML where the client takes either.
  ['application/*', 'xml'],
  ['*/*', 'xml'],
]);
/** Names that `$format` may have (OData 4.01 Protocol 11.2.11), and Accept may not. */
const abbreviations: ReadonlySet<string> = new Set(['xml', 'json']);

/**
 * Chooses the representation of the metadata document: XML, or JSON where it is asked for. CSDL in JSON came with 4.01: a
 * client of 4.0 that takes both alike is one that sends what it accepts of data with every request, and reads XML.
 * @param formatOption value of `$format`, which overrides Accept
 * @param version of the answer
 * @throws ODataError 406 where it is asked for neither
 */
export function negotiateMetadata(
  accept: string | undefined,
  formatOption: string | undefined,
  version: ODataVersion,
): MetadataFormat {
  const asked = formatOption ?? (accept?.trim() === '' ? undefined : accept);
  if (asked === undefined) return 'xml';
  const candidates = parseHeaderList(asked)
    .map(({ value, parameters }) => ({ name: value.toLowerCase(), quality: Number(parameters.get('q') ?? '1') }))
    .filter(({ name, quality }) => quality > 0 && (formatOption !== undefined || !abbreviations.has(name)))
    .sort((a, b) => b.quality - a.quality);
  const known = candidates.flatMap(({ name, quality }) => {
    const format = ranges.get(name);
    return format === undefined ? [] : [{ format, quality }];
  });
  const [best] = known;
  const isXmlAsGood = known.some(({ format, quality }) => format === 'xml' && quality === best?.quality);
  if (best !== undefined) return version === '4.0' && isXmlAsGood ? 'xml' : best.format;
  const target = formatOption === undefined ? 'Accept' : '$format';
  const message = `${target} accepts no format of the metadata document: application/xml or application/json.`;
  throw new ODataError('formatNotSupported', message, { target });
}
