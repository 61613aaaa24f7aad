import { createHash } from 'node:crypto';

/** A name of a schema: PostgreSQL cuts off what is longer than 63 bytes. */
export function shortName(name: string): string {
  if (Buffer.byteLength(name) <= 63) return name;
  return `${name.slice(0, 50)}_${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}
