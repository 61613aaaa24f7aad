import { MaxLength, Min } from 'class-validator';
import { ComplexType, Edm, Property } from '../../odata/model.js';
import { PhoneNumberType, WebsiteCategory } from './enumerations.js';
import { length } from './limits.js';
import { graph } from './schema.js';

@ComplexType(graph, { description: 'A telephone number.' })
export class PhoneNumber {
  @Property(Edm.String, 'The number as the person wrote it; no format is required.')
  @MaxLength(length.identifier)
  number?: string | null;
  @Property(Edm.String, 'Extension behind the number.') @MaxLength(length.code) extension?: string | null;
  @Property(PhoneNumberType, 'What the number is for.') type?: PhoneNumberType | null;
}

@ComplexType(graph, { description: 'An account of an instant messenger.' })
export class IM {
  @Property(Edm.String, 'Name of the account at its provider.') @MaxLength(length.identifier) id?: string | null;
  @Property(Edm.String, 'Name of the provider.') @MaxLength(length.name) provider?: string | null;
}

@ComplexType(graph, { name: 'liWebsite', description: 'A website of a person.' })
export class Website {
  @Property(WebsiteCategory, 'What the website is about.') category?: WebsiteCategory | null;
  @Property(Edm.String, 'URL of the website.') @MaxLength(length.url) url?: string | null;
}

@ComplexType(graph, { description: 'Language, country and variant that a profile is written in, as in `en-GB-oed`.' })
export class Locale {
  @Property(Edm.String, 'Language, a code of ISO 639.') @MaxLength(length.code) language?: string | null;
  @Property(Edm.String, 'Country, a code of ISO 3166.') @MaxLength(length.code) country?: string | null;
  @Property(Edm.String, 'Variant of the language.') @MaxLength(length.code) variant?: string | null;
}

@ComplexType(graph, { description: 'How many connections a person has.' })
export class Connection {
  @Property(Edm.Int32, 'Number of connections.') @Min(0) count?: number | null;
  @Property(Edm.Boolean, 'Whether the number is hidden from the viewer; `count` is a lower bound then.')
  countObfuscated?: boolean | null;
}

@ComplexType(graph, { name: 'liInvitation', description: 'An invitation to connect that waits for its answer.' })
export class Invitation {
  @Property(Edm.String, 'Names the invitation.') @MaxLength(length.identifier) invitationId?: string | null;
  @Property(Edm.String, 'Token that an answer to the invitation must carry.')
  @MaxLength(length.line)
  validationToken?: string | null;
}
