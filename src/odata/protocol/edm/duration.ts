import type { JsonValue } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { plainDecimal, storedDecimal } from './decimal.js';

const durationText = /^([+-])?P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,12}))?S)?)?$/i;

/**
 * The seconds of an ISO 8601 duration of days and smaller (`durationValue` of OData's ABNF), a decimal in stored form;
 * undefined where it is none. Twelve digits of a second are kept.
 */
export function parseDuration(text: string): JsonValue | undefined {
  const [whole, sign = '', days = 0, hours = 0, minutes = 0, seconds = 0, fraction = ''] =
    durationText.exec(text) ?? [];
  if (whole === undefined || /[PT]$/i.test(text)) return undefined;
  const total = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return storedDecimal(plainDecimal(`${sign}${total}${fraction === '' ? '' : `.${fraction}`}`));
}

/** The ISO 8601 duration of seconds, in its shortest form. */
export function printDuration(stored: JsonValue): string {
  const text = plainDecimal(stringifyJson(stored));
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(\.\d+)?$/.exec(text) ?? [];
  const total = BigInt(whole);
  const [days, hours, minutes] = [total / 86_400n, (total / 3600n) % 24n, (total / 60n) % 60n];
  const seconds = `${total % 60n}${fraction}`;
  const parts = [
    hours > 0n ? `${hours}H` : '',
    minutes > 0n ? `${minutes}M` : '',
    seconds === '0' ? '' : `${seconds}S`,
  ];
  const time = parts.join('');
  const day = days > 0n ? `${days}D` : '';
  if (day === '' && time === '') return 'PT0S';
  return `${sign}P${day}${time === '' ? '' : `T${time}`}`;
}
