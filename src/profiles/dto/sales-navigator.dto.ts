import { MaxLength, Min } from 'class-validator';
import { Collection, ComplexType, Property } from '../../odata/edm/declarations.js';
import { Edm } from '../../odata/edm/primitive-types.js';
import { SalesNavigatorInsightType } from './enumerations.js';
import { length } from './limits.js';
import { graph } from './schema.js';

/** A person in Sales Navigator. */
@ComplexType(graph)
export class SalesNavigatorPersonInfo {
  @Property(Edm.String) @MaxLength(length.name) firstName?: string | null;
  @Property(Edm.String) @MaxLength(length.name) lastName?: string | null;
  @Property(Edm.String) @MaxLength(length.url) url?: string | null;
  @Property(Edm.String) @MaxLength(length.url) photoUrl?: string | null;
}

/** The ways to a person that lead through the viewer's team. */
@ComplexType(graph)
export class SalesNavigatorTeamlinkInfo {
  @Property(Edm.Int32) @Min(0) countOfTotalTeamlinkConnections?: number | null;
  @Property(Edm.String) @MaxLength(length.url) teamlinkSearchUrl?: string | null;
  @Property(Collection(() => SalesNavigatorPersonInfo)) topTeamlinks?: SalesNavigatorPersonInfo[];
}

/** Something that happened around a person; `createdAt` is in milliseconds since 1970-01-01T00:00:00Z. */
@ComplexType(graph)
export class SalesNavigatorInsight {
  @Property(Edm.Int64) createdAt?: number | bigint | null;
  @Property(SalesNavigatorInsightType) insightType?: SalesNavigatorInsightType | null;
  @Property(Edm.String) @MaxLength(length.name) title?: string | null;
  @Property(Edm.String) @MaxLength(length.line) detail?: string | null;
  @Property(Edm.String) @MaxLength(length.url) insightUrl?: string | null;
  @Property(Edm.String) @MaxLength(length.url) photoUrl?: string | null;
  @Property(() => SalesNavigatorPersonInfo) person?: SalesNavigatorPersonInfo | null;
}

/** An organisation. */
@ComplexType(graph)
export class LinkedInOrganization {
  @Property(Edm.String) @MaxLength(length.name) name?: string | null;
  @Property(Edm.String) @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String) @MaxLength(length.url) url?: string | null;
  @Property(Edm.String) @MaxLength(length.name) location?: string | null;
}

/** What Sales Navigator knows of a person. */
@ComplexType(graph)
export class SalesNavigatorInfo {
  @Property(Edm.String) @MaxLength(length.url) profileUrl?: string | null;
  @Property(() => SalesNavigatorTeamlinkInfo) teamlinkInfo?: SalesNavigatorTeamlinkInfo | null;
  @Property(Collection(() => SalesNavigatorInsight)) insights?: SalesNavigatorInsight[];
  @Property(Edm.Boolean) savedLead?: boolean | null;
  @Property(() => LinkedInOrganization) savedAccount?: LinkedInOrganization | null;
  @Property(Edm.String) @MaxLength(length.name) contractName?: string | null;
  @Property(Edm.String) @MaxLength(length.url) contractChooserUrl?: string | null;
}
