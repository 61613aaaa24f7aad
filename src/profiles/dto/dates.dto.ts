import { Max, Min } from 'class-validator';
import { ComplexType, Property } from '../../odata/edm/declarations.js';
import { Edm } from '../../odata/edm/primitive-types.js';
import { graph } from './schema.js';

/** A date of which each part may be unknown. */
@ComplexType(graph, { name: 'Date' })
export class PartialDate {
  @Property(Edm.Int32) @Min(1) @Max(31) day?: number | null;
  @Property(Edm.Int32) @Min(1) @Max(12) month?: number | null;
  @Property(Edm.Int32) @Min(1) @Max(9999) year?: number | null;
}

/** A span of time; without an end it lasts until now. */
@ComplexType(graph)
export class DateRange {
  @Property(() => PartialDate) start?: PartialDate | null;
  @Property(() => PartialDate) end?: PartialDate | null;
}

/** A length of time; its parts add up. */
@ComplexType(graph)
export class Duration {
  @Property(Edm.Int32) @Min(0) numDays?: number | null;
  @Property(Edm.Int32) @Min(0) numMonths?: number | null;
  @Property(Edm.Int32) @Min(0) numYears?: number | null;
}
