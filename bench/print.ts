export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

/** One line of the result: what was measured, and its value to three digits. */
export function print(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(62)} ${value.toLocaleString('en', { maximumSignificantDigits: 3 }).padStart(8)} ${unit}`);
}
