import { stringifyJson } from '../json/stringify-json.js';
import type { EnumType } from '../edm/schema.js';
import type { EntityType, NavigationProperty, Property, StructuredType } from '../edm/model.js';

/** The properties that a type declares itself; those of its base types are theirs. */
export function ownProperties(type: StructuredType): readonly Property[] {
  const inherited = type.baseType?.properties;
  return [...type.properties.values()].filter(({ name }) => inherited?.has(name) !== true);
}

/** The navigation properties that an entity type declares itself. */
export function ownNavigation(type: EntityType): readonly NavigationProperty[] {
  const inherited = type.baseType?.navigation;
  return [...type.navigation.values()].filter(({ name }) => inherited?.has(name) !== true);
}

/** The key, where the type declares it and not its base type. */
export function ownKey(type: EntityType): readonly string[] {
  return type.baseType === undefined || type.baseType.key.length === 0 ? type.key : [];
}

/** The facets of a property (OData CSDL 4.01, 7.2), as a reader of metadata must know them. */
export interface CsdlFacets {
  readonly maxLength?: number;
  /** Digits of a second that are kept; without it a reader takes none (7.2.3). */
  readonly precision?: number;
  /** Without it a reader of XML takes 0 (7.2.4). */
  readonly scale?: 'variable' | number;
  readonly unicode?: boolean;
}

const clocks: ReadonlySet<string> = new Set(['Edm.DateTimeOffset', 'Edm.TimeOfDay', 'Edm.Duration']);

export function facetsOf({ type, facets: { maxLength, precision, scale, unicode } }: Property): CsdlFacets {
  const digits = type.kind === 'primitive' && clocks.has(type.name) ? (precision ?? 12) : precision;
  return {
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(digits === undefined ? {} : { precision: digits }),
    ...(type.kind === 'primitive' && type.name === 'Edm.Decimal' ? { scale: scale ?? 'variable' } : {}),
    ...(unicode === undefined ? {} : { unicode }),
  };
}

/** What is meant where nothing is said, as a literal without prefix and quotes (7.2.7). */
export function defaultText({ type, default: value }: Property): string | undefined {
  if (value === undefined) return undefined;
  const json = type.kind === 'primitive' ? type.write(value) : value;
  return typeof json === 'string' ? json : stringifyJson(json);
}

/** What the metadata calls what becomes of related entities (8.6). */
export const onDeleteAction = { cascade: 'Cascade', restrict: 'None', setNull: 'SetNull' } as const;

/** The name of the one entity container of a model. */
export const containerName = 'Container';

/** The underlying type of an enumeration (10.1), where it is another one than what absence means. */
export function underlyingTypeOf({ underlying }: EnumType): string | undefined {
  return underlying.name === 'Edm.Int32' ? undefined : underlying.name;
}
