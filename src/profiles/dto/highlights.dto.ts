import { MaxLength, Min } from 'class-validator';
import { Collection, ComplexType, Edm, Property } from '../../odata/model.js';
import { Position } from './career.dto.js';
import { DateRange, Duration, PartialDate } from './dates.dto.js';
import { OverlapType, PositionChangeType, SimpleProfileHighlightType } from './enumerations.js';
import { length } from './limits.js';
import { graph } from './schema.js';

@ComplexType(graph, { description: 'A highlight in a few words.' })
export class SimpleProfileHighlight {
  @Property(Edm.String, 'Its heading.') @MaxLength(length.name) title?: string | null;
  @Property(Edm.String, 'What it says.') @MaxLength(length.line) detail?: string | null;
  @Property(SimpleProfileHighlightType, 'What viewer and viewee share.') type?: SimpleProfileHighlightType | null;
  @Property(Edm.String, 'URL of a picture to show beside it.') @MaxLength(length.url) picture?: string | null;
  @Property(Edm.String, 'URL of a page that tells more.') @MaxLength(length.url) link?: string | null;
}

@ComplexType(graph, { description: 'A birthday.' })
export class Birthday {
  @Property(() => PartialDate, 'Day on which it is celebrated, often without the year.')
  celebratedOn?: PartialDate | null;
}

@ComplexType(graph, { description: 'A person newly hired.' })
export class MeetNewHire {
  @Property(Edm.String, 'Name of the organisation.') @MaxLength(length.name) name?: string | null;
  @Property(Edm.String, 'URL of the logo of the organisation.') @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String, 'URL of the page of the organisation.') @MaxLength(length.url) url?: string | null;
  @Property(Edm.String, 'Where the organisation is.') @MaxLength(length.name) location?: string | null;
  @Property(() => PartialDate, 'When the person was hired.') hiredOn?: PartialDate | null;
}

@ComplexType(graph, { description: 'A change from one position to another.' })
export class PositionChange {
  @Property(() => Position, 'Position that the person has now.') newPosition?: Position | null;
  @Property(() => Position, 'Position that the person had before.') oldPosition?: Position | null;
  @Property(PositionChangeType, 'How the position changed.') positionChangeType?: PositionChangeType | null;
}

@ComplexType(graph, { description: 'A person whom both viewer and viewee know.' })
export class SharedConnection {
  @Property(Edm.String, 'Given name.') @MaxLength(length.name) firstName?: string | null;
  @Property(Edm.String, 'Family name.') @MaxLength(length.name) lastName?: string | null;
  @Property(Edm.String, 'URL of the picture.') @MaxLength(length.url) picture?: string | null;
}

@ComplexType(graph, { description: 'The people whom both viewer and viewee know.' })
export class SharedConnections {
  @Property(Collection(() => SharedConnection), 'Those who matter most.') topSharedConnections?: SharedConnection[];
  @Property(Edm.Int32, 'Number of all of them.') @Min(0) totalCount?: number | null;
  @Property(Edm.String, 'URL of a page that lists all of them.')
  @MaxLength(length.url)
  sharedConnectionPage?: string | null;
}

@ComplexType(graph, { description: 'How long two stays overlapped.' })
export class OverlapInfoDetail {
  @Property(() => DateRange, 'When both were there.') dateRange?: DateRange | null;
  @Property(() => Duration, 'For how long both were there.') duration?: Duration | null;
}

@ComplexType(graph, { description: 'How two stays at one place overlapped.' })
export class OverlapInfo {
  @Property(() => OverlapInfoDetail, 'When and for how long.') detail?: OverlapInfoDetail | null;
  @Property(OverlapType, 'How the stays lie to each other in time.') overlapType?: OverlapType | null;
}

@ComplexType(graph, { description: 'A place of education that viewer and viewee share.' })
export class SharedEducation {
  @Property(Edm.String, 'Name of the place of education.') @MaxLength(length.name) name?: string | null;
  @Property(Edm.String, 'URL of the logo of the place.') @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String, 'URL of the page of the place.') @MaxLength(length.url) url?: string | null;
  @Property(Edm.String, 'Where the place is.') @MaxLength(length.name) location?: string | null;
  @Property(() => OverlapInfo, 'How the stays of both overlapped.') overlapInfo?: OverlapInfo | null;
}

@ComplexType(graph, { description: 'The places of education that viewer and viewee share.' })
export class SharedEducations {
  @Property(Collection(() => SharedEducation), 'Each of them.') sharedEducations?: SharedEducation[];
}

@ComplexType(graph, { description: 'A place of work that viewer and viewee share.' })
export class SharedExperience {
  @Property(Edm.String, 'Name of the organisation.') @MaxLength(length.name) name?: string | null;
  @Property(Edm.String, 'URL of the logo of the organisation.') @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String, 'URL of the page of the organisation.') @MaxLength(length.url) url?: string | null;
  @Property(Edm.String, 'Where the organisation is.') @MaxLength(length.name) location?: string | null;
  @Property(() => OverlapInfo, 'How the stays of both overlapped.') overlapInfo?: OverlapInfo | null;
}

@ComplexType(graph, { description: 'The places of work that viewer and viewee share.' })
export class SharedExperiences {
  @Property(Collection(() => SharedExperience), 'Each of them.') sharedExperiences?: SharedExperience[];
}

@ComplexType(graph, { description: 'An anniversary at a place of work.' })
export class WorkAnniversary {
  @Property(Edm.String, 'Name of the organisation.') @MaxLength(length.name) name?: string | null;
  @Property(Edm.String, 'URL of the logo of the organisation.') @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String, 'URL of the page of the organisation.') @MaxLength(length.url) url?: string | null;
  @Property(Edm.String, 'Where the organisation is.') @MaxLength(length.name) location?: string | null;
  @Property(() => PartialDate, 'When the person began to work there.') startedOn?: PartialDate | null;
  @Property(Edm.Int32, 'Full years since then.') @Min(0) numberOfYears?: number | null;
}

@ComplexType(graph, { description: 'What stands out in a profile for the one who views it.' })
export class DecoratedProfileProfileHighlights {
  @Property(() => Birthday, 'A birthday that is near.') birthday?: Birthday | null;
  @Property(() => MeetNewHire, 'The person was hired lately.') meetNewHire?: MeetNewHire | null;
  @Property(() => PositionChange, 'The person changed position lately.') positionChange?: PositionChange | null;
  @Property(() => SharedConnections, 'People whom both know.') sharedConnections?: SharedConnections | null;
  @Property(() => SharedEducations, 'Places of education that both share.') sharedEducations?: SharedEducations | null;
  @Property(() => SharedExperiences, 'Places of work that both share.') sharedExperiences?: SharedExperiences | null;
  @Property(() => WorkAnniversary, 'An anniversary at work that is near.') workAnniversary?: WorkAnniversary | null;
}
