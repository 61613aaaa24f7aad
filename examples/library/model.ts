import { Transform, type TransformFnParams } from 'class-transformer';
import { IsEmail, Matches, MaxLength, Min, Validate, ValidatorConstraint } from 'class-validator';
import type { ValidationArguments } from 'class-validator';
// With the package: from 'decorated-profiles/odata/model'.
import { buildModel, Edm, ODataAction, ODataFunction, Schema } from '../../src/odata/model.js';
import { Computed, Contained, EntityType, Key, Property, References, Searchable } from '../../src/odata/model.js';
import { Stream, type StreamOfRules } from '../../src/odata/model.js';

const schema = new Schema('example.library', { description: 'A small library: its works, and who wrote them.' });

/** A rule of one's own, over two properties. */
@ValidatorConstraint({ name: 'notBeforeFirstPage' })
class NotBeforeFirstPage {
  validate(lastPage: number, { object }: ValidationArguments): boolean {
    return lastPage >= ((object as Chapter).firstPage ?? lastPage);
  }

  defaultMessage(): string {
    return '$property must not be before firstPage';
  }
}

@EntityType(schema, { description: 'A part of a work.' })
export class Chapter {
  @Key() @Property(Edm.Int32, 'Its place in the work.', { nullable: false }) @Min(1) number!: number;
  @Property(Edm.String, 'What it is called.') @MaxLength(200) @Searchable() title?: string | null;
  @Property(Edm.Int32, 'Where it begins.') @Min(1) firstPage?: number | null;
  @Property(Edm.Int32, 'Where it ends.') @Validate(NotBeforeFirstPage) lastPage?: number | null;
}

@EntityType(schema, { description: 'Something that can be lent.' })
export class Work {
  @Key() @Property(Edm.String, 'Its shelf mark.', { nullable: false }) @Matches(/^[A-Z]{2}[0-9]+$/) code!: string;
  @Property(Edm.String, 'What it is called.', { nullable: false }) @MaxLength(200) @Searchable() title!: string;
  @Property(Edm.String, 'The title as it stands in links.') @Computed() slug?: string | null;
  @Property(Edm.Date, 'Since when the library has it: the day it is told of it, unless said.') acquired?: string | null;
  @Property(Edm.Boolean, 'Whether somebody has it at home.') lent?: boolean | null;
  @Property(Edm.Date, 'When it is to be back.') dueBack?: string | null;
  @Stream('What is on its front.', { accepts: ['image/*'], maxLength: 1_000_000 }) cover?: StreamOfRules | null;
  @Contained(() => Chapter, 'Its parts, by number.', { collection: true }) chapters?: Chapter[];
}

function trimmedLowerCase({ value }: TransformFnParams): unknown {
  return typeof value === 'string' ? value.trim().toLowerCase() : value;
}

@EntityType(schema, { description: 'Somebody who writes.' })
export class Author {
  @Key() @Property(Edm.String, 'Names the author in URLs.', { nullable: false }) id!: string;
  @Property(Edm.String, 'What the author is called.') @MaxLength(200) @Searchable() name?: string | null;
  @Property(Edm.String, 'Where readers may write to.') @Transform(trimmedLowerCase) @IsEmail() email?: string | null;
  @References(() => Work, 'What the author wrote.', { collection: true }) works?: Work[];
}

@EntityType(schema, { description: 'What holds for the whole library.' })
export class Settings {
  @Key() @Property(Edm.String, 'Names the library.', { nullable: false }) name!: string;
  @Property(Edm.Int32, 'How long a work may be kept.', { nullable: false }) @Min(1) lendingDays!: number;
}

@ODataAction(schema, { on: () => Work, returns: () => Work, from: '', description: 'Lends a work.' })
export class Lend {
  @Property(Edm.Int32, 'For how many days: as long as the library lends, unless said.') @Min(1) days?: number | null;
}

@ODataFunction(schema, { on: () => Work, returns: Edm.Boolean, nullable: true, expression: 'lent and dueBack lt day' })
export class Overdue {
  @Property(Edm.Date, 'The day that is asked about.', { nullable: false }) day!: string;
}

export const libraryModel = buildModel(schema, { works: Work, authors: Author }, { settings: Settings });
