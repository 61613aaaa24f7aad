/** A part of a content, from its first byte to before its end. */
export interface ByteRange {
  readonly first: number;
  readonly end: number;
}

/**
 * The one part that `Range` asks for of a content (RFC 9110, 14.1.2): `none` where no byte of it is there; undefined where
 * the header is not heeded, because it is not well-formed, of another unit, or asks for several parts, which RFC 9110, 14.2
 * leaves to the service.
 */
export function rangeOf(header: string, length: number): ByteRange | 'none' | undefined {
  const [, from = '', to = ''] = /^bytes=[\t ]*(\d{0,15})-(\d{0,15})[\t ]*$/i.exec(header) ?? [];
  if (from === '' && to === '') return undefined;
  if (from === '') {
    const first = Math.max(0, length - Number(to));
    return Number(to) === 0 || length === 0 ? 'none' : { first, end: length };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return undefined;
  if (first >= length) return 'none';
  return { first, end: to === '' ? length : Math.min(Number(to) + 1, length) };
}
