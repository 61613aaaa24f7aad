import { MaxLength, Min } from 'class-validator';
import { Collection, EntityType, Indexed, Property, Searchable } from '../../odata/edm/declarations.js';
import { Edm } from '../../odata/edm/primitive-types.js';
import { Education, Position } from './career.dto.js';
import { Connection, IM, Invitation, Locale, PhoneNumber, Website } from './contact.dto.js';
import { PartialDate } from './dates.dto.js';
import { Entity } from './entity.dto.js';
import { ConnectionDegree } from './enumerations.js';
import { DecoratedProfileProfileHighlights, SimpleProfileHighlight } from './highlights.dto.js';
import { length } from './limits.js';
import { SalesNavigatorInfo } from './sales-navigator.dto.js';
import { graph } from './schema.js';

/** The profile of a person, decorated with what concerns the one who views it. */
@EntityType(graph)
export class DecoratedProfile extends Entity {
  @Property(Edm.String) @MaxLength(length.url) profileUrl?: string | null;
  @Property(Edm.String) @MaxLength(length.name) @Indexed() @Searchable() firstName?: string | null;
  @Property(Edm.String) @MaxLength(length.name) @Indexed() @Searchable() lastName?: string | null;
  @Property(Edm.String) @MaxLength(length.line) @Searchable() headline?: string | null;
  @Property(Edm.String) @MaxLength(length.name) @Indexed() @Searchable() industryName?: string | null;
  @Property(Edm.String) @MaxLength(length.text) @Searchable() summary?: string | null;
  @Property(Edm.String) @MaxLength(length.name) @Searchable() location?: string | null;
  @Property(Edm.String) @MaxLength(length.url) picture?: string | null;
  @Property(Collection(() => Position)) recentPositions?: Position[];
  @Property(Edm.Int32) @Min(0) totalPositionCount?: number | null;
  @Property(Collection(() => Education)) recentEducations?: Education[];
  @Property(Edm.Int32) @Min(0) totalEducationCount?: number | null;
  @Property(Collection(Edm.String)) @MaxLength(length.name, { each: true }) @Searchable() skills?: string[];
  @Property(Collection(Edm.String)) @MaxLength(length.name, { each: true }) emails?: string[];
  @Property(Collection(() => PhoneNumber)) phoneNumbers?: PhoneNumber[];
  @Property(Collection(() => IM)) ims?: IM[];
  @Property(Collection(() => Website)) websites?: Website[];
  @Property(() => PartialDate) bornOn?: PartialDate | null;
  @Property(() => Locale) locale?: Locale | null;
  @Property(() => Connection) connection?: Connection | null;
  @Property(Edm.Boolean) connected?: boolean | null;
  @Property(ConnectionDegree) @Indexed() connectionDegree?: ConnectionDegree | null;
  @Property(Edm.Boolean) invitationSentFromViewer?: boolean | null;
  @Property(() => Invitation) pendingInvitationSentFromViewee?: Invitation | null;
  @Property(Collection(() => SimpleProfileHighlight)) simpleProfileHighlights?: SimpleProfileHighlight[];
  @Property(Collection(() => DecoratedProfileProfileHighlights))
  profileHighlights?: DecoratedProfileProfileHighlights[];
  @Property(Edm.Boolean) viewerCanConnectViewee?: boolean | null;
  @Property(Edm.Boolean) viewerCanFollowViewee?: boolean | null;
  @Property(() => SalesNavigatorInfo) salesNavigatorInfo?: SalesNavigatorInfo | null;
}
