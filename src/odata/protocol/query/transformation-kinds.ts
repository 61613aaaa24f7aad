import { ranks, type Transformation } from '../uri/syntax-tree.js';

type Kind = Transformation['kind'];

/** Transformations that take some of the items, as they are (Data Aggregation 3.3, 6.2.1). */
export const selecting: readonly Kind[] = ['filter', 'search', 'top', 'skip', ...ranks, 'ancestors', 'descendants'];

/** Transformations that leave some of the entities, as they are: what they give can be referred to. */
export const keepsEntities: ReadonlySet<Kind> = new Set([...selecting, 'identity', 'orderby']);
