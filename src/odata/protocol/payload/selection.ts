import type { ItemType } from '../edm/model.js';

/** Which properties of a structured value an answer carries. */
export interface Selection {
  /** Selected properties by name, with what is selected inside each; absent: every structural property. */
  readonly select?: ReadonlyMap<string, Selection>;
  /** Expanded navigation properties by name. */
  readonly expand?: ReadonlyMap<string, Expansion>;
  /** Complex values in which something is expanded, by name, where every property is selected. */
  readonly inside?: ReadonlyMap<string, Selection>;
  /** Computed properties by name, and their types. */
  readonly computed?: ReadonlyMap<string, ItemType>;
  /** Selected properties that an open type does not declare. */
  readonly dynamic?: readonly string[];
  /** Qualified names of selected operations (OData 4.01 URL Conventions 5.1.4). */
  readonly operations?: readonly string[];
  /** Names of selected annotations, which are written whatever annotations the client wants beside them. */
  readonly annotations?: readonly string[];
  /** What a query has made of the items of a collection, where it is another type than the declared one. */
  readonly made?: MadeItems;
}

/** The type of what a query has made, and what of it stands in a context URL. */
export interface MadeItems {
  readonly type: ItemType;
  readonly list: readonly string[];
  /** The same for 4.0, which has no word for what is expanded as it is. */
  readonly plainList: readonly string[];
  /** Names of what only some of them refer to: that is expanded where it is, and not said. */
  readonly sometimes: readonly string[];
}

/** What is carried of an expanded navigation property: its entities, references to them, or how many they are. */
export interface Expansion extends Selection {
  readonly only?: 'ref' | 'count';
}

/** Every structural property, nothing expanded. */
export const everything: Selection = {};

/** A selection that shows what a body carried inline too (OData 4.01 Protocol 11.4.2.2 and 11.4.3.1). */
export function expandedBy(selection: Selection, { expand: inline }: Pick<Selection, 'expand'>): Selection {
  if (inline === undefined) return selection;
  const expand = new Map(selection.expand);
  for (const [name, inner] of inline) expand.set(name, expandedBy(expand.get(name) ?? everything, inner));
  return { ...selection, expand };
}
