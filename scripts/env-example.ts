/** Writes `.env.example` from the table of docs/configuration.md: every variable, its default, and what it means. */
import { readFileSync, writeFileSync } from 'node:fs';

const width = 118;
const head = `# Copied to .env, this is what npm start and the commands read where the environment does not say otherwise. Each line that
# is commented out has a variable and its default, or nothing where there is none. Generated from docs/configuration.md by
# npm run docs:sync.
`;

function wrap(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`# ${word}`);
  }
  return lines.join('\n');
}

/** @param page the text of docs/configuration.md */
export function envExample(page: string): string {
  const rows = page.matchAll(/^\| `([A-Z_]+)` *\| (.*?) *\| (.*?) *\|$/gm);
  const entries = [...rows].map(([, name = '', value = '', meaning = '']) => {
    const text = meaning.replaceAll('`', '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, 'docs/$1');
    const isDefault = /^`.*`$/.test(value);
    return `\n${wrap(text)}\n#${name}=${isDefault ? value.slice(1, -1) : ''}\n`;
  });
  return head + entries.join('');
}

if (import.meta.main) writeFileSync('.env.example', envExample(readFileSync('docs/configuration.md', 'utf8')));
