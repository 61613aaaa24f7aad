import { MaxLength, Min } from 'class-validator';
import { ComplexType, Property } from '../../odata/edm/declarations.js';
import { Edm } from '../../odata/edm/primitive-types.js';
import { PhoneNumberType, WebsiteCategory } from './enumerations.js';
import { length } from './limits.js';
import { graph } from './schema.js';

/** A telephone number. */
@ComplexType(graph)
export class PhoneNumber {
  @Property(Edm.String) @MaxLength(length.identifier) number?: string | null;
  @Property(Edm.String) @MaxLength(length.code) extension?: string | null;
  @Property(PhoneNumberType) type?: PhoneNumberType | null;
}

/** An account of an instant messenger. */
@ComplexType(graph)
export class IM {
  @Property(Edm.String) @MaxLength(length.identifier) id?: string | null;
  @Property(Edm.String) @MaxLength(length.name) provider?: string | null;
}

/** A website of a person. */
@ComplexType(graph, { name: 'liWebsite' })
export class Website {
  @Property(WebsiteCategory) category?: WebsiteCategory | null;
  @Property(Edm.String) @MaxLength(length.url) url?: string | null;
}

/** Language, country and variant, as in `en-GB-oed`. */
@ComplexType(graph)
export class Locale {
  @Property(Edm.String) @MaxLength(length.code) language?: string | null;
  @Property(Edm.String) @MaxLength(length.code) country?: string | null;
  @Property(Edm.String) @MaxLength(length.code) variant?: string | null;
}

/** How many connections a person has. */
@ComplexType(graph)
export class Connection {
  @Property(Edm.Int32) @Min(0) count?: number | null;
  @Property(Edm.Boolean) countObfuscated?: boolean | null;
}

/** An invitation to connect that waits for its answer. */
@ComplexType(graph, { name: 'liInvitation' })
export class Invitation {
  @Property(Edm.String) @MaxLength(length.identifier) invitationId?: string | null;
  @Property(Edm.String) @MaxLength(length.line) validationToken?: string | null;
}
