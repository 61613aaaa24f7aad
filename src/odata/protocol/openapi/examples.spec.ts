import { describe, expect, it } from '@jest/globals';
import { buildModel } from '../edm/build-model.js';
import { EntityType, Key, Property } from '../edm/declarations.js';
import { Edm } from '../edm/primitive-types.js';
import { Schema } from '../edm/schema.js';
import { Examples } from './examples.js';

const schema = new Schema('test');

@EntityType(schema, { example: { id: 'a', title: 'One' } })
class Thing {
  @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  @Property(Edm.String) title?: string | null;
}

const type = buildModel(schema, { things: Thing }).entityTypes.get('Thing')!;

describe('examples of a description', () => {
  it('are served where the service is', () => {
    const examples = new Examples(type, { url: "things('a')", text: "things('a')" }, '/a/b');
    expect(examples.entity('things/$entity')).toMatchObject({
      '@odata.context': 'https://api.example.com/a/b/$metadata#things/$entity',
      id: 'a',
      title: 'One',
    });
    expect(examples.collection('things')).toMatchObject({
      '@odata.context': 'https://api.example.com/a/b/$metadata#things',
      value: [{ title: 'One' }],
    });
  });
});
