/**
 * Where the contents of streams are: bytes under a name. The tables of the store are one such place. What is kept in a
 * transaction that is undone is removed behind it; of a process that ends in one, a place that is not the database keeps it.
 */
export interface MediaPlace {
  /**
   * Keeps a content, piece by piece as it comes: the next piece is taken when the one before is kept. What is left of one
   * that did not come to its end is removed later. Resolves when it would survive a power cut.
   */
  write(content: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Gives the bytes of a content from one place to before another, piece by piece as they are taken.
   * @param end not above the length of the content
   */
  read(content: string, from: number, end: number): AsyncIterable<Uint8Array>;
  /** Removes a content, and what was left of one; nothing where there is none. */
  remove(content: string): Promise<void>;
}

/** How many bytes contents may have. */
export interface MediaBounds {
  /** Of one. */
  readonly one: number;
  /** Of all of a tenant, those included that are replaced or deleted and not removed yet. */
  readonly ofTenant: number;
}

/** A content that was kept. */
export interface KeptContent {
  readonly content: string;
  /** In bytes. */
  readonly length: number;
}

/** What arrives. */
export interface ArrivingContent {
  readonly tenant: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** How many they are, where that is said. */
  readonly declared: number | undefined;
}

/**
 * The contents of streams. A content is written once and never changes; an entity refers to it by a member of its document.
 * The database itself knows which contents are referred to, in the transaction of whatever writes a document, so that no
 * way of writing can forget it: those that never were, or no longer are, are swept.
 */
export interface MediaStore {
  /**
   * Keeps a content that no entity refers to yet.
   * @throws ODataError 413 where it is larger than one may be, 507 where the tenant has no room for it
   */
  keep(arriving: ArrivingContent, bounds: MediaBounds): Promise<KeptContent>;

  /** The same under the name that it has in another store; nothing where there is one of that name that is used. */
  restore(content: string, arriving: ArrivingContent): Promise<void>;

  /** Gives the bytes of a content, as `MediaPlace.read`. */
  read(content: string, from: number, end: number): AsyncIterable<Uint8Array>;

  /**
   * Removes contents that no entity refers to, in small steps.
   * @param before milliseconds since 1970; those are left that were referred to, or written to, since
   * @returns how many
   */
  sweep(before: number): Promise<number>;
}
