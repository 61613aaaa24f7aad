/**
 * What a text of `Edm.Binary` looks like: base64url, whose bits that stand for nothing are zero (`binaryValue` of OData's
 * ABNF). Databases read it too. Threads of SQLite run this file as it stands: it imports nothing.
 */
export const binaryPattern =
  '^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]=?|[A-Za-z0-9_-][AQgw](?:==)?)?$';
