import { Edm, type PrimitiveType } from '../../protocol/edm/primitive-types.js';
import { JsonNumber } from '../../protocol/json/json-value.js';
import type { CastFacets } from '../../protocol/query/bound.js';
import type { Dialect } from './dialect.js';
import type { Parameters } from './parameters.js';

/** Digits of a second that are kept. */
const mostDigits = 12;

/** Makes values of a type ones of a type definition (OData 4.01 URL Conventions 5.1.1.10.1): NULL where they do not fit. */
export class FacetCompiler {
  constructor(
    private readonly dialect: Dialect,
    private readonly parameters: Parameters,
  ) {}

  /** Rules 2, 4, 5 and 6, by the family of the type. */
  fitting(value: string, { family }: PrimitiveType, { maxLength, precision, scale, unicode }: CastFacets): string {
    switch (family) {
      case 'string':
      case 'binary':
        return this.#text(value, { unit: family === 'binary' ? '* 3 / 4' : '', maxLength, isAscii: unicode === false });
      case 'decimal':
        return this.dialect.rounded(value, { precision, scale });
      case 'duration':
        return this.dialect.rounded(value, { precision: undefined, scale: precision });
      case 'dateTimeOffset':
        return this.#moment(value, precision);
      case 'timeOfDay':
        return this.#clock(value, precision);
      default:
        return value;
    }
  }

  /** @param unit what is counted, behind the number of characters */
  #text(
    value: string,
    about: { readonly unit: string; readonly maxLength: number | undefined; readonly isAscii: boolean },
  ): string {
    const { unit, maxLength, isAscii } = about;
    const tests = [
      ...(maxLength === undefined ? [] : [`length(q.a) ${unit} <= ${maxLength}`]),
      ...(isAscii ? ['octet_length(q.a) = length(q.a)'] : []),
    ];
    return tests.length === 0
      ? value
      : this.dialect.once({ a: value }, `CASE WHEN ${tests.join(' AND ')} THEN q.a END`);
  }

  /** The nearest moment of so many digits of a second; NULL where that is none any more. */
  #moment(value: string, digits = mostDigits): string {
    if (digits >= mostDigits) return value;
    const half = new JsonNumber(`0.${'0'.repeat(digits)}5`);
    const types = [Edm.DateTimeOffset, Edm.Duration];
    const literal = this.dialect.literal(half, Edm.Decimal, this.parameters);
    const moved = this.dialect.functions.shiftMoment([value, literal], types);
    const kept = `substr(q.a, 1, ${digits === 0 ? 19 : 20 + digits})`;
    const whole = `CASE WHEN length(${kept}) > 19 THEN rtrim(rtrim(${kept}, '0'), '.') ELSE ${kept} END`;
    return this.dialect.once({ a: moved }, whole);
  }

  /** A time of day is one of any day; what would be the next day's is none. */
  #clock(value: string, digits = mostDigits): string {
    if (digits >= mostDigits) return value;
    const day = '2000-01-01';
    const moment = this.#moment(`('${day}T' || ${value})`, digits);
    return this.dialect.once({ a: moment }, `CASE WHEN substr(q.a, 1, 10) = '${day}' THEN substr(q.a, 12) END`);
  }
}
