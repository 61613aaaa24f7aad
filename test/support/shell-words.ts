/** What a curl command of a document sends. */
export interface CurlRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const part = /\s*\\\n\s*|'([^']*)'|"((?:[^"\\]|\\[^])*)"|(\s+)|([^\s'"\\]+)/gy;

/** The words of each command, variables put in; as a shell reads what documents have. @param text without comments */
export function commandsOf(text: string, variables: Readonly<Record<string, string>>): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  const filled = (value: string): string =>
    value.replaceAll(
      /\\(["$\\])|\$([A-Z]+)/g,
      (_, plain?: string, name = '') => plain ?? variables[name as string] ?? '',
    );
  const end = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    end();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  let at = 0;
  for (const [match, single, double, space, plain] of text.matchAll(part)) {
    at += match.length;
    if (single !== undefined) word = (word ?? '') + single;
    else if (double !== undefined) word = (word ?? '') + filled(double);
    else if (plain !== undefined) word = (word ?? '') + filled(plain);
    else if (space?.includes('\n') === true) endCommand();
    else end();
  }
  if (at !== text.length) throw new Error(`No shell command: ${text.slice(at)}`);
  endCommand();
  return commands;
}

/** What curl makes of its words. */
export function curlRequest([name, ...words]: readonly string[]): CurlRequest {
  if (name !== 'curl') throw new Error(`${String(name)} is not curl`);
  const headers: Record<string, string> = {};
  const query: string[] = [];
  let [method, url, body]: [string, string, string | undefined] = ['GET', '', undefined];
  while (words.length > 0) {
    const word = words.shift() ?? '';
    if (word === '-G') continue;
    else if (!word.startsWith('-')) url = word;
    else {
      const value = words.shift() ?? '';
      const [key = '', ...rest] = value.split(word === '-H' ? ': ' : '=');
      if (word === '-X') method = value;
      else if (word === '-H') headers[key] = rest.join(': ');
      else if (word === '-d') body = value;
      else if (word === '--data-urlencode') query.push(`${key}=${encodeURIComponent(rest.join('='))}`);
      else throw new Error(`${word} is not read here`);
    }
  }
  const whole = query.length === 0 ? url : `${url}?${query.join('&')}`;
  return { method, url: whole, headers, ...(body === undefined ? {} : { body }) };
}
