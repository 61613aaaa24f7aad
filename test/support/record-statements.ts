import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { Client } from 'pg';

/** What the service calls its connections, as an engine and as a service; those of the tests have no name. */
const ofService: ReadonlySet<unknown> = new Set(['odata', 'decorated-profiles']);

const sent = new Set<string>();
// The one method that every statement goes through, whatever its overloads.
const prototype = Client.prototype as unknown as { query: (...parameters: unknown[]) => unknown };
const { query } = prototype;
prototype.query = function (this: { connectionParameters: { application_name: unknown } }, ...parameters) {
  if (ofService.has(this.connectionParameters.application_name)) {
    const [asked] = parameters as [string | { readonly text: string }];
    sent.add(typeof asked === 'string' ? asked : asked.text);
  }
  return query.apply(this, parameters);
};

afterAll(() => {
  const file = join(process.env.TEST_STATEMENTS ?? '', String(process.pid));
  if (sent.size > 0) appendFileSync(file, `${[...sent].map((text) => JSON.stringify(text)).join('\n')}\n`);
  sent.clear();
});
