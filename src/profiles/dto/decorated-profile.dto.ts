import { MaxLength, Min } from 'class-validator';
import { Collection, Edm, EntityType, Indexed, ODataFunction, Property, Searchable } from '../../odata/model.js';
import { Education, Position } from './career.dto.js';
import { Connection, IM, Invitation, Locale, PhoneNumber, Website } from './contact.dto.js';
import { PartialDate } from './dates.dto.js';
import { exampleProfile } from './examples.js';
import { Entity } from './entity.dto.js';
import { ConnectionDegree } from './enumerations.js';
import { DecoratedProfileProfileHighlights, SimpleProfileHighlight } from './highlights.dto.js';
import { length } from './limits.js';
import { SalesNavigatorInfo } from './sales-navigator.dto.js';
import { graph } from './schema.js';

@EntityType(graph, {
  description: 'The profile of a person (the viewee), decorated with what concerns the user who views it (the viewer).',
  example: exampleProfile,
})
export class DecoratedProfile extends Entity {
  @Property(Edm.String, 'URL of the public profile.') @MaxLength(length.url) profileUrl?: string | null;
  @Property(Edm.String, 'Given name.') @MaxLength(length.name) @Indexed() @Searchable() firstName?: string | null;
  @Property(Edm.String, 'Family name.') @MaxLength(length.name) @Indexed() @Searchable() lastName?: string | null;
  @Property(Edm.String, 'What the person is, in a line of their own words.')
  @MaxLength(length.line)
  @Searchable()
  headline?: string | null;
  @Property(Edm.String, 'Name of the industry that the person works in.')
  @MaxLength(length.name)
  @Indexed()
  @Searchable()
  industryName?: string | null;
  @Property(Edm.String, 'What the person says of themselves, in a few paragraphs.')
  @MaxLength(length.text)
  @Searchable()
  summary?: string | null;
  @Property(Edm.String, 'Where the person lives, as the person wrote it.')
  @MaxLength(length.name)
  @Searchable()
  location?: string | null;
  @Property(Edm.String, 'URL of the picture.') @MaxLength(length.url) picture?: string | null;
  @Property(Collection(() => Position), 'The latest positions, the newest first.') recentPositions?: Position[];
  @Property(Edm.Int32, 'Number of all positions, those that are not listed included.')
  @Min(0)
  totalPositionCount?: number | null;
  @Property(Collection(() => Education), 'The latest stays at places of education, the newest first.')
  recentEducations?: Education[];
  @Property(Edm.Int32, 'Number of all of them, those that are not listed included.')
  @Min(0)
  totalEducationCount?: number | null;
  @Property(Collection(Edm.String), 'Names of skills.')
  @MaxLength(length.name, { each: true })
  @Searchable()
  skills?: string[];
  @Property(Collection(Edm.String), 'Addresses of electronic mail.')
  @MaxLength(length.name, { each: true })
  emails?: string[];
  @Property(Collection(() => PhoneNumber), 'Telephone numbers.') phoneNumbers?: PhoneNumber[];
  @Property(Collection(() => IM), 'Accounts of instant messengers.') ims?: IM[];
  @Property(Collection(() => Website), 'Websites of the person.') websites?: Website[];
  @Property(() => PartialDate, 'Date of birth, as far as it is known.') bornOn?: PartialDate | null;
  @Property(() => Locale, 'Language that the profile is written in.') locale?: Locale | null;
  @Property(() => Connection, 'How many connections the person has.') connection?: Connection | null;
  @Property(Edm.Boolean, 'Whether viewer and viewee are connected.') connected?: boolean | null;
  @Property(ConnectionDegree, 'How far apart viewer and viewee stand in the network.')
  @Indexed()
  connectionDegree?: ConnectionDegree | null;
  @Property(Edm.Boolean, 'Whether the viewer has invited the viewee to connect.')
  invitationSentFromViewer?: boolean | null;
  @Property(() => Invitation, 'Invitation to the viewer that waits for an answer.')
  pendingInvitationSentFromViewee?: Invitation | null;
  @Property(Collection(() => SimpleProfileHighlight), 'What stands out in the profile, in a few words each.')
  simpleProfileHighlights?: SimpleProfileHighlight[];
  @Property(Collection(() => DecoratedProfileProfileHighlights), 'What stands out in the profile, in full.')
  profileHighlights?: DecoratedProfileProfileHighlights[];
  @Property(Edm.Boolean, 'Whether the viewer may invite the viewee to connect.')
  viewerCanConnectViewee?: boolean | null;
  @Property(Edm.Boolean, 'Whether the viewer may follow the viewee.') viewerCanFollowViewee?: boolean | null;
  @Property(() => SalesNavigatorInfo, 'What Sales Navigator knows of the person.')
  salesNavigatorInfo?: SalesNavigatorInfo | null;
}

@ODataFunction(graph, {
  on: () => DecoratedProfile,
  returns: Collection(Edm.String),
  description: 'Names the properties that a profile lacks to be complete: those that others look at first.',
})
export class MissingProperties {}
