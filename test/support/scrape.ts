import { parser } from '@prometheus-io/lezer-promql';

/** One sample of the text format of Prometheus. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads what Prometheus reads. @throws Error where a line is none of the format */
export function readSamples(text: string): readonly Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', labels = '', value = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === '') throw new Error(`No sample: ${line}`);
    const pairs = labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g);
    samples.push({
      name,
      labels: Object.fromEntries([...pairs].map(([, key, one]) => [key, one])),
      value: Number(value.replace('Inf', 'Infinity')),
    });
  }
  return samples;
}

/** What an expression selects: a metric, and the tests of its labels. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

/** The selectors of an expression, and the labels that it groups by. @throws Error where it is no PromQL */
export function readExpression(text: string): {
  readonly selectors: readonly Selector[];
  readonly labels: readonly string[];
} {
  const selectors: { metric: string; matchers: { label: string; operator: string; value: string }[] }[] = [];
  const labels: string[] = [];
  parser.parse(text).iterate({
    enter: ({ name, type, node }) => {
      const said = text.slice(node.from, node.to);
      if (type.isError) throw new Error(`No PromQL at ${node.from}: ${text}`);
      if (name === 'VectorSelector')
        selectors.push({ metric: text.slice(node.from, node.getChild('Identifier')?.to), matchers: [] });
      else if (name === 'UnquotedLabelMatcher') {
        const [, label = '', operator = '', value = ''] = /^(\w+)\s*(=~|!~|!=|=)\s*"(.*)"$/s.exec(said) ?? [];
        selectors.at(-1)!.matchers.push({ label, operator, value });
      } else if (name === 'GroupingLabels') labels.push(...(said.match(/\w+/g) ?? []));
    },
  });
  return { selectors, labels };
}

/** Whether a sample is one that is selected; what Prometheus adds to samples is there. */
export function isSelected({ name, labels }: Sample, { metric, matchers }: Selector): boolean {
  if (name !== metric) return false;
  return matchers.every(({ label, operator, value }) => {
    const has = label === 'instance' || label === 'job' ? 'any' : (labels[label] ?? '');
    if (operator === '=') return has === value;
    if (operator === '!=') return has !== value;
    return new RegExp(`^(?:${value})$`).test(has) === (operator === '=~');
  });
}
