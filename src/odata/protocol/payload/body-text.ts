import { isAscii, isUtf8 } from 'node:buffer';
import type { HeaderElement } from '../headers/header-lists.js';
import { ODataError } from '../odata-error.js';

/** Makes text of bytes; undefined where they are not in the character set. */
type Decoder = (bytes: Buffer) => string | undefined;

/** What is no text of the character set is not replaced, as mojibake would be; a byte order mark is passed over. */
function utf16(name: 'utf-16le' | 'utf-16be'): Decoder {
  return (bytes) => {
    try {
      return new TextDecoder(name, { fatal: true }).decode(bytes);
    } catch {
      return undefined;
    }
  };
}

const utf8: Decoder = (bytes) => {
  if (!isUtf8(bytes)) return undefined;
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', isMarked ? 3 : 0);
};
const ascii: Decoder = (bytes) => (isAscii(bytes) ? bytes.toString('latin1') : undefined);
const [littleEndian, bigEndian] = [utf16('utf-16le'), utf16('utf-16be')];
/** RFC 2781, 4.3: big-endian where no byte order mark says otherwise. */
const byMark: Decoder = (bytes) => (bytes[0] === 0xff && bytes[1] === 0xfe ? littleEndian : bigEndian)(bytes);

/** By names in lower case, `utf8` among them: it is what many clients write. JSON has no others (RFC 8259, 8.1). */
const ofJson: ReadonlyMap<string, Decoder> = new Map([
  ['utf-8', utf8],
  ['utf8', utf8],
  ['us-ascii', ascii],
]);
const ofText: ReadonlyMap<string, Decoder> = new Map([
  ...ofJson,
  ['iso-8859-1', (bytes) => bytes.toString('latin1')],
  ['utf-16', byMark],
  ['utf-16le', littleEndian],
  ['utf-16be', bigEndian],
]);

/**
 * The text of a body, in the character set that its media type names, UTF-8 where it names none. All other parameters of a
 * media type that are not understood are ignored (RFC 2045, 5): `odata=verbose`, which clients of older versions send.
 * @throws ODataError 415 for a character set that is not read, 400 for bytes that are not in it
 */
export function bodyText(bytes: Buffer, mediaType: HeaderElement | undefined, kind: 'json' | 'text'): string {
  const charset = mediaType?.parameters.get('charset') ?? 'utf-8';
  const decoder = (kind === 'json' ? ofJson : ofText).get(charset.toLowerCase());
  if (decoder === undefined) {
    throw new ODataError('mediaTypeNotSupported', `The service does not read bodies with charset=${charset}.`, {
      target: 'Content-Type',
    });
  }
  const text = decoder(bytes);
  if (text !== undefined) return text;
  throw new ODataError('malformedJson', `The request body is not in ${charset.toUpperCase()}.`);
}
