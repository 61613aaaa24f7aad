import { MaxLength, Min } from 'class-validator';
import { Collection, ComplexType, Edm, Property } from '../../odata/model.js';
import { SalesNavigatorInsightType } from './enumerations.js';
import { length } from './limits.js';
import { graph } from './schema.js';

@ComplexType(graph, { description: 'A person in Sales Navigator.' })
export class SalesNavigatorPersonInfo {
  @Property(Edm.String, 'Given name.') @MaxLength(length.name) firstName?: string | null;
  @Property(Edm.String, 'Family name.') @MaxLength(length.name) lastName?: string | null;
  @Property(Edm.String, 'URL of the profile in Sales Navigator.') @MaxLength(length.url) url?: string | null;
  @Property(Edm.String, 'URL of the photograph.') @MaxLength(length.url) photoUrl?: string | null;
}

@ComplexType(graph, { description: 'The ways to a person that lead through the team of the viewer.' })
export class SalesNavigatorTeamlinkInfo {
  @Property(Edm.Int32, 'Number of people in the team who know the person.')
  @Min(0)
  countOfTotalTeamlinkConnections?: number | null;
  @Property(Edm.String, 'URL of a search that lists them.') @MaxLength(length.url) teamlinkSearchUrl?: string | null;
  @Property(Collection(() => SalesNavigatorPersonInfo), 'Those who know the person best.')
  topTeamlinks?: SalesNavigatorPersonInfo[];
}

@ComplexType(graph, { description: 'Something that happened around a person.' })
export class SalesNavigatorInsight {
  @Property(Edm.Int64, 'When it happened, in milliseconds since 1970-01-01T00:00:00Z.')
  createdAt?: number | bigint | null;
  @Property(SalesNavigatorInsightType, 'What the insight was drawn from.')
  insightType?: SalesNavigatorInsightType | null;
  @Property(Edm.String, 'Its heading.') @MaxLength(length.name) title?: string | null;
  @Property(Edm.String, 'What it says.') @MaxLength(length.line) detail?: string | null;
  @Property(Edm.String, 'URL of the page that it was drawn from.') @MaxLength(length.url) insightUrl?: string | null;
  @Property(Edm.String, 'URL of a photograph to show beside it.') @MaxLength(length.url) photoUrl?: string | null;
  @Property(() => SalesNavigatorPersonInfo, 'Whom it concerns.') person?: SalesNavigatorPersonInfo | null;
}

@ComplexType(graph, { description: 'An organisation.' })
export class LinkedInOrganization {
  @Property(Edm.String, 'Name of the organisation.') @MaxLength(length.name) name?: string | null;
  @Property(Edm.String, 'URL of the logo.') @MaxLength(length.url) logo?: string | null;
  @Property(Edm.String, 'URL of the page of the organisation.') @MaxLength(length.url) url?: string | null;
  @Property(Edm.String, 'Where the organisation is.') @MaxLength(length.name) location?: string | null;
}

@ComplexType(graph, { description: 'What Sales Navigator knows of a person.' })
export class SalesNavigatorInfo {
  @Property(Edm.String, 'URL of the profile in Sales Navigator.') @MaxLength(length.url) profileUrl?: string | null;
  @Property(() => SalesNavigatorTeamlinkInfo, 'Ways to the person through the team of the viewer.')
  teamlinkInfo?: SalesNavigatorTeamlinkInfo | null;
  @Property(Collection(() => SalesNavigatorInsight), 'What happened around the person lately.')
  insights?: SalesNavigatorInsight[];
  @Property(Edm.Boolean, 'Whether the viewer saved the person as a lead.') savedLead?: boolean | null;
  @Property(() => LinkedInOrganization, 'Organisation of the person that the viewer saved as an account.')
  savedAccount?: LinkedInOrganization | null;
  @Property(Edm.String, 'Name of the contract under which the viewer uses Sales Navigator.')
  @MaxLength(length.name)
  contractName?: string | null;
  @Property(Edm.String, 'URL at which the viewer chooses another contract.')
  @MaxLength(length.url)
  contractChooserUrl?: string | null;
}
