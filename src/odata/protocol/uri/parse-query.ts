import { ODataError } from '../odata-error.js';
import { invalidOption, parseAliasValue, parseOption } from './parse-options.js';
import { decodeText, type DecodedText, Scanner } from './scanner.js';
import { systemQueryOptions } from './query-options.js';
import type { Expression, Query } from './syntax-tree.js';

const systemOptions: ReadonlySet<string> = new Set(systemQueryOptions);

function decode(raw: string): DecodedText {
  try {
    // `+` for a blank is not OData's, but what many clients send.
    return decodeText(raw.replaceAll('+', ' '), 'query');
  } catch (cause) {
    throw new ODataError('malformedUrl', `The query has a malformed percent-encoding in '${raw.slice(0, 80)}'.`, {
      cause,
    });
  }
}

/** parameterAlias */
function isAlias(name: string): boolean {
  const scanner = new Scanner(name.slice(1), name);
  return scanner.identifier() !== undefined && scanner.done;
}

/**
 * Parses `queryOptions`: what follows `?`, still percent-encoded. Names of system query options are case-insensitive and
 * need no `$` (OData 4.01 URL Conventions 5.1).
 * @throws ODataError 400 naming the option, and the position of the fault in its decoded value
 */
export function parseQuery(raw: string): Query {
  const query: { -readonly [K in keyof Query]: Query[K] } = {};
  const aliases = new Map<string, Expression>();
  const custom = new Map<string, string>();
  for (const part of raw.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const { text: name } = decode(at < 0 ? part : part.slice(0, at));
    const value = decode(at < 0 ? '' : part.slice(at + 1));
    const option = name.toLowerCase().replace(/^\$/, '');
    if (name === '') throw invalidOption(`A query option has no name: '${part.slice(0, 80)}'.`, part);
    if (name.startsWith('@')) {
      if (!isAlias(name)) throw invalidOption(`'${name.slice(0, 80)}' is no name of an alias.`, name);
      if (aliases.has(name.slice(1))) throw invalidOption(`The alias '${name}' stands twice.`, name);
      aliases.set(name.slice(1), parseAliasValue(name.slice(1), value));
    } else if (systemOptions.has(option)) {
      if (Object.hasOwn(query, option))
        throw invalidOption(`The query option '$${option}' stands twice.`, `$${option}`);
      parseOption(option, value, query);
    } else if (name.startsWith('$')) {
      throw invalidOption(`The query option '${name.slice(0, 80)}' does not exist.`, name);
    } else {
      if (custom.has(name)) throw invalidOption(`The query option '${name.slice(0, 80)}' stands twice.`, name);
      custom.set(name, value.text);
    }
  }
  if (aliases.size > 0) query.aliases = aliases;
  if (custom.size > 0) query.custom = custom;
  return query;
}
