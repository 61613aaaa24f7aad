/**
 * `Edm.Single` (OData CSDL 4.01, 3.3): a value is the number of the fewest digits that is nearer to it than to any other, six
 * to nine of them. What is sent, kept, computed and answered is that number. Threads of SQLite run this file as it stands: it
 * imports nothing.
 */

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The single that is so many steps beside one. */
function beside(single: number, steps: number): number {
  float[0] = single;
  bits[0] = (bits[0] ?? 0) + steps;
  return float[0];
}

/** The nearest number of so many digits; of two that are as near the one whose last digit is even, as PostgreSQL has it. */
function rounded(single: number, digits: number): number {
  const farther = Number(single.toPrecision(digits));
  const nearer = 2 * single - farther;
  const isBetween = farther !== single && Number(nearer.toPrecision(digits)) === nearer;
  return isBetween && /[13579]e/.test(farther.toExponential(digits - 1)) ? nearer : farther;
}

/** The nearest single of a double; undefined where that is beyond all of them. */
export function nearestSingle(value: number): number | undefined {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return Number.isFinite(value) ? undefined : value;
  if (single === 0) return 0;
  const borders = [-1, 1].map((steps) => (single + beside(single, steps)) / 2);
  for (let digits = 1; digits < 9; digits++) {
    const short = rounded(single, digits);
    if (Math.fround(short) === single && !borders.includes(short)) return short;
  }
  return rounded(single, 9);
}
