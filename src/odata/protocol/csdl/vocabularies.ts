/** The vocabularies of OASIS whose terms the metadata uses, by the alias under which it includes them. */
export const vocabularies = {
  Core: 'Org.OData.Core.V1',
  Capabilities: 'Org.OData.Capabilities.V1',
  Validation: 'Org.OData.Validation.V1',
  Authorization: 'Org.OData.Authorization.V1',
} as const;

/** An alias of a vocabulary. */
export type Alias = keyof typeof vocabularies;

/** URL of a vocabulary's document, without its extension. */
export function vocabularyUrl(namespace: string): string {
  return `https://oasis-tcs.github.io/odata-vocabularies/vocabularies/${namespace}`;
}
