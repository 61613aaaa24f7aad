import { expect, it } from '@jest/globals';
import { Transform } from 'class-transformer';
import { buildModel } from '../edm/build-model.js';
import { ComplexType, EntityType, Key, Property } from '../edm/declarations.js';
import { Edm } from '../edm/primitive-types.js';
import { Schema } from '../edm/schema.js';
import { PayloadWriter } from '../payload/write-entity.js';
import { parseQuery } from '../uri/parse-query.js';
import { bindApply } from './bind-apply.js';
import { Budget } from './budget.js';

const schema = new Schema('test');
const masked = Transform(() => '***', { toPlainOnly: true });

@ComplexType(schema)
class Contact {
  @Property(Edm.String) @masked phone?: string | null;
}

@EntityType(schema)
class Person {
  @Key() @Property(Edm.String, 'Names the person.', { nullable: false }) id!: string;
  @Property(Edm.String) @masked email?: string | null;
  @Property(Edm.String) city?: string | null;
  @Property(() => Contact) contact?: Contact | null;
}

it('the key of a group is written as the property that it was taken from', () => {
  const model = buildModel(schema, { people: Person });
  const root = model.entitySets.get('people')!;
  const { type } = root;
  const entity = { kind: 'entity', type } as const;
  const context = { model, aliases: new Map<string, never>(), now: new Date(0), budget: new Budget(), it: entity };
  const { output } = bindApply(
    context,
    { root, item: entity },
    parseQuery('$apply=groupby((email,city,contact/phone))').apply!,
  );
  const writer = new PayloadWriter({
    version: '4.01',
    metadata: 'none',
    ieee754Compatible: false,
    omitNulls: false,
    serviceRoot: '',
  });
  const value = { email: 'ann@x', city: 'Bonn', contact: { phone: '1' } };
  const text = writer.propertyDocument({ type: output.type, collection: true }, [value], { contextFragment: '' });
  expect(JSON.parse(text)).toEqual({ value: [{ email: '***', city: 'Bonn', contact: { phone: '***' } }] });
});
