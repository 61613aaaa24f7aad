import { stringifyJson } from '../json/stringify-json.js';
import type { EnumType, TypeDefinition } from '../edm/schema.js';
import type { EntityType, Facets, NavigationProperty, Property, StreamProperty, StructuredType } from '../edm/model.js';
import { mediaName, streamIn } from '../edm/streams.js';

/** The properties that a type declares itself; those of its base types are theirs. */
export function ownProperties(type: StructuredType): readonly Property[] {
  const inherited = type.baseType?.properties;
  return [...type.properties.values()].filter(({ name }) => inherited?.has(name) !== true);
}

/** The navigation properties that a type declares itself. */
export function ownNavigation(type: StructuredType): readonly NavigationProperty[] {
  const inherited = type.baseType?.navigation;
  return [...(type.navigation?.values() ?? [])].filter(({ name }) => inherited?.has(name) !== true);
}

/** The stream properties that a type declares itself. */
export function ownStreams(type: StructuredType): readonly StreamProperty[] {
  const all = type.kind === 'entity' ? [...(type.streams?.values() ?? [])] : [];
  return all.filter(
    ({ name }) => name !== mediaName && (type.baseType as EntityType | undefined)?.streams?.has(name) !== true,
  );
}

/** What the entities are about, where the type says it and not its base type (CSDL 6.4). */
export function ownMedia(type: StructuredType): StreamProperty | undefined {
  const base = type.baseType === undefined ? undefined : streamIn(type.baseType, mediaName);
  return base === undefined ? streamIn(type, mediaName) : undefined;
}

/** The key, where the type declares it and not its base type. */
export function ownKey(type: EntityType): readonly string[] {
  return type.baseType === undefined || type.baseType.key.length === 0 ? (type.declaredKey ?? type.key) : [];
}

/** The facets of a property (OData CSDL 4.01, 7.2), as a reader of metadata must know them. */
export interface CsdlFacets {
  readonly maxLength?: number;
  /** Digits of a second that are kept; without it a reader takes none (7.2.3). */
  readonly precision?: number;
  /** Without it a reader of XML takes 0 (7.2.4). */
  readonly scale?: 'variable' | number;
  readonly unicode?: boolean;
  readonly srid?: 'variable' | number;
}

const clocks: ReadonlySet<string> = new Set(['Edm.DateTimeOffset', 'Edm.TimeOfDay', 'Edm.Duration']);

/** The facets of a property; those of its type definition are that one's (11.1). */
export function facetsOf({ type, facets, definition }: Property): CsdlFacets {
  if (definition === undefined) return facetsOfType(type, facets);
  const said = { ...definition.facets, maxLength: definition.maxLength };
  const own = Object.entries(facets).filter(([name]) => said[name as keyof typeof said] === undefined);
  const { maxLength, precision, scale, unicode, srid }: Facets = Object.fromEntries(own);
  return defined({ maxLength, precision, scale, unicode, srid });
}

/** The facets of a type definition. */
export function facetsOfDefinition({ underlying, facets, maxLength }: TypeDefinition): CsdlFacets {
  return facetsOfType(underlying, { ...facets, ...(maxLength === undefined ? {} : { maxLength }) });
}

function facetsOfType(type: Property['type'], { maxLength, precision, scale, unicode, srid }: Facets): CsdlFacets {
  const digits = type.kind === 'primitive' && clocks.has(type.name) ? (precision ?? 12) : precision;
  const isDecimal = type.kind === 'primitive' && type.name === 'Edm.Decimal';
  const behind = isDecimal ? (scale ?? 'variable') : undefined;
  return defined({ maxLength, precision: digits, scale: behind, unicode, srid });
}

function defined(facets: { readonly [name in keyof CsdlFacets]: CsdlFacets[name] | undefined }): CsdlFacets {
  return Object.fromEntries(Object.entries(facets).filter(([, value]) => value !== undefined));
}

/** What is meant where nothing is said, as a literal without prefix and quotes (7.2.7). */
export function defaultText({ type, default: value }: Property): string | undefined {
  if (value === undefined) return undefined;
  const json = type.kind === 'primitive' ? type.write(value) : value;
  return typeof json === 'string' ? json : stringifyJson(json);
}

/** What the metadata calls what becomes of related entities (8.6). */
export const onDeleteAction = {
  cascade: 'Cascade',
  restrict: 'None',
  setNull: 'SetNull',
  setDefault: 'SetDefault',
} as const;

/** The name of the one entity container of a model. */
export const containerName = 'Container';

/** The underlying type of an enumeration (10.1), where it is another one than what absence means. */
export function underlyingTypeOf({ underlying }: EnumType): string | undefined {
  return underlying.name === 'Edm.Int32' ? undefined : underlying.name;
}
