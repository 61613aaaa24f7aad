import { ODataError } from '../odata-error.js';

/** The system query options of OData 4.01 (URL Conventions 5.1 and 5.3). */
export const systemQueryOptions = [
  '$apply',
  '$compute',
  '$count',
  '$deltatoken',
  '$expand',
  '$filter',
  '$format',
  '$id',
  '$index',
  '$levels',
  '$orderby',
  '$schemaversion',
  '$search',
  '$select',
  '$skip',
  '$skiptoken',
  '$top',
] as const;

/** The name of a system query option. */
export type SystemQueryOption = (typeof systemQueryOptions)[number];

/** The system query options of a request, percent-decoded. */
export type QueryOptions = ReadonlyMap<SystemQueryOption, string>;

function decode(text: string): string {
  try {
    // `+` for a blank is not OData's, but what many clients send.
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new ODataError('malformedUrl', `The query has a malformed percent-encoding in '${text.slice(0, 80)}'.`, {
      cause,
    });
  }
}

function invalid(message: string, target: string): ODataError {
  return new ODataError('invalidQueryOption', message, { target });
}

/** Names are case-insensitive, the `$` is optional (OData 4.01 URL Conventions 5.1). */
function systemQueryOption(name: string): SystemQueryOption | undefined {
  const lower = name.toLowerCase();
  const prefixed = lower.startsWith('$') ? lower : `$${lower}`;
  return systemQueryOptions.find((option) => option === prefixed);
}

/**
 * Parses the query of a URL. A query option that OData does not know is refused, with or without `$`: it would be
 * silently ignored otherwise (OData 4.01 Protocol 6.1). Parameter aliases (`@name`) are left out.
 * @param query what follows `?`, still percent-encoded
 * @throws ODataError 400 naming the option
 */
export function parseQueryOptions(query: string): QueryOptions {
  const options = new Map<SystemQueryOption, string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = decode(at < 0 ? part : part.slice(0, at));
    if (name.startsWith('@')) continue;
    const option = systemQueryOption(name);
    if (option === undefined)
      throw invalid(`The query option '${name.slice(0, 80)}' does not exist.`, name.slice(0, 80));
    if (options.has(option)) throw invalid(`The query option '${option}' stands twice.`, option);
    options.set(option, at < 0 ? '' : decode(part.slice(at + 1)));
  }
  return options;
}
