import type { JsonValue } from '../json/json-value.js';

const durationText = /^([+-])?P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/i;

/** The seconds of an ISO 8601 duration of days and smaller (`duration` of OData's ABNF); undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const [, sign, days = 0, hours = 0, minutes = 0, seconds = 0] = durationText.exec(text) ?? [undefined];
  if (!durationText.test(text) || /[PT]$/i.test(text)) return undefined;
  const total = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return sign === '-' && total !== 0 ? -total : total;
}

/** The ISO 8601 duration of seconds, in its shortest form. */
export function printDuration(stored: JsonValue): string {
  const total = Number(stored);
  const whole = Math.floor(Math.abs(total));
  // Rounded to what a double keeps of nine digits behind the point.
  const rest = Number((Math.abs(total) - whole).toFixed(9));
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  const seconds = Number(((whole % 60) + rest).toFixed(9));
  const parts = [hours > 0 ? `${hours}H` : '', minutes > 0 ? `${minutes}M` : '', seconds > 0 ? `${seconds}S` : ''];
  const time = parts.join('');
  const day = days > 0 ? `${days}D` : '';
  if (day === '' && time === '') return 'PT0S';
  return `${total < 0 ? '-' : ''}P${day}${time === '' ? '' : `T${time}`}`;
}
