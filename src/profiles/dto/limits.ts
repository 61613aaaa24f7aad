/**
 * Default limits of the model, in UTF-16 units. A property names the one that fits; it becomes the property's MaxLength
 * in `$metadata`.
 */
export const length = {
  /** Codes: a language, a country, a telephone extension. */
  code: 16,
  /** Identifiers of other systems. */
  identifier: 128,
  /** Names and titles of people, organisations and places. */
  name: 256,
  /** One line of prose: a headline, a detail. */
  line: 1024,
  /** Paragraphs: a summary, a description. */
  text: 16_384,
  /** URLs. */
  url: 2048,
} as const;
