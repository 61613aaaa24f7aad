import { describe, expect, it } from '@jest/globals';
import { buildModel } from './build-model.js';
import { Collection, ComplexType, Computed, Default, EntityType, Immutable, Key, Property } from './declarations.js';
import { keyIn, keyPath, keyProperty, withKey } from './key-parts.js';
import { keyOf, keyTextIn, makesKeys } from './key-text.js';
import type { EntityType as Entity } from './model.js';
import { Edm } from './primitive-types.js';
import { Schema } from './schema.js';

const must = { nullable: false } as const;

/** Builds a type of books whose key is inside; gives it, or what is wrong with that. */
function book(aliases: Record<string, string> | undefined, nullable = false): Entity | string {
  const schema = new Schema('test');
  @ComplexType(schema)
  class Code {
    @Property(Edm.String, 'Its text.', must) @Immutable() text!: string;
  }
  @ComplexType(schema)
  class Identity {
    @Property(Edm.String, 'What is printed.', must) @Immutable() isbn!: string;
    @Property(Edm.Int32, 'Which one.', must) @Immutable() edition!: number;
    @Property(() => Code, 'More of it.', must) code!: Code;
    @Property(() => Code) perhaps?: Code | null;
    @Property(Edm.String) @Immutable() remark?: string | null;
    @Property(Edm.String, 'Changes.', must) loose!: string;
    @Property(Edm.String, 'Counted.', must) @Immutable() @Computed() counted!: string;
    @Property(Edm.Int32, 'Meant.', must) @Immutable() @Default(1) meant!: number;
    @Property(Edm.Double, 'Too wide.', must) @Immutable() wide!: number;
    @Property(Collection(Edm.String)) @Immutable() several!: string[];
  }
  @EntityType(schema)
  class Book {
    @Key(aliases) @Property(() => Identity, 'What it is called by.', { nullable }) identity!: Identity;
    @Property(Edm.String) title?: string | null;
  }
  try {
    return buildModel(schema, { books: Book }).entityTypes.get('Book')!;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('parts of keys inside complex values', () => {
  it.each<[aliases: Record<string, string> | undefined, message: string]>([
    [undefined, "Book.identity: say which values inside are in the key, by alias: @Key({ alias: 'path' })"],
    [{ title: 'isbn' }, "Book.identity: 'title' must be an alias that nothing else is called"],
    [{ identity: 'isbn' }, "Book.identity: 'identity' must be an alias that nothing else is called"],
    [{ 'a/b': 'isbn' }, "Book.identity: 'a/b' must be an alias that nothing else is called"],
    [{ a: 'nothing' }, "Book.identity: there is no 'nothing' for its key"],
    [{ a: 'isbn/text' }, "Book.identity: 'isbn' has no properties for its key"],
    [{ a: 'code' }, "Book.identity: 'code' is of a type that no key can have"],
    [{ a: 'wide' }, "Book.identity: 'wide' is of a type that no key can have"],
    [{ a: 'perhaps/text' }, "Book.identity: 'perhaps' must be single and never null: it is in the key"],
    [{ a: 'remark' }, "Book.identity: 'remark' must be single and never null: it is in the key"],
    [{ a: 'several' }, "Book.identity: 'several' must be single and never null: it is in the key"],
    [{ a: 'loose' }, "Book.identity: 'loose' must be @Immutable(), and said by who makes the entity: it is in the key"],
    [
      { a: 'counted' },
      "Book.identity: 'counted' must be @Immutable(), and said by who makes the entity: it is in the key",
    ],
    [{ a: 'meant' }, "Book.identity: 'meant' must be @Immutable(), and said by who makes the entity: it is in the key"],
  ])('cannot be %j', (aliases, message) => {
    expect(book(aliases)).toBe(message);
  });

  it('cannot be in what may be null', () => {
    const message = "Book.identity: 'identity' must be single and never null: it is in the key";
    expect(book({ isbn: 'isbn' }, true)).toBe(message);
  });

  it('are found by their aliases, and stand where they are declared', () => {
    const type = book({ number: 'isbn', which: 'edition', code: 'code/text' }) as Entity;
    expect(type.key).toEqual(['number', 'which', 'code']);
    expect([keyPath(type, 'code'), keyProperty(type, 'which')?.type]).toEqual([
      ['identity', 'code', 'text'],
      Edm.Int32,
    ]);
    const key = { identity: { isbn: 'i', edition: 2, code: { text: 't' } } };
    const entity = { identity: { ...key.identity, remark: 'r' }, title: 'x' };
    expect(keyIn(type, entity)).toEqual(key);
    expect(keyTextIn(type, entity)).toBe('["i",2,"t"]');
    expect(keyOf(type, '["i",2,"t"]')).toEqual(key);
    expect(makesKeys(type)).toBe(false);
    const given = { identity: { remark: 'r' }, title: 'x' };
    expect(withKey(type, key, given)).toEqual(entity);
    expect(given.identity).toEqual({ remark: 'r' });
  });

  it('are a text as it is where there is one, and it is text', () => {
    const type = book({ number: 'isbn' }) as Entity;
    expect(keyTextIn(type, { identity: { isbn: '["x"]' } })).toBe('["x"]');
    expect(keyOf(type, '["x"]')).toEqual({ identity: { isbn: '["x"]' } });
  });
});
