import { MaxLength } from 'class-validator';
import type { Domain } from '../../src/app.module.js';
import { buildModel } from '../../src/odata/protocol/edm/build-model.js';
import {
  Collection,
  ComplexType,
  Computed,
  Contained,
  EntityType,
  enumType,
  Immutable,
  Indexed,
} from '../../src/odata/protocol/edm/declarations.js';
import { Key, Property, References, Searchable } from '../../src/odata/protocol/edm/declarations.js';
import { Edm } from '../../src/odata/protocol/edm/primitive-types.js';
import { Schema } from '../../src/odata/protocol/edm/schema.js';

/** A model that has what profiles lack: derived types, every primitive type, flags, several kinds of keys, a singleton. */
const schema = new Schema('test.library');

const Access = enumType(schema, 'Access', { None: 0, Read: 1, Lend: 2, Copy: 4, Use: 3 }, { flags: true });
const Size = enumType(
  schema,
  'Size',
  { Small: { value: 10, description: 'Goes into a pocket.' }, Medium: 20, Large: 40, Folio: 40 },
  { underlying: Edm.Byte },
);

@ComplexType(schema)
class Place {
  @Property(Edm.String) @Searchable() city?: string | null;
  @Property(Edm.Int32) floor?: number | null;
}

@ComplexType(schema)
class Archive extends Place {
  @Property(Edm.String) vault?: string | null;
}

@ComplexType(schema, { open: true })
class Facts {
  @Property(Edm.String) source?: string | null;
}

@EntityType(schema)
class Author {
  @Key() @Property(Edm.String, 'Names the author.', { nullable: false }) id!: string;
  @Property(Edm.String) @Searchable() name?: string | null;
  @Property(Edm.Date) born?: string | null;
  @References(() => Work, 'What the author wrote.', { collection: true }) works?: unknown[];
}

@EntityType(schema)
class Remark {
  @Key() @Property(Edm.String, 'Names the remark.', { nullable: false }) id!: string;
  @Property(Edm.String) text?: string | null;
}

@EntityType(schema)
class Summary {
  @Key() @Property(Edm.Guid, 'Names the summary.', { nullable: false }) id!: string;
  @Property(Edm.String) text?: string | null;
}

@EntityType(schema)
class Chapter {
  @Key() @Property(Edm.Int32, 'Its place in the work.', { nullable: false }) number!: number;
  @Property(Edm.String) @Searchable() title?: string | null;
  @Property(Edm.Int32) pages?: number | null;
  @Property(Collection(Edm.String)) words?: string[];
  @Contained(() => Summary, 'What it says, in short.') summary?: Summary | null;
  @Contained(() => Remark, 'What readers say.', { collection: true }) remarks?: Remark[];
  @References(() => Author, 'Who edited it.') editor?: Author | null;
}

@EntityType(schema)
class Work {
  @Key() @Property(Edm.String, 'Shelf mark.', { nullable: false }) code!: string;
  @Property(Edm.String) @MaxLength(100) @Indexed() @Searchable() title?: string | null;
  @Property(Edm.Binary) cover?: string | null;
  @Property(Edm.Boolean) lent?: boolean | null;
  @Property(Edm.Byte) shelf?: number | null;
  @Property(Edm.SByte) temperature?: number | null;
  @Property(Edm.Int16) year?: number | null;
  @Property(Edm.Int32) @Indexed() loans?: number | null;
  @Property(Edm.Int64) barcode?: number | null;
  @Property(Edm.Decimal) price?: number | null;
  @Property(Edm.Single) weight?: number | null;
  @Property(Edm.Double) rating?: number | null;
  @Property(Edm.Date) published?: string | null;
  @Property(Edm.DateTimeOffset) acquired?: string | null;
  @Property(Edm.TimeOfDay) opensAt?: string | null;
  @Property(Edm.Duration) lendingTime?: string | null;
  @Property(Edm.Guid) token?: string | null;
  @Property(Edm.GeographyPoint) position?: object | null;
  @Property(Edm.GeometryPolygon) outline?: object | null;
  @Property(Access) access?: string | null;
  @Property(Size) size?: string | null;
  @Property(Collection(Edm.Int32)) numbers?: number[];
  @Property(() => Place) place?: Place | null;
  @Property(Collection(() => Place)) places?: Place[];
  @Property(() => Facts) facts?: Facts | null;
  @Contained(() => Chapter, 'Its parts, by number.', { collection: true }) chapters?: Chapter[];
  @References(() => Author, 'Who is named first.') writer?: Author | null;
  @References(() => Author, 'Everybody who wrote it.', { collection: true }) writers?: Author[];
}

@EntityType(schema)
class Book extends Work {
  @Property(Edm.String) author?: string | null;
}

@EntityType(schema)
class Map extends Work {
  @Property(Edm.Int32) scale?: number | null;
  @References(() => Booking, 'When it is shown.', { collection: true }) shows?: Booking[];
}

@EntityType(schema)
class Atlas extends Map {
  @Property(Edm.Int32) sheets?: number | null;
}

@EntityType(schema)
class Guest {
  @Key() @Property(Edm.String, 'Names the guest.', { nullable: false }) id!: string;
  @Property(Edm.String, 'What the guest is called.', { nullable: false }) name!: string;
  @Property(Edm.Boolean) vegetarian?: boolean | null;
}

@EntityType(schema)
class Booking {
  @Key() @Property(Edm.String, 'Name of the room.', { nullable: false }) room!: string;
  @Key() @Property(Edm.Date, 'The day for which it is booked.', { nullable: false }) day!: string;
  @Property(Edm.String) by?: string | null;
  @Property(Edm.Int32, 'How many come.', { nullable: false }) seats!: number;
  @Contained(() => Guest, 'Who comes.', { collection: true }) guests?: Guest[];
}

@EntityType(schema, { open: true })
class Event {
  @Key() @Property(Edm.Guid, 'Names the event.', { nullable: false }) token!: string;
  @Property(Edm.String) name?: string | null;
}

@EntityType(schema)
class Note {
  @Key() @Computed() @Property(Edm.Guid, 'Names the note.', { nullable: false }) id!: string;
  @Property(Edm.String) text?: string | null;
  @Property(Edm.String) @Immutable() writer?: string | null;
}

@EntityType(schema)
class Settings {
  @Key() @Property(Edm.String, 'Names the settings.', { nullable: false }) name!: string;
  @Property(Edm.Duration) lendingTime?: string | null;
  @Property(() => Place) seat?: Place | null;
  @References(() => Work, 'What everybody should read.') featured?: Work | null;
}

// Declared for what derives from them; nothing else names them.
export const derived = [Archive, Book, Atlas];

export const libraryModel = buildModel(
  schema,
  { works: Work, authors: Author, bookings: Booking, events: Event, notes: Note },
  { settings: Settings },
);

/** The library as a service that has no rules of its own: everything in it is modified as the model says. */
export const library: Domain = {
  model: libraryModel,
  modules: [],
};
