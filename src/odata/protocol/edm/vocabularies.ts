/** A vocabulary (OData CSDL 4.01, 14): its namespace, the alias under which it is included, and where its document is. */
export interface Vocabulary {
  readonly alias: string;
  readonly namespace: string;
  /** URL of its document, without the extension: `.xml` or `.json`. */
  readonly url: string;
}

function oasis(alias: string): Vocabulary {
  const namespace = `Org.OData.${alias}.V1`;
  return { alias, namespace, url: `https://oasis-tcs.github.io/odata-vocabularies/vocabularies/${namespace}` };
}

function sap(alias: string): Vocabulary {
  const namespace = `com.sap.vocabularies.${alias}.v1`;
  return { alias, namespace, url: `https://sap.github.io/odata-vocabularies/vocabularies/${alias}` };
}

/** The vocabularies of OASIS whose terms every metadata document uses. */
export const vocabularies: readonly Vocabulary[] = [
  'Core',
  'Capabilities',
  'Validation',
  'Authorization',
  'Aggregation',
].map(oasis);

/** Those that annotations of a model may use without being declared. */
export const knownVocabularies: readonly Vocabulary[] = [
  ...vocabularies,
  ...['Measures', 'Temporal', 'Repeatability', 'JSON'].map(oasis),
  ...['UI', 'Common', 'Communication', 'PersonalData', 'Analytics', 'Session', 'Hierarchy', 'CodeList'].map(sap),
];
