/** See `Dialect.once`. `OFFSET 0` keeps the planner from putting the values back into the body. */
export function once(values: Readonly<Record<string, string>>, body: string): string {
  const columns = Object.entries(values).map(([name, value]) => `${value} AS ${name}`);
  return `(SELECT ${body} FROM (SELECT ${columns.join(', ')} OFFSET 0) AS q)`;
}
