import { describe, expect, it } from '@jest/globals';
import { buildModel } from './build-model.js';
import { Contained, EntityType, Key, Property, References } from './declarations.js';
import { Edm } from './primitive-types.js';
import { type RelationDeclaration, Schema, type TypeClass } from './schema.js';

const must = { nullable: false } as const;

interface Built {
  /** Of `Line.order`. */
  readonly back?: RelationDeclaration & { readonly collection?: boolean };
  /** Of `Order.lines`. */
  readonly partner?: string;
  /** Says more of the classes. */
  readonly more?: (classes: Readonly<Record<'Order' | 'Line' | 'Shelf', TypeClass>>) => void;
  readonly sets?: (classes: Readonly<Record<'Order' | 'Line' | 'Shelf', TypeClass>>) => Record<string, TypeClass>;
  readonly singletons?: (classes: Readonly<Record<'Order', TypeClass>>) => Record<string, TypeClass>;
}

/** Builds orders that contain lines, which lead back; gives what is wrong with that, or what is known of lines. */
function built({ back = {}, partner = 'order', more, sets, singletons }: Built): unknown {
  const schema = new Schema('test');
  class Line {
    @Key() @Property(Edm.String, 'The order.', must) orderId!: string;
    @Key() @Property(Edm.Int32, 'Its number.', must) number!: number;
    @Property(Edm.Int32, 'Another.', must) other!: number;
    @Property(Edm.String) perhaps?: string | null;
  }
  class Order {
    @Key() @Property(Edm.String, 'Names it.', must) id!: string;
  }
  class Shelf {
    @Key() @Property(Edm.String, 'Names it.', must) id!: string;
  }
  const relation = { nullable: false, partner: 'lines', constraints: { orderId: 'id' }, ...back };
  References(() => Order, 'What it is in.', relation)(Line.prototype, 'order');
  Contained(() => Line, 'What is ordered.', { collection: true, partner })(Order.prototype, 'lines');
  const classes = { Order, Line, Shelf };
  more?.(classes);
  for (const one of [Line, Order, Shelf]) EntityType(schema)(one);
  try {
    const model = buildModel(schema, sets?.(classes) ?? { orders: Order, shelves: Shelf }, singletons?.(classes));
    const { key, declaredKey, properties } = model.entityTypes.get('Line')!;
    const owns = model.entityTypes.get('Order')!.owns?.map(({ name }) => name);
    return { key, declaredKey, computed: properties.get('orderId')?.computed, owns };
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a reference to what contains the entity', () => {
  it('gives it a part of its key', () => {
    const found = { key: ['number'], declaredKey: ['orderId', 'number'], computed: true, owns: ['lines'] };
    expect(built({})).toEqual(found);
  });

  it('may give it nothing', () => {
    const found = { key: ['orderId', 'number'], declaredKey: undefined, computed: false, owns: ['lines'] };
    expect(built({ back: { constraints: {} } })).toEqual(found);
  });

  it.each<[fault: string, what: Built]>([
    ["Line.order: 'lines' of Order must lead to Line, and name it as its partner", { partner: 'none' }],
    ['Line.order: what contains an entity is one, and never null: nullable: false', { back: { nullable: true } }],
    ['Line.order: what contains the entity is not deleted with it', { back: { onDelete: 'cascade' } }],
    ['Line.order: its constraints must name each part of the key: id', { back: { constraints: { orderId: 'no' } } }],
    ["Line.order: there is no property 'no' beside it", { back: { constraints: { no: 'id' } } }],
    ["Line.order: 'other' must be of the type of 'id', and never null", { back: { constraints: { other: 'id' } } }],
    ["Line.order: 'perhaps' must be of the type of 'id', and never null", { back: { constraints: { perhaps: 'id' } } }],
    [
      "Line.order: all of Line must be in 'lines' of Order, and nowhere else",
      { sets: ({ Order, Line }) => ({ orders: Order, lines: Line }) },
    ],
    [
      "Line.order: all of Line must be in 'lines' of Order, and nowhere else",
      { more: ({ Shelf, Line }) => Contained(() => Line, '', { collection: true })(Shelf.prototype, 'lines') },
    ],
    [
      'Line.order: all of Order must be members of one set, and nowhere else',
      { singletons: ({ Order }) => ({ one: Order }) },
    ],
    [
      'Line.order: all of Order must be members of one set, and nowhere else',
      { more: ({ Shelf, Order }) => Contained(() => Order, '', { collection: true })(Shelf.prototype, 'orders') },
    ],
  ])('%s', (fault, what) => {
    expect(built(what)).toBe(fault);
  });

  it.each<[fault: string, onDelete: 'restrict' | undefined, partner: string | undefined]>([
    ["Box.things: its partner 'back' is no reference of Thing to what contains it", undefined, 'back'],
    ['Box.things: onDelete is for members of sets, and Box is contained in others', 'restrict', undefined],
  ])('%s', (fault, onDelete, partner) => {
    const schema = new Schema('test');
    @EntityType(schema)
    class Thing {
      @Key() @Property(Edm.String, 'Names it.', must) id!: string;
    }
    @EntityType(schema)
    class Box {
      @Key() @Property(Edm.String, 'Names it.', must) id!: string;
      @Contained(() => Thing, '', { collection: true, ...(onDelete && { onDelete }), ...(partner && { partner }) })
      things?: Thing[];
    }
    @EntityType(schema)
    class Room {
      @Key() @Property(Edm.String, 'Names it.', must) id!: string;
      @Contained(() => Box, '', { collection: true }) boxes?: Box[];
    }
    expect(() => buildModel(schema, { rooms: Room })).toThrow(fault);
  });
});
