import type { EnumType } from '../edm/schema.js';

/** The bits of flags by their number, or undefined where it has others. */
function flagsOf(members: readonly string[], value: number): readonly string[] | undefined {
  return value < 2 ** members.length ? members.filter((_, bit) => Math.floor(value / 2 ** bit) % 2 === 1) : undefined;
}

/** An enumeration value by name, or by number in a string (OData JSON Format 4.01, 7.1); of flags, several names. */
export function memberOf({ members, flags }: EnumType, value: string): string | undefined {
  const isNumber = /^\d{1,10}$/.test(value);
  if (!flags) return isNumber ? members[Number(value)] : members.find((member) => member === value);
  if (isNumber) return flagsOf(members, Number(value))?.join();
  const named = value.split(',').map((name) => name.trim());
  if (named.some((name) => !members.includes(name))) return undefined;
  return members.filter((member) => named.includes(member)).join();
}
