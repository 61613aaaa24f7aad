import { describe, expect, it } from '@jest/globals';
import { buildModel } from './build-model.js';
import { ComplexType, Contained, EntityType, Key, Property, References } from './declarations.js';
import { Edm } from './primitive-types.js';
import { Schema } from './schema.js';

/** Books in two sets, of which one is bound as it is said; where they lead, or what is wrong with that. */
function built(bindings: Record<string, string>): unknown {
  const schema = new Schema('test');
  @EntityType(schema)
  class Author {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
    @References(() => Review, 'What was written.', { collection: true, set: 'reviews' }) reviews?: Review[];
  }
  @ComplexType(schema)
  class Print {
    @References(() => Author, 'Who printed it.', { set: 'authors' }) by?: Author | null;
    @Property(Edm.Int32) copies?: number | null;
  }
  @EntityType(schema)
  class Page {
    @Key() @Property(Edm.Int32, 'Its number.', { nullable: false }) number!: number;
    @References(() => Author, 'Who wrote it.', { set: 'authors' }) writer?: Author | null;
  }
  @EntityType(schema)
  class Book {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
    @Property(() => Print) print?: Print | null;
    @References(() => Author, 'Who wrote it.', { set: 'authors' }) author?: Author | null;
    @Contained(() => Page, 'What it is made of.', { collection: true }) pages?: Page[];
  }
  @EntityType(schema)
  class Novel extends Book {
    @References(() => Author, 'Who helped.', { set: 'authors' }) ghost?: Author | null;
  }
  @EntityType(schema)
  class Review {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
    @Property(Edm.String) text?: string | null;
  }
  try {
    const model = buildModel(schema, {
      books: Book,
      oldBooks: { type: Book, bindings },
      authors: Author,
      reviews: Review,
      poets: Author,
    });
    const leads = (set: string) => {
      const { type } = model.entitySets.get(set)!;
      const novel = type.derived.find(({ name }) => name === Novel.name)!;
      const print = type.properties.get('print')!.type as { navigation: typeof type.navigation };
      const of = (one: { navigation: typeof type.navigation }, name: string) => one.navigation.get(name)?.target?.name;
      return [
        of(type, 'author'),
        of(novel, 'author'),
        of(novel, 'ghost'),
        of(type.navigation.get('pages')!.type, 'writer'),
        of(print, 'by'),
      ].join(' ');
    };
    const old = model.entitySets.get('oldBooks')!.type;
    expect([old.derived[0]?.baseType, old.derived[0]?.properties.get('id')]).toEqual([old, old.properties.get('id')]);
    return [leads('books'), leads('oldBooks')];
  } catch (error) {
    return (error as Error).message;
  }
}

const plain = 'authors authors authors authors authors';

describe('bindings of one set', () => {
  it.each<[bindings: Record<string, string>, old: string]>([
    [{ author: 'poets' }, 'poets poets authors authors authors'],
    [{ 'test.Novel/author': 'poets' }, 'authors poets authors authors authors'],
    [{ author: 'poets', 'test.Novel/author': 'authors' }, 'poets authors authors authors authors'],
    [{ 'test.Novel/ghost': 'poets' }, 'authors authors poets authors authors'],
    [{ 'pages/writer': 'poets', 'print/by': 'poets' }, 'authors authors authors poets poets'],
  ])('%j', (bindings, old) => {
    expect(built(bindings)).toEqual([plain, old]);
  });

  it.each<[fault: string, bindings: Record<string, string>]>([
    ["oldBooks: binding of 'author': there is no entity set 'nobody'", { author: 'nobody' }],
    ["oldBooks: binding of 'author': 'books' has no entities of Author", { author: 'books' }],
    ["oldBooks: binding of 'nope': Book has no 'nope'", { nope: 'poets' }],
    ["oldBooks: binding of 'ghost': Book has no 'ghost'", { ghost: 'poets' }],
    ["oldBooks: binding of 'pages': 'pages' is no reference to members of a set", { pages: 'poets' }],
    ["oldBooks: binding of 'print/copies': 'copies' is no reference to members of a set", { 'print/copies': 'poets' }],
    [
      "oldBooks: binding of 'author/reviews': nothing is bound behind the reference 'author'",
      { 'author/reviews': 'reviews' },
    ],
    ["oldBooks: binding of 'by': Book has no 'by'", { by: 'poets' }],
  ])('%s', (fault, bindings) => {
    expect(built(bindings)).toBe(fault);
  });
});
