import type { EntityType, Model, ModelStreams, StreamProperty, StructuredType } from './model.js';
import type { StreamDeclaration, StreamOptions, TypeDeclaration } from './schema.js';

/** The name of the media of a media entity among the streams of its type, and in its document: no property has it. */
export const mediaName = '$value';

const token = "[\\w!#$%&'*+.^`|~-]+";
const mediaRange = new RegExp(`^(?:\\*/\\*|${token}/(?:\\*|${token}))$`);

function streamOf(
  what: string,
  { name, description, accepts, maxLength }: StreamDeclaration,
): readonly [name: string, stream: StreamProperty] {
  const malformed = accepts?.find((range) => !mediaRange.test(range));
  if (malformed !== undefined) throw new Error(`${what}: '${malformed}' is no media type, and no range of them`);
  if (accepts?.length === 0) throw new Error(`${what}: nothing would be accepted`);
  if (maxLength !== undefined && !(Number.isSafeInteger(maxLength) && maxLength > 0))
    throw new Error(`${what}: maxLength must be a positive number of bytes`);
  const ranges = accepts?.map((range) => range.toLowerCase());
  return [name, { kind: 'stream', name, description, accepts: ranges, maxLength }];
}

/** What a class declares of streams. */
export interface DeclaredStreams {
  readonly declaration: Pick<TypeDeclaration, 'kind' | 'class' | 'media'>;
  readonly own: readonly StreamDeclaration[];
  readonly base: EntityType | undefined;
  /** Names of its properties, and of what it leads to, those of the base types too. */
  readonly taken: ReadonlySet<string>;
}

/**
 * The streams of an entity type, those of its base type first; undefined where it has none.
 * @throws Error with class and member for what cannot be
 */
export function streamsOf({
  declaration: { kind, class: target, media },
  own,
  base,
  taken,
}: DeclaredStreams): ReadonlyMap<string, StreamProperty> | undefined {
  const [first] = own;
  if (kind === 'complex' && (first !== undefined || media !== undefined))
    throw new Error(`${target.name}${first === undefined ? '' : `.${first.name}`}: only entity types have streams`);
  if (media !== undefined && base?.streams?.has(mediaName) === true)
    throw new Error(`${target.name}: its base class is a media entity already`);
  const inherited = [...(base?.streams?.keys() ?? [])];
  const names = [...inherited, ...own.map(({ name }) => name)];
  const twice = names.find((name, at) => taken.has(name) || names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`${target.name}.${twice}: the name is that of a stream, and taken`);
  const streams = new Map(base?.streams);
  if (media !== undefined) streams.set(...streamOf(target.name, mediaStream(media)));
  for (const one of own) streams.set(...streamOf(`${target.name}.${one.name}`, one));
  return streams.size === 0 ? undefined : streams;
}

function mediaStream(options: StreamOptions): StreamDeclaration {
  return { ...options, name: mediaName, description: undefined };
}

/** A stream of a structured type; undefined where it has none of the name. */
export function streamIn(type: StructuredType, name: string): StreamProperty | undefined {
  return type.kind === 'entity' ? type.streams?.get(name) : undefined;
}

/** The names of the streams of a type, that of its media included. */
export function streamNames(type: StructuredType): readonly string[] {
  return type.kind === 'entity' && type.streams !== undefined ? [...type.streams.keys()] : [];
}

/** Whether entities of a type, or of one that is derived from it, are media entities. */
export function mayHaveMedia(type: StructuredType): boolean {
  return [type, ...type.derived].some((one) => streamIn(one, mediaName) !== undefined);
}

/** What a model has of streams; undefined where it has none. */
export function modelStreams({
  entityTypes,
  complexTypes,
  entitySets,
}: Pick<Model, 'entityTypes' | 'complexTypes' | 'entitySets'>): ModelStreams | undefined {
  const types = [...entityTypes.values()];
  const names = types.flatMap(({ streams }) => [...(streams?.keys() ?? [])]);
  if (names.length === 0) return undefined;
  const media = types.filter((type) => mayHaveMedia(type));
  const leading = [...types, ...complexTypes.values()]
    .flatMap(({ navigation }) => [...(navigation?.values() ?? [])])
    .filter(({ type }) => mayHaveMedia(type));
  const sets = [...entitySets.values()].filter(({ type }) => mayHaveMedia(type));
  return {
    properties: new Set(names.filter((name) => name !== mediaName)),
    media: new Set([
      ...media.flatMap((type) => [type.name, type.qualifiedName]),
      ...[...sets, ...leading].map(({ name }) => name),
    ]),
  };
}
