import { Validate, ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';
import { JsonNumber } from '../json/json-value.js';
import { plainDecimal } from './decimal.js';
import { Edm, type PrimitiveType } from './primitive-types.js';

/** The facets of a property that no decorator of class-validator says (OData CSDL 4.01, 7.2.3 to 7.2.6). */
export interface DeclaredFacets {
  /** Of an Edm.Decimal its digits that count, of a time those of its seconds, behind the point. */
  readonly precision?: number;
  /** Digits of an Edm.Decimal behind the point; of the precision so many are left before it. */
  readonly scale?: number;
  /** `false`: a text of ASCII characters only. */
  readonly unicode?: boolean;
  /** The spatial reference system of values of geography and geometry, or that each value may say its own (7.2.6). */
  readonly srid?: number | 'variable';
}

const clocks: ReadonlySet<unknown> = new Set([Edm.DateTimeOffset, Edm.TimeOfDay, Edm.Duration]);

function textOf(value: unknown): string {
  if (value instanceof JsonNumber) return plainDecimal(value.text);
  return typeof value === 'number' ? plainDecimal(String(value)) : String(value);
}

/** How many digits stand before and behind the point, those left out that say nothing. */
function digitsOf(value: unknown): readonly [before: number, behind: number] {
  const [whole = '', fraction = ''] = textOf(value).replace(/^-/, '').split('.');
  return [whole === '0' ? 0 : whole.length, fraction.length];
}

function fitsDecimal(value: unknown, { precision = Infinity, scale = Infinity }: DeclaredFacets): boolean {
  const [before, behind] = digitsOf(value);
  return behind <= scale && before + behind <= precision && (scale === Infinity || before <= precision - scale);
}

function fitsSeconds(value: unknown, { precision = 12 }: DeclaredFacets): boolean {
  const [, fraction = ''] = /\.(\d*?)0*(?:[^\d]|$)/.exec(textOf(value)) ?? [];
  return fraction.length <= precision;
}

function isAscii(value: unknown): boolean {
  return typeof value === 'string' && Buffer.byteLength(value) === value.length;
}

/** The number of the spatial reference system that GeoJSON says it is in (OData JSON Format 4.01, 7.1); undefined: none. */
function sridOf(value: unknown): number | undefined {
  const { crs } = value as {
    readonly crs?: { readonly type?: unknown; readonly properties?: { readonly name?: unknown } };
  };
  if (crs === undefined) return undefined;
  const [, number] = /^EPSG:(\d{1,9})$/.exec(String(crs.properties?.name)) ?? [];
  return crs.type === 'name' ? Number(number) : NaN;
}

function isInSystem(value: unknown, srid: number | 'variable' | undefined): boolean {
  const said = sridOf(value);
  return said === undefined || (srid === 'variable' ? !Number.isNaN(said) : said === srid);
}

/** @throws Error where a facet has no meaning for a type */
export function checkFacets(what: string, type: PrimitiveType, facets: DeclaredFacets): void {
  const { precision, scale, unicode, srid } = facets;
  if (srid !== undefined && type.family !== 'geo') throw new Error(`${what}: only geography and geometry have a srid`);
  if (typeof srid === 'number' && !(Number.isInteger(srid) && srid >= 0))
    throw new Error(`${what}: a srid is a whole number, or 'variable'`);
  const isDecimal = type === Edm.Decimal;
  if (precision !== undefined && !isDecimal && !clocks.has(type))
    throw new Error(`${what}: only Edm.Decimal and times have a precision`);
  if (scale !== undefined && !isDecimal) throw new Error(`${what}: only Edm.Decimal has a scale`);
  if (unicode !== undefined && type !== Edm.String) throw new Error(`${what}: only Edm.String has the facet unicode`);
  const isNumber = [precision, scale].every((one) => one === undefined || (Number.isInteger(one) && one >= 0));
  if (!isNumber || (isDecimal && precision === 0)) throw new Error(`${what}: precision and scale are whole numbers`);
  if (isDecimal && scale !== undefined && precision !== undefined && scale > precision)
    throw new Error(`${what}: a scale is not larger than the precision`);
  if (!isDecimal && (precision ?? 0) > 12) throw new Error(`${what}: seconds have twelve digits behind the point`);
}

/**
 * class-validator rule: values keep to the facets of their property.
 * @param what class and property, for errors
 * @throws Error where a facet has no meaning for the type
 */
export function FitsFacets(
  what: string,
  type: PrimitiveType,
  { facets, each }: { readonly facets: DeclaredFacets; readonly each: boolean },
): PropertyDecorator {
  checkFacets(what, type, facets);
  const { precision, scale, unicode, srid } = facets;
  const fits =
    type.family === 'geo'
      ? (value: unknown) => isInSystem(value, srid)
      : type === Edm.Decimal
        ? (value: unknown) => fitsDecimal(value, facets)
        : type === Edm.String
          ? (value: unknown) => unicode !== false || isAscii(value)
          : (value: unknown) => fitsSeconds(value, facets);
  const parts = [
    ...(precision === undefined ? [] : [`a precision of ${precision}`]),
    ...(scale === undefined ? [] : [`a scale of ${scale}`]),
    ...(unicode === false ? ['ASCII characters only'] : []),
    ...(srid === undefined ? [] : [`a crs of EPSG:${srid === 'variable' ? 'number' : srid}, or none`]),
  ];
  // A class of its own, so that it can be seen that it looks at nothing but the value.
  class Facets implements ValidatorConstraintInterface {
    validate(value: unknown): boolean {
      return fits(value);
    }

    defaultMessage(): string {
      return `$property must have ${parts.join(' and ')}`;
    }
  }
  ValidatorConstraint({ name: 'facets' })(Facets);
  return Validate(Facets, [facets], { each });
}
