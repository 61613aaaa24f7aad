import type { TransformFnParams } from 'class-transformer';
// No entry of the package exports its registry. This is the file that the package's own main loads, so that it is the same.
// @ts-expect-error -- The types of the package say nothing of this file.
import storage from 'class-transformer/cjs/storage.js';
import type { TypeClass } from './schema.js';

/** One `@Transform`. */
export interface TransformEntry {
  readonly transformFn: (params: TransformFnParams) => unknown;
  readonly options?: {
    readonly toClassOnly?: boolean;
    readonly toPlainOnly?: boolean;
    readonly groups?: readonly string[];
    readonly since?: number;
    readonly until?: number;
  };
}

/** One `@Type`. */
export interface TypeEntry {
  readonly typeFunction?: () => unknown;
  readonly options?: { readonly discriminator?: unknown };
}

type Registry<T> = ReadonlyMap<unknown, ReadonlyMap<string | undefined, T>>;

/** class-transformer's registry of decorators, as far as it is needed here. */
interface TransformerStorage {
  readonly _typeMetadatas: Registry<TypeEntry>;
  readonly _transformMetadatas: Registry<readonly TransformEntry[]>;
  readonly _exposeMetadatas: Registry<unknown>;
  readonly _excludeMetadatas: Registry<unknown>;
  findTransformMetadatas(target: TypeClass, property: string, kind: number): readonly TransformEntry[];
}

const { defaultMetadataStorage } = storage as { readonly defaultMetadataStorage: TransformerStorage };

/** What class-transformer's decorators put on one class itself, by property; `undefined` is the class. */
export interface OwnTransformers {
  readonly types: ReadonlyMap<string | undefined, TypeEntry>;
  readonly transforms: ReadonlyMap<string | undefined, readonly TransformEntry[]>;
  readonly exposed: ReadonlyMap<string | undefined, unknown>;
  readonly excluded: ReadonlyMap<string | undefined, unknown>;
}

const none = new Map<string | undefined, never>();

/** What class-transformer's decorators put on one class, its base classes not included. */
export function ownTransformersOf(target: unknown): OwnTransformers {
  const { _typeMetadatas, _transformMetadatas, _exposeMetadatas, _excludeMetadatas } = defaultMetadataStorage;
  return {
    types: _typeMetadatas.get(target) ?? none,
    transforms: _transformMetadatas.get(target) ?? none,
    exposed: _exposeMetadatas.get(target) ?? none,
    excluded: _excludeMetadatas.get(target) ?? none,
  };
}

/** Every `@Transform` of a property, in the order in which class-transformer applies them. */
export function transformsOf(target: TypeClass, property: string, kind: number): readonly TransformEntry[] {
  return defaultMetadataStorage.findTransformMetadatas(target, property, kind);
}
