import { ODataError } from '../odata-error.js';

/**
 * The conditions of a request on the version of the entity it addresses. `*` stands for any version of an entity that
 * exists; a list holds the versions among the entity tags of the header, those that this service never made left out.
 */
export interface Precondition {
  readonly ifMatch?: '*' | readonly number[];
  readonly ifNoneMatch?: '*' | readonly number[];
}

/** One entity tag and what separates it from the next (RFC 9110, 8.8.3 and 13.1). */
const entityTag = /[\t ,]*(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[\t ]*(,|$)[\t ,]*/y;
const versionText = /^(?:0|[1-9]\d{0,15})$/;

/**
 * The versions that a list of entity tags names. Comparison is weak: `W/` makes no difference (OData 4.01 Protocol
 * 8.2.4).
 * @throws ODataError 400 where the header is neither `*` nor a list of entity tags
 */
export function parseEntityTags(text: string, header: string): '*' | readonly number[] {
  if (text.trim() === '*') return '*';
  const versions: number[] = [];
  entityTag.lastIndex = 0;
  do {
    const match = entityTag.exec(text);
    if (match === null) {
      throw new ODataError('malformedEntityTag', `${header} must be "*" or a list of entity tags in double quotes.`, {
        target: header,
      });
    }
    const [, opaque = ''] = match;
    if (versionText.test(opaque)) versions.push(Number(opaque));
  } while (entityTag.lastIndex < text.length);
  return versions;
}

/** Whether a version is among those of a condition. */
function includes(condition: '*' | readonly number[], version: number | undefined): boolean {
  return version !== undefined && (condition === '*' || condition.includes(version));
}

/**
 * Whether the conditions hold for an entity.
 * @param version of the entity, undefined where it does not exist
 */
export function holds({ ifMatch, ifNoneMatch }: Precondition, version: number | undefined): boolean {
  if (ifMatch !== undefined && !includes(ifMatch, version)) return false;
  return ifNoneMatch === undefined || !includes(ifNoneMatch, version);
}

/**
 * The header whose condition does not hold for an entity that is there. Of two lists the first is said, which is also
 * tested first (RFC 9110, 13.2.2).
 */
export function failedHeader({ ifMatch, ifNoneMatch }: Precondition): 'If-Match' | 'If-None-Match' {
  return ifNoneMatch !== undefined && (ifMatch === undefined || ifMatch === '*') ? 'If-None-Match' : 'If-Match';
}

/** The condition that does not hold for an entity whose version is known; undefined where all do. */
export function unheld({ ifMatch, ifNoneMatch }: Precondition, version: number | undefined): Precondition | undefined {
  if (ifMatch !== undefined && !holds({ ifMatch }, version)) return { ifMatch };
  return ifNoneMatch === undefined || holds({ ifNoneMatch }, version) ? undefined : { ifNoneMatch };
}

/** Reads If-Match and If-None-Match. */
export function parsePrecondition(ifMatch: string | undefined, ifNoneMatch: string | undefined): Precondition {
  return {
    ...(ifMatch === undefined ? {} : { ifMatch: parseEntityTags(ifMatch, 'If-Match') }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch: parseEntityTags(ifNoneMatch, 'If-None-Match') }),
  };
}

/** Adds a condition to `If-Match`: both must hold. */
export function restrict(precondition: Precondition, versions: '*' | readonly number[]): Precondition {
  const { ifMatch } = precondition;
  if (versions === '*') return precondition;
  const both = ifMatch === undefined || ifMatch === '*' ? versions : versions.filter((one) => ifMatch.includes(one));
  return { ...precondition, ifMatch: both };
}

/**
 * Holds the conditions of a request to a collection, which has no ETag here (OData 4.01 Protocol 11.4.1.1).
 * @throws ODataError 412 for every condition but that it is there
 */
export function refuseConditions({ ifMatch, ifNoneMatch }: Precondition): void {
  if ((ifMatch === undefined || ifMatch === '*') && ifNoneMatch !== '*') return;
  throw new ODataError('entityTagDoesNotMatch', 'A collection has no ETag; its members change by their own URL.', {
    target: ifNoneMatch === '*' ? 'If-None-Match' : 'If-Match',
  });
}

/**
 * 11.4.1.1: changes without a condition are refused where the service is told to require one.
 * @throws ODataError 428
 */
export function requireCondition({ ifMatch, ifNoneMatch }: Precondition): void {
  if (ifMatch !== undefined || ifNoneMatch !== undefined) return;
  throw new ODataError('entityTagRequired', 'A change needs If-Match with the ETag of the entity, or "*".', {
    target: 'If-Match',
  });
}
