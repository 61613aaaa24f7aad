import { MaxLength, Min } from 'class-validator';
import { Collection, ComplexType, Property } from '../../odata/edm/declarations.js';
import { Edm } from '../../odata/edm/primitive-types.js';
import { Position } from './career.dto.js';
import { DateRange, Duration, PartialDate } from './dates.dto.js';
import { OverlapType, PositionChangeType, SimpleProfileHighlightType } from './enumerations.js';
import { length } from './limits.js';
import { graph } from './schema.js';

/** A highlight in a few words. */
@ComplexType(graph)
export class SimpleProfileHighlight {
  @Property(Edm.String) @MaxLength(length.name) title?: string | null;
  @Property(Edm.String) @MaxLength(length.line) detail?: string | null;
  @Property(SimpleProfileHighlightType) type?: SimpleProfileHighlightType | null;
  @Property(Edm.String) @MaxLength(length.url) picture?: string | null;
  @Property(Edm.String) @MaxLength(length.url) link?: string | null;
}

/** A birthday. */
@ComplexType(graph)
export class Birthday {
  @Property(() => PartialDate) celebratedOn?: PartialDate | null;
}

/** A person newly hired. */
@ComplexType(graph)
export class MeetNewHire {
  @Property(Edm.String) @MaxLength(length.name) name?: string | null;
  @Property(Edm.String) @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String) @MaxLength(length.url) url?: string | null;
  @Property(Edm.String) @MaxLength(length.name) location?: string | null;
  @Property(() => PartialDate) hiredOn?: PartialDate | null;
}

/** A change from one position to another. */
@ComplexType(graph)
export class PositionChange {
  @Property(() => Position) newPosition?: Position | null;
  @Property(() => Position) oldPosition?: Position | null;
  @Property(PositionChangeType) positionChangeType?: PositionChangeType | null;
}

/** A person whom both viewer and viewee know. */
@ComplexType(graph)
export class SharedConnection {
  @Property(Edm.String) @MaxLength(length.name) firstName?: string | null;
  @Property(Edm.String) @MaxLength(length.name) lastName?: string | null;
  @Property(Edm.String) @MaxLength(length.url) picture?: string | null;
}

/** The people whom both viewer and viewee know. */
@ComplexType(graph)
export class SharedConnections {
  @Property(Collection(() => SharedConnection)) topSharedConnections?: SharedConnection[];
  @Property(Edm.Int32) @Min(0) totalCount?: number | null;
  @Property(Edm.String) @MaxLength(length.url) sharedConnectionPage?: string | null;
}

/** How long two stays overlapped. */
@ComplexType(graph)
export class OverlapInfoDetail {
  @Property(() => DateRange) dateRange?: DateRange | null;
  @Property(() => Duration) duration?: Duration | null;
}

/** How two stays at one place overlapped. */
@ComplexType(graph)
export class OverlapInfo {
  @Property(() => OverlapInfoDetail) detail?: OverlapInfoDetail | null;
  @Property(OverlapType) overlapType?: OverlapType | null;
}

/** A place of education that viewer and viewee share. */
@ComplexType(graph)
export class SharedEducation {
  @Property(Edm.String) @MaxLength(length.name) name?: string | null;
  @Property(Edm.String) @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String) @MaxLength(length.url) url?: string | null;
  @Property(Edm.String) @MaxLength(length.name) location?: string | null;
  @Property(() => OverlapInfo) overlapInfo?: OverlapInfo | null;
}

/** The places of education that viewer and viewee share. */
@ComplexType(graph)
export class SharedEducations {
  @Property(Collection(() => SharedEducation)) sharedEducations?: SharedEducation[];
}

/** A place of work that viewer and viewee share. */
@ComplexType(graph)
export class SharedExperience {
  @Property(Edm.String) @MaxLength(length.name) name?: string | null;
  @Property(Edm.String) @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String) @MaxLength(length.url) url?: string | null;
  @Property(Edm.String) @MaxLength(length.name) location?: string | null;
  @Property(() => OverlapInfo) overlapInfo?: OverlapInfo | null;
}

/** The places of work that viewer and viewee share. */
@ComplexType(graph)
export class SharedExperiences {
  @Property(Collection(() => SharedExperience)) sharedExperiences?: SharedExperience[];
}

/** An anniversary at a place of work. */
@ComplexType(graph)
export class WorkAnniversary {
  @Property(Edm.String) @MaxLength(length.name) name?: string | null;
  @Property(Edm.String) @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String) @MaxLength(length.url) url?: string | null;
  @Property(Edm.String) @MaxLength(length.name) location?: string | null;
  @Property(() => PartialDate) startedOn?: PartialDate | null;
  @Property(Edm.Int32) @Min(0) numberOfYears?: number | null;
}

/** What stands out in a profile for the one who views it. */
@ComplexType(graph)
export class DecoratedProfileProfileHighlights {
  @Property(() => Birthday) birthday?: Birthday | null;
  @Property(() => MeetNewHire) meetNewHire?: MeetNewHire | null;
  @Property(() => PositionChange) positionChange?: PositionChange | null;
  @Property(() => SharedConnections) sharedConnections?: SharedConnections | null;
  @Property(() => SharedEducations) sharedEducations?: SharedEducations | null;
  @Property(() => SharedExperiences) sharedExperiences?: SharedExperiences | null;
  @Property(() => WorkAnniversary) workAnniversary?: WorkAnniversary | null;
}
