/** The protocol versions that the service speaks. */
export const odataVersions = ['4.0', '4.01'] as const;

/** One of the protocol versions that the service speaks. */
export type ODataVersion = (typeof odataVersions)[number];
