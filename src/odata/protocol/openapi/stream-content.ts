import type { StreamProperty } from '../edm/model.js';
import { mediaName } from '../edm/streams.js';
import type { JsonObject } from '../json/json-value.js';

/** The content of a stream as bodies have it: bytes, of each media type that it accepts. */
export function streamContent({ accepts = ['*/*'], maxLength }: StreamProperty): JsonObject {
  const bytes = { type: 'string', format: 'binary', ...(maxLength === undefined ? {} : { maxLength }) };
  return Object.fromEntries(accepts.map((type) => [type, { schema: bytes }]));
}

/** What is said of the operations of a stream. @param title of its entity */
export function streamTexts(stream: StreamProperty, title: string) {
  const { name, description } = stream;
  const isMedia = name === mediaName;
  const what = isMedia ? `what ${title} is about` : `the ${name} of ${title}`;
  const more = description === undefined ? '' : ` ${description}`;
  return {
    content: streamContent(stream),
    read: `Reads ${what}, or a part of it.${more}`,
    write: `Sets ${what}.${more}`,
    remove: isMedia ? `Deletes ${title}, and what it is about.` : `Removes ${what}.`,
  };
}
