import { Edm } from '../../src/odata/protocol/edm/primitive-types.js';
import { add, type Decimal, decimal, floor, negated } from './decimal.js';

const day = 86_400;

/** The seconds from 1970 to a stored date or moment, exactly. */
export function secondsOf(stored: string): Decimal {
  const [whole = '', fraction] = stored.split('.');
  const seconds = Date.parse(whole.includes('T') ? `${whole}Z` : `${whole}T00:00:00Z`) / 1000;
  return fraction === undefined ? decimal(seconds) : add(decimal(seconds), decimal(`0.${fraction}`));
}

/** The stored moment so many seconds after 1970; null outside of the years 0001 to 9999. */
function momentAt(seconds: Decimal): string | null {
  const whole = floor(seconds);
  if (typeof whole === 'string' || typeof seconds === 'string') return null;
  const milliseconds = Number(whole.digits) * 1000;
  if (!(milliseconds >= -62_135_596_800_000 && milliseconds < 253_402_300_800_000)) return null;
  const rest = add(seconds, negated(whole));
  const fraction =
    typeof rest === 'string' || rest.digits === 0n ? '' : `.${rest.digits.toString().padStart(rest.scale, '0')}`;
  return new Date(milliseconds).toISOString().slice(0, 19) + fraction;
}

/** URL Conventions 5.1.1.2.1; a date is moved as the moment of its midnight. */
export const shifted = (stored: string, by: Decimal): string | null => {
  const moved = momentAt(add(secondsOf(stored), by));
  return stored.includes('T') ? moved : (moved?.slice(0, 10) ?? null);
};

export const between = (left: string, right: string): Decimal => add(secondsOf(left), negated(secondsOf(right)));

/** An ISO 8601 duration, as `Edm.Duration` prints it. */
export function durationText(seconds: Decimal): string {
  if (typeof seconds === 'string') throw new Error('no duration');
  const unit = 10n ** BigInt(seconds.scale);
  const total = seconds.digits < 0n ? -seconds.digits : seconds.digits;
  const [whole, rest] = [total / unit, total % unit];
  const fraction = rest === 0n ? '' : `.${rest.toString().padStart(seconds.scale, '0')}`;
  const [d, h, m, s] = [whole / BigInt(day), (whole / 3600n) % 24n, (whole / 60n) % 60n, whole % 60n];
  const time = `${h > 0n ? `${h}H` : ''}${m > 0n ? `${m}M` : ''}${s > 0n || rest > 0n ? `${s}${fraction}S` : ''}`;
  if (d === 0n && time === '') return 'PT0S';
  return `${seconds.digits < 0n ? '-' : ''}P${d > 0n ? `${d}D` : ''}${time === '' ? '' : `T${time}`}`;
}

/** What a text says as one of a type: rule 3 of `cast`, and rule 11 (URL Conventions 5.1.1.10.1). */
export function literalOf(text: string, type: (typeof Edm)[keyof typeof Edm]) {
  if (type === Edm.Binary && !/^[A-Za-z0-9_-]*={0,2}$/.test(text)) return undefined;
  if (type === Edm.Decimal && !/^[+-]?\d{1,64}(\.\d{1,64})?(e[+-]?\d{1,3})?$/i.test(text)) return undefined;
  if (type !== Edm.DateTimeOffset) return type.parse(text);
  return type.parse(text) ?? type.parse(`${text}Z`);
}
