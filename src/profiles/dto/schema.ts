import { Schema } from '../../odata/model.js';

/** The namespace of every type of this service. */
export const graph = new Schema('microsoft.graph', {
  description: 'Decorated profiles.',
  longDescription:
    'Keeps the profiles of people, decorated with what concerns the one who views them, and speaks OData 4.01 and 4.0.',
});
