import { MaxLength, MinLength } from 'class-validator';
import { Edm, EntityType, Key, Property } from '../../odata/model.js';
import { length } from './limits.js';
import { graph } from './schema.js';

@EntityType(graph, {
  name: 'entity',
  abstract: true,
  description: 'The base of every entity type: an opaque id that never changes.',
})
export abstract class Entity {
  @Key()
  @Property(Edm.String, 'Names the entity; opaque, it never changes.', { nullable: false })
  @MinLength(1)
  @MaxLength(length.identifier)
  id!: string;
}
