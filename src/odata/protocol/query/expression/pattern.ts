import { RE2JS } from 're2js';

/** Why a text is no regular expression, or undefined where it is one. */
export function faultOfPattern(text: string): string | undefined {
  if (text.length > 1000) return 'it is longer than 1000 characters';
  try {
    RE2JS.compile(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
