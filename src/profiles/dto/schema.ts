import { Schema } from '../../odata/edm/schema.js';

/** The namespace of every type of this service. */
export const graph = new Schema('microsoft.graph');
