import type { Domain } from '../../src/app.module.js';
import {
  buildModel,
  Contained,
  Edm,
  EntityType,
  Key,
  Property,
  References,
  Schema,
  Stream,
} from '../../src/odata/model.js';

/** A model with streams of every kind: media entities, derived ones too, stream properties at every place of an aggregate. */
const schema = new Schema('test.pictures', { description: 'Pictures, and albums of them.' });

@EntityType(schema, { media: { accepts: ['image/*', 'text/html', 'text/plain', 'application/json'] } })
export class Photo {
  @Key() @Property(Edm.String, 'Names the photo.', { nullable: false }) id!: string;
  @Property(Edm.String) title?: string | null;
  @Stream('The same, small.', { accepts: ['image/png'], maxLength: 1000 }) thumbnail?: never;
}

@EntityType(schema)
export class Portrait extends Photo {
  @Property(Edm.String) of?: string | null;
  @Stream('What the model was told.') release?: never;
}

@EntityType(schema)
export class Page {
  @Key() @Property(Edm.Int32, 'Its number.', { nullable: false }) number!: number;
  @Property(Edm.String) text?: string | null;
  @Stream('The page as it is.') scan?: never;
}

@EntityType(schema)
class Back {
  @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  @Stream('What is on it.') picture?: never;
}

@EntityType(schema, { open: true })
export class Album {
  @Key() @Property(Edm.String, 'Names the album.', { nullable: false }) id!: string;
  @Property(Edm.String) title?: string | null;
  @Stream('What is on its front.') cover?: never;
  @Contained(() => Page, 'Its pages.', { collection: true }) pages?: Page[];
  @Contained(() => Back, 'Its back.') back?: Back | null;
  @References(() => Photo, 'The first photo.') first?: Photo | null;
}

@EntityType(schema)
class Show {
  @Key() @Property(Edm.String, 'Names the show.', { nullable: false }) id!: string;
  @References(() => Photo, 'What it shows.', { collection: true, onDelete: 'cascade' }) photos?: Photo[];
}

@EntityType(schema)
class Sheet {
  @Key() @Property(Edm.String, 'Names the sheet.', { nullable: false }) id!: string;
  @Property(Edm.String) note?: string | null;
}

@EntityType(schema, { media: true })
class Logo {
  @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
}

export const picturesModel = buildModel(
  schema,
  { photos: Photo, albums: Album, sheets: Sheet, shows: Show, logos: Logo },
  { desk: Album },
);

export const pictures: Domain = { model: picturesModel, modules: [] };
