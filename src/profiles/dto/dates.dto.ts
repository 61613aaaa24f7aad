import { Max, Min } from 'class-validator';
import { ComplexType, Edm, Property } from '../../odata/model.js';
import { graph } from './schema.js';

@ComplexType(graph, { name: 'Date', description: 'A date of which each part may be unknown.' })
export class PartialDate {
  @Property(Edm.Int32, 'Day of the month, from 1.') @Min(1) @Max(31) day?: number | null;
  @Property(Edm.Int32, 'Month of the year, from 1.') @Min(1) @Max(12) month?: number | null;
  @Property(Edm.Int32, 'Year of the Gregorian calendar.') @Min(1) @Max(9999) year?: number | null;
}

@ComplexType(graph, { description: 'A span of time; without an end it lasts until now.' })
export class DateRange {
  @Property(() => PartialDate, 'When it began.') start?: PartialDate | null;
  @Property(() => PartialDate, 'When it ended.') end?: PartialDate | null;
}

@ComplexType(graph, { description: 'A length of time; its parts add up.' })
export class Duration {
  @Property(Edm.Int32, 'Days.') @Min(0) numDays?: number | null;
  @Property(Edm.Int32, 'Months.') @Min(0) numMonths?: number | null;
  @Property(Edm.Int32, 'Years.') @Min(0) numYears?: number | null;
}
