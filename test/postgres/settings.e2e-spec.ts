import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { library } from '../models/library.js';
import { postgresDatabase, type TestDatabase } from '../support/databases.js';
import { TestApp } from '../support/test-app.js';

let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  database = await postgresDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const name = new URL(database.url).pathname.slice(1);
  const settings = { standard_conforming_strings: 'off', extra_float_digits: '0', transform_null_equals: 'on' };
  for (const [setting, value] of Object.entries(settings))
    await client.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
  await client.end();
  app = await TestApp.start({ DATABASE_URL: database.url }, library);
  await app.post('/works', { code: 'a', title: '2.5', rating: 0.1 });
});
afterAll(async () => {
  await app.stop();
  await database.discard();
});

it.each([
  ['cast(title,Edm.Double)', 2.5],
  ['cast(rating add 0.2,Edm.String)', '0.30000000000000004'],
  ["cast('2020-02-29T12:00',Edm.DateTimeOffset)", '2020-02-29T12:00:00Z'],
])('whatever a database is set to, %s is %j', async (expression, value) => {
  const { body } = await app.get(`/works?$compute=${encodeURIComponent(expression)} as x&$select=x`);
  expect(body.value[0].x).toBe(value);
});
