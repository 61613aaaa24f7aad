/** One element of a list header: its value and its parameters by lower-case name (RFC 9110, 5.6). */
export interface HeaderElement {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Splits at a separator that stands outside of quoted strings. */
function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim());
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1
    ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1')
    : text;
}

/** Parses a comma-separated header of elements with `;name=value` parameters: Accept, Prefer, Content-Type. */
export function parseHeaderList(header: string): readonly HeaderElement[] {
  return splitUnquoted(header, ',')
    .filter((part) => part !== '')
    .map((part) => {
      const [value = '', ...parameters] = splitUnquoted(part, ';');
      const pairs = parameters
        .filter((parameter) => parameter !== '')
        .map((parameter): [string, string] => {
          const [name, parameterValue] = nameAndValue(parameter);
          return [name.toLowerCase(), parameterValue];
        });
      return { value, parameters: new Map(pairs) };
    });
}

/** Splits `name=value`, blanks around `=` allowed, quotes of the value removed; without `=` the value is empty. */
export function nameAndValue(text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), unquote(text.slice(at + 1).trim())];
}
