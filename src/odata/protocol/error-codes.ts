/**
 * Every specific error code of the engine: `[HTTP status, what it means]`. The code travels as
 * `error.innerError.code` and in `error.details[].code`; `error.code` is the general code of the status.
 * `docs/errors.md` documents this table; a test holds the two equal.
 */
export const errorCodes = {
  // The body as text
  malformedJson: [400, 'The request body is not well-formed JSON in UTF-8.'],
  duplicateMember: [400, 'An object of the request body has two members of one name.'],
  bodyTooDeep: [400, 'The request body nests deeper than the service reads.'],
  bodyRequired: [400, 'The request needs a body, and there is none.'],
  invalidBody: [400, 'The request body has faults of several kinds; each stands in the details.'],
  bodyNotObject: [400, 'The request body is JSON, but not one object.'],
  // The body against the model
  propertyNotFound: [400, 'The type has no property of this name, and it is closed.'],
  typeMismatch: [400, 'The value is not of the declared type of its property.'],
  valueOutOfRange: [400, 'The number is outside the limits of its property.'],
  valueTooLong: [400, 'The text is longer than the property allows.'],
  valueNotAllowed: [400, 'The value breaks another rule of its property.'],
  invalidCharacters: [400, 'The text holds U+0000 or half a surrogate pair, which cannot be kept.'],
  unknownEnumMember: [400, 'The enumeration has no member of this name or value.'],
  nullNotAllowed: [400, 'The property, collection or item cannot be null.'],
  odataTypeMismatch: [400, 'The @odata.type is not the declared type of its place.'],
  entityIdMismatch: [400, 'The @odata.id of the body is that of another entity.'],
  inlineEntityNotAllowed: [400, 'An OData 4.0 update cannot carry a related entity inline.'],
  entityNamedTwice: [400, 'Two items of a delta payload name the same entity.'],
  bindNotAllowed: [400, 'The navigation property contains its entity and cannot be bound to another one.'],
  referenceNotFound: [400, 'An entity reference of the body names no entity that it could lead to.'],
  // URL and headers
  malformedUrl: [400, 'The URL is not well-formed.'],
  malformedRequest: [400, 'The request is not well-formed HTTP.'],
  malformedKey: [400, 'The key predicate of the URL is not well-formed.'],
  invalidQueryOption: [400, 'The query option does not exist, stands twice, or its value is not well-formed.'],
  queryOptionNotApplicable: [400, 'The query option has no meaning for this resource.'],
  tooMuchData: [400, 'The request makes an entity, or asks for an item, that is larger than one may be.'],
  invalidSkipToken: [400, 'The $skiptoken was not made by this service.'],
  tooManyChanges: [400, 'The request would change more entities than one request may.'],
  invalidDeltaToken: [400, 'The $deltatoken was not made by this service.'],
  invalidVersion: [400, 'OData-Version or OData-MaxVersion is malformed or not one that the service speaks.'],
  malformedEntityTag: [400, 'If-Match or If-None-Match is not `*` and not a list of entity tags.'],
  // Batches
  malformedBatch: [400, 'The batch is not well-formed; nothing of it was done.'],
  nestedBatch: [400, 'A request of a batch is a batch itself.'],
  tooManyRequests: [400, 'The batch has more requests than the service takes.'],
  headerNotAllowed: [400, 'The header has no meaning for a batch as a whole.'],
  // Who and whether
  missingAuthenticationToken: [401, 'The request carries no bearer token.'],
  invalidAuthenticationToken: [
    401,
    'The bearer token is malformed, expired, not for this service, or not signed by a trusted key.',
  ],
  accessDenied: [403, 'The token lacks the permission that the operation needs.'],
  operationNotAllowed: [403, 'The service does not allow this with the entities of the set.'],
  // State
  resourceNotFound: [404, 'The resource does not exist, or the caller may not see it.'],
  schemaVersionNotFound: [404, 'The version of the schema that $schemaversion names does not exist.'],
  methodNotAllowed: [405, 'The resource does not know this method; `Allow` lists those it knows.'],
  formatNotSupported: [406, 'No format that the service writes is acceptable to the client.'],
  keyAlreadyExists: [409, 'The key of the new entity cannot be used: it is taken.'],
  relatedEntitiesExist: [409, 'The entity refers to others that keep it from being deleted.'],
  relationRequired: [409, 'Another entity needs the relation that the request would end.'],
  syncStateNotFound: [410, 'The token is older than the changes that are kept; `Location` begins again.'],
  resyncRequired: [410, 'The log of changes that the token speaks of is lost; `Location` begins again.'],
  entityTagDoesNotMatch: [412, 'The condition of If-Match or If-None-Match does not hold.'],
  jobNotCancelable: [409, 'The asynchronous request has been processed, or is a batch under way.'],
  isolationNotSupported: [412, 'Snapshot isolation is not supported.'],
  requestTimeout: [408, 'The request, or its body, does not arrive in the time that it is given.'],
  bodyTooLarge: [413, 'The request body has more bytes, or values, than the service reads.'],
  streamTooLarge: [413, 'The stream has more bytes than one may have.'],
  urlTooLong: [414, 'The URL is longer than the service reads.'],
  mediaTypeNotSupported: [415, 'The media type or character set of the request body is not supported.'],
  encodingNotSupported: [415, 'The Content-Encoding of the request body is not supported.'],
  dependencyFailed: [424, 'What the request of a batch depends on or refers to has failed, or is not there.'],
  entityTagRequired: [428, 'The service is configured to require If-Match.'],
  headersTooLarge: [431, 'The header fields of the request are larger than the service reads.'],
  callerBusy: [
    429,
    'The caller has as many statements in the store, or large answers, under way as one may; or waited too long for its own.',
  ],
  tooManyJobs: [429, 'The caller has too many unfinished asynchronous requests.'],
  tooManyResults: [429, 'The caller has as many bytes of kept results as one caller may.'],
  rateLimitExceeded: [429, 'The caller, or the address where nobody is known, sends more requests than it may.'],
  tooManyBodies: [429, 'The caller has too many large request bodies under way.'],
  rangeNotSatisfiable: [416, 'The range that is asked for is not in the stream; `Content-Range` says its length.'],
  // The service
  noRoomForStreams: [507, 'The tenant has no room for so many bytes of streams.'],
  noRoomForResults: [507, 'The result is larger than one may be, or there is no room for more results.'],
  internalServerError: [500, 'Something failed inside the service; the request-id leads to its log.'],
  notImplemented: [501, 'A feature of OData that this service does not have yet.'],
  queryOptionNotImplemented: [501, 'A query option of OData that this service does not have yet.'],
  jobInterrupted: [500, 'The asynchronous request was given up; part of a batch may be done.'],
  tooBusy: [503, 'Too many asynchronous requests wait, or large bodies or answers are under way; try again later.'],
  keysUnavailable: [503, 'The keys that sign tokens cannot be fetched; try again later.'],
  storeUnavailable: [503, 'The store cannot be reached or cannot write; try again later.'],
  storeTimeout: [504, 'The store did not finish in the time that it is given.'],
} as const satisfies Record<string, readonly [status: number, meaning: string]>;

/** A specific error code of the engine. */
export type ErrorCode = keyof typeof errorCodes;

/** A specific error code of a domain, for what its rules refuse. */
export interface DomainErrorCode {
  /** In camelCase, as it travels. */
  readonly code: string;
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** In one sentence, for the description of the API. */
  readonly meaning?: string;
}

/** `error.code` of each status: the HTTP reason phrase in camelCase, as Microsoft's API guidelines name them. */
const generalCodes: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  405: 'methodNotAllowed',
  406: 'notAcceptable',
  408: 'requestTimeout',
  409: 'conflict',
  410: 'gone',
  412: 'preconditionFailed',
  413: 'payloadTooLarge',
  414: 'uriTooLong',
  415: 'unsupportedMediaType',
  416: 'requestedRangeNotSatisfiable',
  424: 'failedDependency',
  428: 'preconditionRequired',
  429: 'tooManyRequests',
  431: 'requestHeaderFieldsTooLarge',
  500: 'internalServerError',
  501: 'notImplemented',
  503: 'serviceUnavailable',
  504: 'gatewayTimeout',
  507: 'insufficientStorage',
};

/** The general code of an HTTP status, as it stands in `error.code`. */
export function generalCode(status: number): string {
  return generalCodes[status] ?? (status < 500 ? 'badRequest' : 'internalServerError');
}
