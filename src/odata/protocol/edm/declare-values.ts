import { checkValues, valuesInOrder } from './enum-values.js';
import { checkFacets, type DeclaredFacets } from './facet-rules.js';
import { Edm, type PrimitiveType } from './primitive-types.js';
import type { EnumType, SaidAnnotations, Schema, TypeDefinition } from './schema.js';

/** A member of an enumeration: what it means, its value, or both. */
export type DeclaredMember =
  string | number | { readonly value: number; readonly description?: string; readonly annotations?: SaidAnnotations };

/** What an enumeration type may say of itself beside its members. */
export interface EnumOptions {
  readonly description?: string;
  /** Whether values are several members at once (OData CSDL 4.01, 10.2). */
  readonly flags?: boolean;
  /** What the values are numbers of (10.1): a byte, or an integer of 16, 32 or 64 bits. Default: `Edm.Int32`. */
  readonly underlying?: PrimitiveType;
  readonly annotations?: SaidAnnotations;
}

const underlyingTypes: ReadonlySet<PrimitiveType> = new Set([Edm.Byte, Edm.SByte, Edm.Int16, Edm.Int32, Edm.Int64]);

/** The values that a declaration says; undefined where it says none. @throws Error where it says some */
function valuesSaid(name: string, members: readonly DeclaredMember[]): readonly number[] | undefined {
  const said = members.map((one) => (typeof one === 'object' ? one.value : one));
  const values = said.filter((one) => typeof one === 'number');
  if (values.length === 0) return undefined;
  if (values.length === members.length) return values;
  throw new Error(`${name}: either each member has a value, or none`);
}

/**
 * Declares an enumeration type of the schema.
 * @param members the names in their order, with what each means, or with its value
 * @throws Error naming type and member, where a value cannot be
 */
export function enumType<const Member extends string>(
  schema: Schema,
  name: string,
  members: readonly Member[] | Readonly<Record<Member, DeclaredMember>>,
  { description, flags = false, underlying = Edm.Int32, annotations }: EnumOptions = {},
): EnumType<Member> {
  const listed = Array.isArray(members) ? (members as readonly Member[]) : undefined;
  const names = listed ?? (Object.keys(members) as Member[]);
  const declared = listed === undefined ? Object.values<DeclaredMember>(members as Record<Member, DeclaredMember>) : [];
  const described = names.flatMap((one, at): [string, string][] => {
    const { description: text } = typeof declared[at] === 'object' ? declared[at] : { description: declared[at] };
    return typeof text === 'string' ? [[one, text]] : [];
  });
  if (!underlyingTypes.has(underlying)) throw new Error(`${name}: it needs an integer type, not ${underlying.name}`);
  const type: EnumType<Member> = {
    kind: 'enum',
    name,
    qualifiedName: schema.qualify(name),
    members: names,
    values: valuesSaid(name, declared) ?? valuesInOrder(names, flags),
    underlying,
    flags,
    ...(description === undefined ? {} : { description }),
    memberDescriptions: Object.fromEntries(described) as EnumType<Member>['memberDescriptions'],
    said: annotations,
    saidOfMembers: new Map(
      names.flatMap((one, at) => {
        const member = declared[at];
        const said = typeof member === 'object' ? member.annotations : undefined;
        return said === undefined ? [] : [[one, said]];
      }),
    ),
  };
  checkValues(type);
  schema.enums.push(type);
  return type;
}

/** What a type definition says of its values: the facets of its underlying type. */
export interface DefinitionOptions extends DeclaredFacets {
  readonly maxLength?: number;
  readonly description?: string;
  readonly annotations?: SaidAnnotations;
}

/**
 * Declares a type definition (OData CSDL 4.01, 11): a primitive type with a name and facets of its own. Properties of it keep to
 * its facets; in URLs and bodies its values are those of the underlying type.
 */
export function typeDefinition(
  schema: Schema,
  name: string,
  underlying: PrimitiveType,
  { description, maxLength, annotations, ...facets }: DefinitionOptions = {},
): TypeDefinition {
  const definition: TypeDefinition = {
    kind: 'definition',
    name,
    qualifiedName: schema.qualify(name),
    underlying,
    facets,
    maxLength,
    description,
    said: annotations,
  };
  if (maxLength !== undefined && underlying !== Edm.String) throw new Error(`${name}: only Edm.String has a maxLength`);
  checkFacets(name, underlying, facets);
  schema.definitions.push(definition);
  return definition;
}
