/** A node of a hierarchy, and those that it refers to as its parents: some of them may be no nodes. */
export interface PlainNode {
  readonly id: string;
  readonly parents: readonly string[];
}

/** A recursive hierarchy in memory, as plainly as can be (Data Aggregation 5.5.2). */
export class PlainHierarchy {
  readonly #nodes: ReadonlyMap<string, PlainNode>;

  constructor(readonly all: readonly PlainNode[]) {
    this.#nodes = new Map(all.map((node) => [node.id, node]));
  }

  isNode(id: string): boolean {
    return this.#nodes.has(id);
  }

  parents(id: string): readonly string[] {
    return [...new Set(this.#nodes.get(id)?.parents.filter((one) => this.isNode(one)) ?? [])];
  }

  children(id: string): readonly string[] {
    return this.all.filter((node) => this.parents(node.id).includes(id)).map((node) => node.id);
  }

  isRoot(id: string): boolean {
    return this.isNode(id) && this.parents(id).length === 0;
  }

  isLeaf(id: string): boolean {
    return this.isNode(id) && this.children(id).length === 0;
  }

  areSiblings(one: string, other: string): boolean {
    if (one === other || !this.isNode(one) || !this.isNode(other)) return false;
    if (this.isRoot(one) && this.isRoot(other)) return true;
    return this.parents(one).some((parent) => this.parents(other).includes(parent));
  }

  /** Nodes that are reached in at least one step and at most so many, whatever cycles there are. */
  relatives(id: string, direction: 'down' | 'up', distance = this.all.length): ReadonlySet<string> {
    const reached = new Set<string>();
    let border = this.isNode(id) ? [id] : [];
    for (let step = 0; step < distance && border.length > 0; step++) {
      const next = border.flatMap((one) => (direction === 'up' ? this.parents(one) : this.children(one)));
      // With a bound, a node may be reached again on a way that is shorter from there on: by breadth it is not.
      border = [...new Set(next)].filter((one) => !reached.has(one));
      for (const one of border) reached.add(one);
    }
    return reached;
  }

  isBelow(
    lower: string,
    upper: string,
    {
      distance,
      includesSelf = false,
    }: { readonly distance?: number | undefined; readonly includesSelf?: boolean } = {},
  ): boolean {
    if (includesSelf && lower === upper && this.isNode(lower)) return true;
    return this.relatives(upper, 'down', distance).has(lower);
  }
  /**
   * The nodes as they are met, each with what is above it.
   * @param bySiblings order of nodes that have the same parent
   * @param starts where it begins, in their order; the roots where it is undefined
   */
  traverse(
    order: 'preorder' | 'postorder',
    bySiblings: (one: string, other: string) => number,
    starts = this.all
      .map(({ id }) => id)
      .filter((id) => this.isRoot(id))
      .toSorted(bySiblings),
  ): readonly { readonly id: string; readonly upPath: readonly string[] }[] {
    const walk = (
      id: string,
      upPath: readonly string[],
    ): { readonly id: string; readonly upPath: readonly string[] }[] => {
      const below = this.children(id)
        .filter((child) => child !== id && !upPath.includes(child))
        .toSorted(bySiblings)
        .flatMap((child) => walk(child, [id, ...upPath]));
      return order === 'preorder' ? [{ id, upPath }, ...below] : [...below, { id, upPath }];
    };
    return starts.filter((id) => this.isNode(id)).flatMap((id) => walk(id, []));
  }
}
