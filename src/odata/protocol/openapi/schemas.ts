import { keyHolders } from '../edm/key-parts.js';
import type { EntityType, ItemType, Model, NavigationProperty, Property, StructuredType } from '../edm/model.js';
import type { EnumType } from '../edm/schema.js';
import { type DomainErrorCode, errorCodes } from '../error-codes.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';

/** A schema is for what is read, or for the body of a request that creates or updates. */
export type Variant = 'read' | 'create' | 'update';

const pattern = {
  time: '^([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,12})?)?$',
  duration: '^-?P(\\d+D)?(T(\\d+H)?(\\d+M)?(\\d+(\\.\\d+)?S)?)?$',
};

function integer(format: string, minimum: number, maximum: number): JsonObject {
  return { type: 'integer', format, minimum, maximum };
}

/** The JSON of primitive values (OData JSON Format 4.01, 7.1), in the formats of the OpenAPI registry. */
const primitives: Readonly<Record<string, JsonObject>> = {
  'Edm.Binary': { type: 'string', format: 'base64url' },
  'Edm.Boolean': { type: 'boolean' },
  'Edm.Byte': integer('uint8', 0, 255),
  'Edm.Date': { type: 'string', format: 'date' },
  'Edm.DateTimeOffset': { type: 'string', format: 'date-time' },
  // As strings where the client asks for IEEE754Compatible.
  'Edm.Decimal': { type: ['number', 'string'], format: 'decimal' },
  // As strings: INF, -INF, NaN.
  'Edm.Double': { type: ['number', 'string'], format: 'double' },
  'Edm.Duration': { type: 'string', pattern: pattern.duration },
  'Edm.Guid': { type: 'string', format: 'uuid' },
  'Edm.Int16': integer('int16', -32_768, 32_767),
  'Edm.Int32': integer('int32', -2_147_483_648, 2_147_483_647),
  'Edm.Int64': { type: ['integer', 'string'], format: 'int64' },
  'Edm.SByte': integer('int8', -128, 127),
  'Edm.Single': { type: ['number', 'string'], format: 'float' },
  'Edm.String': { type: 'string' },
  'Edm.TimeOfDay': { type: 'string', pattern: pattern.time },
};

/**
 * The control information that nearly every object has. Types that generators make of schemas are open where these have
 * patterns of properties: whatever else has an `@` in its name is let in by the names alone.
 */
function controls(...names: readonly ('context' | 'type' | 'etag')[]): Record<string, JsonObject> {
  const meanings = {
    context: 'URL that says what the answer is.',
    type: 'Name of the type, behind `#`.',
    etag: 'Version of the entity, for If-Match and If-None-Match.',
  };
  return Object.fromEntries(names.map((name) => [`@odata.${name}`, { type: 'string', description: meanings[name] }]));
}

/** The context of a document that is no entity. */
export const inContext: Record<string, JsonObject> = controls('context');

/** A reference to a component. */
export function ref(kind: 'schemas' | 'parameters' | 'responses' | 'headers', name: string): JsonObject {
  return { $ref: `#/components/${kind}/${name}` };
}

function orNull(schema: JsonObject): JsonObject {
  const { type, enum: values, ...others } = schema;
  if (type === undefined) return { anyOf: [schema, { type: 'null' }] };
  return { type: [type, 'null'].flat(), ...(Array.isArray(values) ? { enum: [...values, null] } : {}), ...others };
}

function described(schema: JsonObject, description: string | undefined): JsonObject {
  return description === undefined ? schema : { ...schema, description };
}

function nameOf({ qualifiedName }: StructuredType, variant: Variant): string {
  return variant === 'read' ? qualifiedName : `${qualifiedName}-${variant}`;
}

/** An entity that is gone: its key, and why (OData JSON Format 4.01, 15.3). */
export function removedSchema(type: EntityType): JsonObject {
  const reason: JsonObject = { type: 'string', enum: ['deleted', 'changed'] };
  const holders = keyHolders(type);
  const keys = [...type.properties.values()].filter(({ name }) => holders.includes(name));
  return {
    type: 'object',
    title: `Removed ${type.name}`,
    required: ['@removed', ...holders],
    properties: {
      '@removed': { type: 'object', properties: { reason } },
      ...Object.fromEntries(keys.map((property) => [property.name, propertySchema(property)])),
    },
  };
}

/** A value of a type, or of one derived from it. Complex values are the same in every variant. */
export function refTo(type: StructuredType, variant: Variant = 'read'): JsonObject {
  const own = type.kind === 'entity' ? variant : 'read';
  const possible = [type, ...type.derived]
    .filter(({ abstract }) => !abstract)
    .map((one) => ref('schemas', nameOf(one, own)));
  return possible.length === 1 && possible[0] !== undefined ? possible[0] : { anyOf: possible };
}

function itemSchema({ type, facets }: Property): JsonObject {
  if (type.kind === 'enum') return ref('schemas', type.qualifiedName);
  if (type.kind === 'complex') return refTo(type);
  const { maxLength, minLength, minimum, maximum, pattern, allowedValues, scale, unicode } = facets;
  const limits = {
    maxLength,
    minLength,
    minimum,
    maximum,
    pattern: pattern ?? (unicode === false ? '^[\\u0000-\\u007f]*$' : undefined),
    multipleOf: scale === undefined ? undefined : Number(`1e-${scale}`),
    enum: allowedValues as JsonValue | undefined,
  };
  const known = Object.entries(limits).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  return { ...(primitives[type.name] ?? { type: 'object' }), ...Object.fromEntries(known) };
}

/** The schema of a structural property. */
export function propertySchema(property: Property): JsonObject {
  const item = itemSchema(property);
  const schema = property.nullable ? orNull(item) : item;
  const { default: value, type } = property;
  const json = value !== undefined && type.kind === 'primitive' ? type.write(value) : value;
  const full = json === undefined ? schema : { ...schema, default: json };
  return described(property.collection ? { type: 'array', items: full } : full, property.description);
}

/** An entity reference (OData JSON Format 4.01, 14). */
const reference: JsonObject = {
  type: 'object',
  required: ['@id'],
  properties: { '@id': { type: 'string', format: 'uri-reference' } },
};

function navigationSchema(property: NavigationProperty, variant: Variant): JsonObject {
  const { type, collection, description, containsTarget, nullable } = property;
  const target = containsTarget || variant === 'read' ? refTo(type, variant) : reference;
  const one = nullable ? orNull(target) : target;
  return described(collection ? { type: 'array', items: target } : one, description);
}

/** What a complex value refers to, whatever body it is in: an entity where it is expanded, or made with it, or which one. */
function referenceSchema({ type, collection, description, nullable }: NavigationProperty): JsonObject {
  const target = {
    anyOf: [...[refTo(type)].flatMap((one) => (one.anyOf as JsonValue[] | undefined) ?? [one]), reference],
  };
  return described(collection ? { type: 'array', items: target } : nullable ? orNull(target) : target, description);
}

/** The schema of a parameter of an operation. */
export function parameterSchema(parameter: Property | NavigationProperty): JsonObject {
  return parameter.kind === 'property' ? propertySchema(parameter) : navigationSchema(parameter, 'create');
}

/** The schema of one value that an operation gives. */
export function operationTypeSchema(type: Exclude<ItemType, undefined>, nullable: boolean): JsonObject {
  const schema =
    type.kind === 'primitive'
      ? (primitives[type.name] ?? { type: 'object' })
      : type.kind === 'enum'
        ? ref('schemas', type.qualifiedName)
        : refTo(type);
  return nullable ? orNull(schema) : schema;
}

/** Whether a body of the variant may carry the property: what the service sets, and what stays as it is, it may not. */
function isIn(variant: Variant, type: StructuredType, { name, computed, immutable }: Property): boolean {
  const isKey = type.kind === 'entity' && type.key.includes(name);
  return variant === 'read' || (!computed && (variant === 'create' || !(immutable || isKey)));
}

function structuredSchema(type: StructuredType, variant: Variant): JsonObject {
  const properties = [...type.properties.values()].filter((property) => isIn(variant, type, property));
  // Updates do not reach into other entities.
  // What contains an entity is set by the service.
  const said = [...(type.navigation?.values() ?? [])].filter(({ isOwner }) => isOwner !== true || variant === 'read');
  const navigation = type.kind === 'complex' || variant !== 'update' ? said : [];
  const { description, longDescription, open } = type;
  const text = [description, longDescription].filter((part) => part !== undefined).join(' ');
  const names = [...properties, ...navigation].map(({ name }) => name);
  const isRead = type.kind === 'entity' && variant === 'read';
  const carried = [...(type.carries ?? [])].map(([name, property]) => [name, propertySchema(property)] as const);
  return {
    title: nameOf(type, variant).slice(type.qualifiedName.length - type.name.length),
    ...(text === '' ? {} : { description: text }),
    type: 'object',
    properties: Object.fromEntries([
      ...Object.entries(isRead ? controls('context', 'type', 'etag') : controls('type')),
      ...properties.map((property) => [property.name, propertySchema(property)] as const),
      ...navigation.map(
        (property) =>
          [
            property.name,
            type.kind === 'complex' ? referenceSchema(property) : navigationSchema(property, variant),
          ] as const,
      ),
      ...carried,
    ]),
    ...(open ? {} : { propertyNames: { anyOf: [{ enum: names }, { pattern: '@' }] } }),
  };
}

function enumSchema({ members, flags, description, memberDescriptions, name }: EnumType): JsonObject {
  const list = members.map((member) => {
    const text = memberDescriptions[member];
    return text === undefined ? `* \`${member}\`` : `* \`${member}\`: ${text}`;
  });
  return {
    title: name,
    description: [description ?? name, '', ...list].join('\n'),
    type: 'string',
    ...(flags ? {} : { enum: [...members] }),
  };
}

/** An error response (OData JSON Format 4.01, 21.1). */
function errorSchema(domain: readonly DomainErrorCode[]): JsonObject {
  const codes = [...Object.keys(errorCodes), ...domain.map(({ code }) => code)];
  const code: JsonObject = { type: 'string', enum: codes };
  const message: JsonObject = { type: 'string', description: 'What is wrong, for a developer.' };
  const target: JsonObject = { type: 'string', description: 'Path in the body, name of the header or query option.' };
  const detail: JsonObject = { type: 'object', required: ['code', 'message'], properties: { code, message, target } };
  const error: JsonObject = {
    type: 'object',
    required: ['code', 'message', 'innerError'],
    properties: {
      code: { type: 'string', description: 'The reason phrase of the status, in camelCase.' },
      message,
      target,
      details: { type: 'array', description: 'Every fault of the request.', items: detail },
      innerError: {
        type: 'object',
        required: ['date', 'request-id'],
        properties: {
          code,
          date: { type: 'string', description: 'When it happened, in UTC.' },
          'request-id': {
            type: 'string',
            format: 'uuid',
            description: 'Id under which the log of the service has more.',
          },
          position: { type: 'integer', description: 'Character of the path or query option that is at fault, from 1.' },
          'client-request-id': { type: 'string', description: 'Id that the client gave the request.' },
        },
      },
    },
  };
  return {
    title: 'error',
    description: 'What went wrong.',
    type: 'object',
    required: ['error'],
    properties: { error },
  };
}

/** Which entities a body can create or update, by type. */
export interface Writable {
  readonly create: ReadonlySet<EntityType>;
  readonly update: ReadonlySet<EntityType>;
}

/** Types whose schemas a body needs: those derived from its own, and what it may carry inline. */
function closure(types: ReadonlySet<EntityType>, inline: boolean): ReadonlySet<EntityType> {
  const found = new Set<EntityType>();
  const add = (type: EntityType): void => {
    if (found.has(type)) return;
    found.add(type);
    for (const derived of type.derived) add(derived);
    for (const { type: inner, containsTarget } of type.navigation.values()) if (inline && containsTarget) add(inner);
  };
  for (const type of types) add(type);
  return found;
}

/** The schemas of every type of a model that is not abstract. */
export function schemasOf(
  model: Model,
  { create, update }: Writable,
  domainCodes: readonly DomainErrorCode[],
): JsonObject {
  const writable = { create: closure(create, true), update: closure(update, false) };
  const concrete = [...model.entityTypes.values(), ...model.complexTypes.values()].filter(({ abstract }) => !abstract);
  const variantsOf = (type: StructuredType): Variant[] => [
    'read',
    ...(type.kind === 'entity' && writable.create.has(type) ? (['create'] as const) : []),
    ...(type.kind === 'entity' && writable.update.has(type) ? (['update'] as const) : []),
  ];
  return Object.fromEntries([
    ...concrete.flatMap((type) =>
      variantsOf(type).map((variant) => [nameOf(type, variant), structuredSchema(type, variant)]),
    ),
    ...[...model.enumTypes.values()].map((type) => [type.qualifiedName, enumSchema(type)]),
    ['error', errorSchema(domainCodes)],
  ]) as JsonObject;
}
