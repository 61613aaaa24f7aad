import { MaxLength } from 'class-validator';
import { ComplexType, Property } from '../../odata/edm/declarations.js';
import { Edm } from '../../odata/edm/primitive-types.js';
import { DateRange } from './dates.dto.js';
import { length } from './limits.js';
import { graph } from './schema.js';

/** A position that a person holds or held. */
@ComplexType(graph)
export class Position {
  @Property(Edm.String) @MaxLength(length.name) name?: string | null;
  @Property(Edm.String) @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String) @MaxLength(length.url) url?: string | null;
  @Property(Edm.String) @MaxLength(length.name) location?: string | null;
  @Property(Edm.String) @MaxLength(length.name) title?: string | null;
  @Property(() => DateRange) startEndDate?: DateRange | null;
  @Property(Edm.String) @MaxLength(length.text) description?: string | null;
}

/** A stay at a place of education. */
@ComplexType(graph)
export class Education {
  @Property(Edm.String) @MaxLength(length.name) name?: string | null;
  @Property(Edm.String) @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String) @MaxLength(length.url) url?: string | null;
  @Property(Edm.String) @MaxLength(length.name) location?: string | null;
  @Property(Edm.String) @MaxLength(length.name) degreeName?: string | null;
  @Property(() => DateRange) startEndDate?: DateRange | null;
  @Property(Edm.String) @MaxLength(length.name) fieldOfStudy?: string | null;
  @Property(Edm.String) @MaxLength(length.text) description?: string | null;
}
