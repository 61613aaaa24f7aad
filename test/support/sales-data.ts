import type { JsonObject } from '../../src/odata/protocol/json/json-value.js';
import { memberName } from '../../src/odata/protocol/payload/stored-entity.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import { salesModel } from '../models/sales.js';
import type { TestApp } from './test-app.js';
import { ann } from './tokens.js';

/** References to several entities, as they are stored. */
export const linksTo = (keys: readonly string[]): JsonObject =>
  Object.fromEntries(keys.map((key) => [memberName(key), key]));

/** Entities as they are stored, by set and key. */
export type SalesData = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;

let tenants = 0;

/** Makes a tenant with these entities; gives who reads them. */
export async function salesTenant(app: TestApp, data: SalesData): Promise<object> {
  const tenant = `t${++tenants}`;
  for (const [name, entities] of Object.entries(data)) {
    const set = aggregateSet(salesModel.entitySets.get(name)!);
    for (const [id, document] of Object.entries(entities))
      await app.store.insert({ set, tenant, owner: 'ann', id, document });
  }
  return { ...ann, tid: tenant };
}

const referTo = (id: string, more: JsonObject = {}): JsonObject => ({ Name: id, ...more });
const organization = (id: string, number: number, parent?: string, more: JsonObject = {}): JsonObject =>
  referTo(id, { Place: { Number: number }, ...(parent === undefined ? {} : { Superordinate: parent }), ...more });
const sale = (id: number, amount: number, customer: string, by: string, more: JsonObject = {}): JsonObject => ({
  ID: id,
  Amount: amount,
  Customer: customer,
  SalesOrganization: by,
  ...more,
});

/** The data of the examples (Data Aggregation 2.2), and some more. */
export const example: Readonly<Record<string, Readonly<Record<string, JsonObject>>>> = {
  SalesOrganizations: {
    Sales: organization('Sales', 1),
    US: organization('US', 2, 'Sales'),
    'US West': organization('US West', 21, 'US', { $type: 'test.sales.Branch', Staff: 5 }),
    'US East': organization('US East', 22, 'US'),
    EMEA: organization('EMEA', 3, 'Sales'),
    'EMEA Central': organization('EMEA Central', 31, 'EMEA'),
  },
  Customers: {
    C1: { Name: 'Joe', Country: 'USA', Sales: linksTo(['1', '2', '3']) },
    C2: { Name: 'Sue', Country: 'USA', Sales: linksTo(['4', '5']) },
    C3: { Name: 'Sue', Country: 'Netherlands', Sales: linksTo(['6', '7', '8']) },
    C4: { Name: 'Luc', Country: 'France' },
  },
  Sales: {
    '1': sale(1, 1, 'C1', 'US West', {
      Organization: 'US',
      Helpers: linksTo(['US']),
      Places: [
        { Number: 2, City: 'a' },
        { Number: 3, City: 'b' },
      ],
    }),
    '2': sale(2, 2, 'C1', 'US West', { Organization: 'US East', Places: [{ Number: 22 }] }),
    '3': sale(3, 4, 'C1', 'US West', { Organization: 'US West' }),
    '4': sale(4, 8, 'C2', 'US East', { Helpers: linksTo(['US East', 'EMEA Central']) }),
    '5': sale(5, 4, 'C2', 'US East'),
    '6': sale(6, 2, 'C3', 'EMEA Central', { Tags: ['EMEA Central', 'no node'] }),
    '7': sale(7, 1, 'C3', 'EMEA Central', { Tags: ['x', 'EMEA'] }),
    '8': sale(8, 2, 'C3', 'EMEA Central', { Tags: ['Sales'] }),
  },
};
