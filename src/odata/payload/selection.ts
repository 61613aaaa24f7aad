import type { ItemType } from '../edm/model.js';

/** Which properties of a structured value an answer carries. */
export interface Selection {
  /** Selected properties by name, with what is selected inside each; absent: every structural property. */
  readonly select?: ReadonlyMap<string, Selection>;
  /** Expanded navigation properties by name. */
  readonly expand?: ReadonlyMap<string, Expansion>;
  /** Computed properties by name, and their types. */
  readonly computed?: ReadonlyMap<string, ItemType>;
  /** Selected properties that an open type does not declare. */
  readonly dynamic?: readonly string[];
}

/** What is carried of an expanded navigation property: its entities, references to them, or how many they are. */
export interface Expansion extends Selection {
  readonly only?: 'ref' | 'count';
}

/** Every structural property, nothing expanded. */
export const everything: Selection = {};
