import { describe, expect, it } from '@jest/globals';
import { buildModel } from './build-model.js';
import {
  Collection,
  ComplexType,
  Contained,
  EntityType,
  Immutable,
  Key,
  Property,
  References,
} from './declarations.js';
import { Edm } from './primitive-types.js';
import { type RelationDeclaration, Schema, type TypeClass } from './schema.js';

type Options = RelationDeclaration & { readonly collection?: boolean };

interface Built {
  /** Of `Book.author`. */
  readonly there?: Options;
  /** Of `Author.books`. */
  readonly back?: Options;
  readonly sets?: (classes: Readonly<Record<'Book' | 'Author' | 'Shelf', TypeClass>>) => Record<string, TypeClass>;
  readonly shelf?: 'contains';
}

/** Builds books and authors that refer to each other; gives what is wrong with that, or the two relations. */
function built({ there = {}, back = {}, sets, shelf }: Built): unknown {
  const schema = new Schema('test');
  @EntityType(schema)
  class Author {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
    @References(() => Book, 'What was written.', { collection: true, ...back }) books?: Book[];
  }
  @EntityType(schema)
  class Book {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
    @Property(Edm.String) authorId?: string | null;
    @Property(Edm.String, 'Must be.', { nullable: false }) neededId!: string;
    @Property(Edm.Int32) pages?: number | null;
    @Property(Collection(Edm.String)) tags?: string[];
    @Property(Edm.String) @Immutable() firstId?: string | null;
    @References(() => Author, 'Who wrote it.', there) author?: Author | null;
    @References(() => Author, 'Who else.', { set: 'authors', constraints: { authorId: 'id' } }) other?: Author | null;
  }
  @EntityType(schema)
  class Shelf {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  }
  if (shelf === 'contains') Contained(() => Book, 'What stands there.', { collection: true })(Shelf.prototype, 'books');
  const classes = { Book, Author, Shelf };
  try {
    const model = buildModel(schema, sets?.(classes) ?? { books: Book, authors: Author, shelves: Shelf });
    const { target, nullable, partner, onDelete, constraints } = model.entityTypes
      .get('Book')!
      .navigation.get('author')!;
    return { target: target?.name, nullable, partner, onDelete, constraints };
  } catch (error) {
    return (error as Error).message;
  }
}

describe('relations of a model', () => {
  it('are bound when all types are known', () => {
    const found = built({
      there: {
        set: 'authors',
        nullable: false,
        partner: 'books',
        onDelete: 'cascade',
        constraints: { neededId: 'id' },
      },
      back: { partner: 'author' },
    });
    const constraints = [{ dependent: 'neededId', principal: 'id' }];
    expect(found).toEqual({ target: 'authors', nullable: false, partner: 'books', onDelete: 'cascade', constraints });
  });

  const twice: NonNullable<Built['sets']> = ({ Book, Author }) => ({ books: Book, authors: Author, poets: Author });

  it.each<[fault: string, what: Built]>([
    ['Book.author: there must be one entity set for Author, and no other; name one by `set`', { sets: twice }],
    ["Book.author: there is no entity set 'nobody' that has entities of Author", { there: { set: 'nobody' } }],
    ["Book.author: there is no entity set 'shelves' that has entities of Author", { there: { set: 'shelves' } }],
    ['Book.author: a collection is never null', { there: { collection: true, nullable: false } }],
    ["Book.author: its partner 'none' is no reference of Author to members of a set", { there: { partner: 'none' } }],
    [
      "Book.author: 'books' of Author must lead back to Book, and name it as its partner",
      { there: { partner: 'books' } },
    ],
    [
      "Author.books: 'other' of Book must lead back to Author, and name it as its partner",
      { there: { partner: 'books' }, back: { partner: 'other' } },
    ],
    [
      'Author.books: with a partner, all of Author are members of authors, and nowhere else',
      {
        there: { partner: 'books', set: 'authors' },
        back: { partner: 'author' },
        sets: (classes) => ({ ...twice(classes) }),
      },
    ],
    [
      'Book.author: with a partner, all of Book are members of books, and nowhere else',
      { there: { partner: 'books' }, back: { partner: 'author' }, shelf: 'contains' },
    ],
    [
      'Book.author: onDelete is for members of sets, and Book is contained in others',
      { there: { onDelete: 'cascade' }, shelf: 'contains' },
    ],
    [
      "Author.books: onDelete 'setNull' needs a partner that is single, nullable and has constraints",
      { there: { partner: 'books' }, back: { partner: 'author', onDelete: 'setNull' } },
    ],
    [
      "Author.books: onDelete 'setDefault' needs a partner that is single, and constraints that have defaults",
      { there: { partner: 'books' }, back: { partner: 'author', onDelete: 'setDefault' } },
    ],
    [
      "Author.books: onDelete 'setDefault' needs a partner that is single, and constraints that have defaults",
      {
        there: { partner: 'books', nullable: false, constraints: { neededId: 'id' } },
        back: { partner: 'author', onDelete: 'setDefault' },
      },
    ],
    [
      'Book.author: only a reference to one entity has constraints',
      { there: { collection: true, constraints: { neededId: 'id' } } },
    ],
    ['Book.author: its constraints must name parts of the key, each once: id', { there: { constraints: {} } }],
    [
      'Book.author: its constraints must name parts of the key, each once: id',
      { there: { constraints: { pages: 'no' } } },
    ],
    ["Book.author: there is no property 'no' beside it", { there: { constraints: { no: 'id' } } }],
    ["Book.author: 'pages' must be of the type of 'id'", { there: { constraints: { pages: 'id' } } }],
    ["Book.author: 'tags' must be of the type of 'id'", { there: { constraints: { tags: 'id' } } }],
    [
      "Book.author: 'neededId' must be nullable as the reference is: nullable: true",
      { there: { constraints: { neededId: 'id' } } },
    ],
    [
      "Book.author: 'firstId' changes with the reference: it cannot be in the key, computed or immutable",
      { there: { constraints: { firstId: 'id' } } },
    ],
    ["Book.other: 'authorId' is tied to 'author' already", { there: { constraints: { authorId: 'id' } } }],
  ])('%s', (fault, what) => {
    expect(built(what)).toBe(fault);
  });

  describe('out of complex values', () => {
    /** What is wrong with a member of a complex type. */
    const fault = (member: (target: () => TypeClass) => (prototype: object, name: string) => void): string => {
      const schema = new Schema('test');
      @EntityType(schema)
      class Town {
        @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
      }
      class Address {
        @Property(Edm.String) townId?: string | null;
      }
      member(() => Town)(Address.prototype, 'town');
      ComplexType(schema)(Address);
      try {
        buildModel(schema, { towns: Town });
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const inTheModel = 'Address.town: partner, onDelete and constraints are for entities';

    it.each<[fault: string, member: Parameters<typeof fault>[0]]>([
      ['', (target) => References(target)],
      ['Address.town: only entities contain others; a complex value refers to them', (target) => Contained(target)],
      [
        'Address.town: a collection is never null',
        (target) => References(target, '', { collection: true, nullable: false }),
      ],
      [inTheModel, (target) => References(target, '', { partner: 'x' })],
      [inTheModel, (target) => References(target, '', { onDelete: 'cascade' })],
      [inTheModel, (target) => References(target, '', { constraints: { townId: 'id' } })],
    ])('%s', (message, member) => {
      expect(fault(member)).toBe(message);
    });
  });
});
