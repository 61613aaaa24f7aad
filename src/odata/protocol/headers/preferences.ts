import { nameAndValue, parseHeaderList } from './header-lists.js';

/** The preferences of a request that this service knows (OData 4.01 Protocol 8.2.8); all others are ignored. */
export interface Preferences {
  readonly return?: 'minimal' | 'representation';
  readonly omitNulls: boolean;
  /** Whether changes that fail do not keep others from being made (8.2.8.3); undefined where it is not said. */
  readonly continueOnError?: boolean;
  /** The request may be processed after it is answered (8.2.8.8); a service may wait for it so many seconds (RFC 7240, 4.3). */
  readonly respondAsync: boolean;
  readonly wait?: number;
  /** Changes of the result are to be tracked: the spelling in which the client asked for it. */
  readonly trackChanges?: string;
  /** An update may make what is not there, as Microsoft Graph has it. */
  readonly createIfMissing: boolean;
  /** A positive page size, and the spelling in which the client asked for it. */
  readonly maxPageSize?: { readonly size: number; readonly name: string };
  /** Which instance annotations an answer to a read is to have (8.2.8.4), as the client wrote it: `name="*,-display.*"`. */
  readonly includeAnnotations?: string;
}

/** The preferences of a request that says none. */
export const noPreferences: Preferences = { omitNulls: false, respondAsync: false, createIfMissing: false };

function pageSize(values: ReadonlyMap<string, string>): Preferences['maxPageSize'] | undefined {
  // 8.2.8.5: where both spellings are given, the one without prefix wins.
  const name = ['maxpagesize', 'odata.maxpagesize'].find((spelling) => values.has(spelling));
  const text = name === undefined ? undefined : values.get(name);
  if (name === undefined || text === undefined || !/^[1-9]\d{0,8}$/.test(text)) return undefined;
  return { size: Number(text), name };
}

/** 8.2.8.4: patterns of terms, with qualifiers, each of which may be excluded by a minus sign. */
const annotationPatterns = /^\s*-?(?:\*|[\w.]+(?:\.\*)?)(?:#\w+)?(?:\s*,\s*-?(?:\*|[\w.]+(?:\.\*)?)(?:#\w+)?)*\s*$/;

function annotationsAsked(values: ReadonlyMap<string, string>): string | undefined {
  const name = ['include-annotations', 'odata.include-annotations'].find((spelling) => values.has(spelling));
  const patterns = name === undefined ? undefined : values.get(name);
  if (name === undefined || patterns === undefined || patterns.length > 1000) return undefined;
  return annotationPatterns.test(patterns) ? `${name}="${patterns}"` : undefined;
}

/** Parses the header Prefer (RFC 7240): of a preference that stands twice the first counts; malformed ones are ignored. */
export function parsePreferences(header: string | undefined): Preferences {
  const values = new Map<string, string>();
  for (const element of parseHeaderList(header ?? '')) {
    const [name, value] = nameAndValue(element.value);
    if (!values.has(name.toLowerCase())) values.set(name.toLowerCase(), value);
  }
  const wait = values.get('wait') ?? '';
  const goesOn = values.get('continue-on-error') ?? values.get('odata.continue-on-error');
  const wanted = values.get('return')?.toLowerCase();
  const size = pageSize(values);
  // 8.2.8.9: the name with the prefix is that of 4.0.
  const includeAnnotations = annotationsAsked(values);
  const trackChanges = ['track-changes', 'odata.track-changes'].find((spelling) => values.has(spelling));
  return {
    ...(wanted === 'minimal' || wanted === 'representation' ? { return: wanted } : {}),
    ...(goesOn === undefined ? {} : { continueOnError: goesOn.toLowerCase() !== 'false' }),
    respondAsync: values.has('respond-async'),
    ...(/^\d{1,6}$/.test(wait) ? { wait: Number(wait) } : {}),
    createIfMissing: values.has('create-if-missing'),
    omitNulls: values.get('omit-values')?.toLowerCase() === 'nulls',
    ...(size === undefined ? {} : { maxPageSize: size }),
    ...(trackChanges === undefined ? {} : { trackChanges }),
    ...(includeAnnotations === undefined ? {} : { includeAnnotations }),
  };
}
