/** How exactly a pattern names a term: what is more exact decides. */
function exactness(pattern: string): number {
  if (pattern === '*') return 1;
  return pattern.endsWith('.*') ? pattern.length : Infinity;
}

function names(pattern: string, term: string): boolean {
  if (pattern === '*' || pattern === term) return true;
  return pattern.endsWith('.*') && term.startsWith(pattern.slice(0, -1));
}

/**
 * Which instance annotations a client asks for (OData 4.01 Protocol 8.2.8.4): terms, all of a namespace, or all, each of
 * which a minus sign leaves out. Of several that name a term the most exact one decides.
 * @param preference as the client wrote it, `include-annotations="*,-display.*"`
 * @returns whether a term is asked for, by its qualified name; undefined where nothing is said
 */
export function includedAnnotations(preference: string | undefined): ((term: string) => boolean) | undefined {
  if (preference === undefined) return undefined;
  const said = preference.slice(preference.indexOf('"') + 1, -1);
  const patterns = said
    .split(',')
    .map((text) => text.trim())
    .map((text) => ({ isLeftOut: text.startsWith('-'), pattern: text.replace(/^-/, '') }))
    .sort((a, b) => exactness(b.pattern) - exactness(a.pattern));
  return (term) => patterns.find(({ pattern }) => names(pattern, term))?.isLeftOut === false;
}
