/** Which properties of a structured value an answer carries. */
export interface Selection {
  /** Selected properties by name, with what is selected inside each; absent: every structural property. */
  readonly select?: ReadonlyMap<string, Selection>;
  /** Expanded navigation properties by name. */
  readonly expand?: ReadonlyMap<string, Selection>;
}

/** Every structural property, nothing expanded. */
export const everything: Selection = {};
