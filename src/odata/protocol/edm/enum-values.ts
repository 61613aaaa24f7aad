import type { EnumType } from './schema.js';

/** A flag that stands for one bit. */
export type Bit = readonly [name: string, value: number];

function isBit(value: number): boolean {
  if (!Number.isSafeInteger(value)) return false;
  const bits = BigInt(value);
  return bits > 0n && (bits & (bits - 1n)) === 0n;
}

/** The flags of a type that stand for one bit each, of several for one the first: every value is made of them. */
export function bitsOf({ members, values }: EnumType): readonly Bit[] {
  return members.flatMap((name, at): readonly Bit[] => {
    const value = values[at] ?? 0;
    return isBit(value) && values.indexOf(value) === at ? [[name, value]] : [];
  });
}

/** The numeric value of a member. */
export function valueOfMember({ members, values }: EnumType, member: string): number | undefined {
  return values[members.indexOf(member)];
}

/** The numeric value of members in stored form. */
export function valueOfStored(type: EnumType, stored: string): number {
  const names = type.flags ? stored.split(',') : [stored];
  return names.reduce((sum, name) => sum + (valueOfMember(type, name) ?? 0), 0);
}

/**
 * The stored form of a numeric value: the name of the first member that has it; of flags the names of the bits that are set,
 * and what stands for none of them. Undefined where there is none.
 */
export function storedOfValue(type: EnumType, value: bigint): string | undefined {
  const { members, values, flags } = type;
  const named = members[values.findIndex((one) => BigInt(one) === value)];
  if (!flags || (value === 0n && named !== undefined)) return named;
  const set = bitsOf(type).filter(([, bit]) => (value & BigInt(bit)) !== 0n);
  const sum = set.reduce((all, [, bit]) => all | BigInt(bit), 0n);
  return sum === value ? set.map(([name]) => name).join() : undefined;
}

/**
 * The stored form of members by name or by number, as `enumValue` of OData's ABNF has them; undefined where one does not
 * exist, or where they are several and no flags.
 */
export function storedMembers(type: EnumType, text: string): string | undefined {
  if (!type.flags && !/^[+-]?\d/.test(text)) {
    const value = valueOfMember(type, text);
    return value === undefined ? undefined : type.members[type.values.indexOf(value)];
  }
  const parts = type.flags ? text.split(',').map((part) => part.trim()) : [text];
  let sum = 0n;
  for (const part of parts) {
    const value = valueOfMember(type, part);
    if (value === undefined && !/^[+-]?\d{1,19}$/.test(part)) return undefined;
    sum |= BigInt(value ?? part);
  }
  return storedOfValue(type, sum);
}

/** The values of members where a declaration says none: in their order. */
export function valuesInOrder(members: readonly string[], flags: boolean): readonly number[] {
  return members.map((_, at) => (flags ? 2 ** at : at));
}

/**
 * Holds the values of an enumeration type to what CSDL allows (OData CSDL 4.01, 10).
 * @throws Error naming type and member
 */
export function checkValues({ name, members, values, flags, underlying }: EnumType): void {
  const combined = values.reduce((all, value) => (isBit(value) ? all | BigInt(value) : all), 0n);
  for (const [at, member] of members.entries()) {
    const value = values[at] ?? NaN;
    if (underlying.read(value, { ieee754Compatible: false }) === undefined || !Number.isSafeInteger(value))
      throw new Error(`${name}.${member}: its value must be ${underlying.expects}`);
    if (flags && (value < 0 || (BigInt(value) & ~combined) !== 0n))
      throw new Error(`${name}.${member}: each bit of a flag must have a member that stands for it alone`);
  }
}
