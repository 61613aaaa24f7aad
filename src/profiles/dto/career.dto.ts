import { MaxLength } from 'class-validator';
import { ComplexType, Edm, Property } from '../../odata/model.js';
import { DateRange } from './dates.dto.js';
import { length } from './limits.js';
import { graph } from './schema.js';

@ComplexType(graph, { description: 'A position that a person holds or held.' })
export class Position {
  @Property(Edm.String, 'Name of the organisation.') @MaxLength(length.name) name?: string | null;
  @Property(Edm.String, 'URL of the logo of the organisation.') @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String, 'URL of the page of the organisation.') @MaxLength(length.url) url?: string | null;
  @Property(Edm.String, 'Where the person works or worked, as the person wrote it.')
  @MaxLength(length.name)
  location?: string | null;
  @Property(Edm.String, 'Title of the position.') @MaxLength(length.name) title?: string | null;
  @Property(() => DateRange, 'When it began and ended; without an end the person still holds it.')
  startEndDate?: DateRange | null;
  @Property(Edm.String, 'What the person says of the position.') @MaxLength(length.text) description?: string | null;
}

@ComplexType(graph, { description: 'A stay at a place of education.' })
export class Education {
  @Property(Edm.String, 'Name of the place of education.') @MaxLength(length.name) name?: string | null;
  @Property(Edm.String, 'URL of the logo of the place.') @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String, 'URL of the page of the place.') @MaxLength(length.url) url?: string | null;
  @Property(Edm.String, 'Where the place is, as the person wrote it.') @MaxLength(length.name) location?: string | null;
  @Property(Edm.String, 'Degree that was or will be earned.') @MaxLength(length.name) degreeName?: string | null;
  @Property(() => DateRange, 'When it began and ended; without an end it lasts until now.')
  startEndDate?: DateRange | null;
  @Property(Edm.String, 'Subject of the studies.') @MaxLength(length.name) fieldOfStudy?: string | null;
  @Property(Edm.String, 'What the person says of this time.') @MaxLength(length.text) description?: string | null;
}
