import { ArrayMaxSize, MaxLength, Min } from 'class-validator';
import { Injectable, Module } from '@nestjs/common';
import type { Domain } from '../../src/app.module.js';
import {
  type BoundValue,
  type Call,
  Handles,
  type LiveEntities,
  type LiveEntity,
  ODataError,
  Requires,
} from '../../src/odata/index.js';
import {
  buildModel,
  Collection,
  ComplexType,
  Contained,
  Default,
  Edm,
  EntityType,
  enumType,
  Key,
  ODataAction,
  ODataFunction,
  Optional,
  Property,
  References,
  Schema,
} from '../../src/odata/model.js';

/** A model with operations of every kind: bound to everything, with every kind of parameter and result. */
const schema = new Schema('test.lending', { description: 'What is lent, and to whom.' });

const Condition = enumType(schema, 'Condition', ['Good', 'Worn', 'Broken']);

@ComplexType(schema)
class Place {
  @Property(Edm.String) city?: string | null;
  @Property(Edm.Int32) floor?: number | null;
}

@EntityType(schema)
export class Part {
  @Key() @Property(Edm.Int32, 'Its number.', { nullable: false }) number!: number;
  @Property(Edm.String) title?: string | null;
}

@EntityType(schema)
export class Reader {
  @Key() @Property(Edm.String, 'Names the reader.', { nullable: false }) id!: string;
  @Property(Edm.String) name?: string | null;
  @References(() => Item, 'What the reader has.', { collection: true }) has?: Item[];
}

@ComplexType(schema)
class Terms {
  @Property(Edm.Int32, 'Days.', { nullable: false }) @Min(1) @Default(28) days!: number;
  @Property(Edm.Duration, 'Of grace.') @Default('PT1H') grace?: string | null;
}

@EntityType(schema)
export class Card {
  @Key() @Property(Edm.String, 'Its number.', { nullable: false }) number!: string;
  @Property(Edm.Int32, 'How many items.', { nullable: false }) @Default(5) limit!: number;
  @Property(Edm.Decimal, 'What is owed.') @Default(0.5) fee?: number | null;
  @Property(Edm.String, 'What it looks like.') @Default('plain') look?: string | null;
  @Property(Condition, 'How it is.') @Default('Good') condition?: string | null;
  @Property(() => Terms, 'Of lending.') terms?: Terms | null;
  @Property(Edm.Decimal, 'What may be owed.', { precision: 5, scale: 2 }) credit?: number | null;
  @Property(Edm.Decimal, 'How it is weighed.', { precision: 3 }) weight?: number | null;
  @Property(Edm.DateTimeOffset, 'Since when.', { precision: 3 }) since?: string | null;
  @Property(Edm.Duration, 'How long it is read.', { precision: 0 }) reading?: string | null;
  @Property(Collection(Edm.TimeOfDay), 'When it is used.', { precision: 1 }) times?: string[];
  @Property(Edm.String, 'What the machine reads.', { unicode: false }) chip?: string | null;
}

@EntityType(schema)
export class Item {
  @Key() @Property(Edm.String, 'Shelf mark.', { nullable: false }) code!: string;
  @Property(Edm.String) title?: string | null;
  @Property(Edm.Int32) pages?: number | null;
  @Property(Edm.Date) due?: string | null;
  @Property(Edm.Boolean) lent?: boolean | null;
  @Property(Condition) condition?: string | null;
  @Property(() => Place) place?: Place | null;
  @Property(Collection(Edm.String)) tags?: string[];
  @Contained(() => Part, 'Its parts.', { collection: true }) parts?: Part[];
  @References(() => Reader, 'Who has it.') reader?: Reader | null;
}

@EntityType(schema)
export class Film extends Item {
  @Property(Edm.Int32) minutes?: number | null;
}

@EntityType(schema)
class Desk {
  @Key() @Property(Edm.String, 'Names the desk.', { nullable: false }) name!: string;
  @Property(Edm.Int32, 'How many were lent.', { nullable: false }) count!: number;
}

// ----------------------------------------------------------------------------------------------------- Actions

@ODataAction(schema, { on: () => Item, returns: () => Item, from: '', description: 'Lends an item to a reader.' })
export class Lend {
  @References(() => Reader, 'Who takes it.') reader?: Reader | null;
  @Property(Edm.Date, 'Until when.', { nullable: false }) due!: string;
  @Property(Edm.String, 'What is to be remembered.') @MaxLength(10) note?: string | null;
  @Property(Edm.Int32, 'How often it may be renewed.', { nullable: false }) @Min(0) @Default(2) renewals!: number;
}

@ODataAction(schema, { name: 'giveBack', on: () => Item })
class GiveBack {}

@ODataAction(schema, { name: 'giveBack', on: Collection(() => Item), returns: Edm.Int32 })
class GiveBackAll {}

@ODataAction(schema, { on: () => Item, returns: () => Item, from: '' })
class Copy {
  @Property(Edm.String, 'Of the copy.', { nullable: false }) code!: string;
}

@ODataAction(schema, { on: () => Item })
class Fail {
  @Property(Edm.Boolean) late?: boolean | null;
}

@ODataAction(schema, { on: Collection(() => Part), returns: () => Part, from: '' })
class AddPart {
  @Contained(() => Part, 'As it is to be.') part?: Part | null;
}

@ODataAction(schema, { on: Edm.String, returns: Edm.String })
class Shout {}

@ODataAction(schema, { on: () => Place })
class Climb {
  @Property(Edm.Int32, 'Floors.', { nullable: false }) floors!: number;
}

@ODataAction(schema, { returns: Collection(Edm.String), importName: 'tidyUp' })
class Tidy {
  @Property(Collection(Edm.String), 'Tags to remove.') @ArrayMaxSize(3) tags!: string[];
  @Property(() => Place) place?: Place | null;
  @Property(Condition) condition?: string | null;
}

@ODataAction(schema, { on: () => Desk, returns: Edm.Int32, onlyOn: ['desk'] })
class Ring {}

// --------------------------------------------------------------------------------------------------- Functions

@ODataFunction(schema, {
  on: () => Item,
  returns: Edm.Int32,
  nullable: true,
  expression: 'pages mul rate add extra',
})
class Worth {
  @Property(Edm.Int32, 'For a page.', { nullable: false }) rate!: number;
  @Property(Edm.Int32, 'Beside.', { nullable: false }) @Default(1) extra!: number;
}

@ODataFunction(schema, { on: Collection(() => Item), returns: Collection(() => Item), from: '', composable: true })
class Longest {
  @Property(Edm.Int32, 'How many.', { nullable: false }) @Min(1) count!: number;
}

@ODataFunction(schema, { on: () => Item, returns: () => Item, from: '', nullable: true, composable: true })
class Next {}

@ODataFunction(schema, { on: () => Item, returns: () => Place, composable: true, nullable: true })
class Whereabouts {}

@ODataFunction(schema, { on: () => Reader, returns: Collection(() => Item), from: 'has', composable: true })
class Overdue {
  @Property(Edm.Date, 'The day.', { nullable: false }) on!: string;
}

@ODataFunction(schema, { name: 'search', returns: Collection(() => Item), from: 'items', composable: true })
class SearchItems {
  @Property(Edm.String, 'A part of the title.', { nullable: false }) @MaxLength(20) text!: string;
}

@ODataFunction(schema, { name: 'search', returns: Collection(() => Item), from: 'items', composable: true })
class SearchByPages {
  @Property(Edm.Int32, 'At least.', { nullable: false }) from!: number;
  @Property(Edm.Int32, 'At most.') @Optional() to?: number | null;
}

@ODataFunction(schema, { returns: Collection(Edm.Int32), composable: true })
class Numbers {
  @Property(Collection(Edm.Int32), 'As they are.') these!: number[];
  @Property(() => Place) @Optional() place?: Place | null;
  @References(() => Item) @Optional() item?: Item | null;
}

@ODataFunction(schema, { returns: Edm.String, nullable: true })
class Nothing {}

const tooLate = { code: 'tooLate', status: 409, meaning: 'It is too late for that.' };

@Injectable()
class LendingHandlers {
  @Handles(Lend)
  async lend({ bound, parameters, referred }: Call<Lend, LiveEntity<Item>>) {
    const reader = referred(parameters.reader);
    const { lent, title = '' } = await bound.value();
    if (lent === true) throw new ODataError(tooLate, `'${title ?? ''}' is lent.`);
    const { due, renewals, note } = parameters;
    await bound.change({ lent: true, due, tags: [`renewals ${renewals}`, ...(note ? [note] : [])] });
    const { id } = (await reader?.value()) ?? {};
    if (id !== undefined) await bound.change({ reader: { '@id': `readers('${id}')` } as never });
    return bound;
  }

  @Handles(GiveBack)
  async giveBack({ bound }: Call<GiveBack, LiveEntity<Item>>) {
    await bound.change({ lent: false, due: null });
  }

  @Handles(GiveBackAll)
  async giveBackAll({ bound }: Call<GiveBackAll, LiveEntities<Item>>) {
    const lent = await bound.all('lent eq true');
    for (const one of lent) await one.change({ lent: false, due: null });
    return lent.length;
  }

  @Handles(Copy)
  async copy({ bound, parameters: { code }, set }: Call<Copy, LiveEntity<Item>>) {
    const { title = null, pages = null } = await bound.value();
    return set(Item).create({ code, title, pages });
  }

  @Handles(Fail)
  async fail({ bound, parameters: { late } }: Call<Fail, LiveEntity<Item>>) {
    await bound.change({ title: 'changed' });
    if (late === true) throw new ODataError(tooLate, 'It is too late.');
    throw new Error('a secret');
  }

  @Handles(AddPart)
  addPart({ bound, parameters: { part } }: Call<AddPart, LiveEntities<Part>>) {
    return bound.create(part ?? { number: 99 });
  }

  @Handles(Shout)
  async shout({ bound }: Call<Shout, BoundValue<string>>) {
    await (bound.owner as LiveEntity<Item>).change({ title: bound.value.toUpperCase() });
    return bound.value.toUpperCase();
  }

  @Handles(Climb)
  async climb({ bound: { owner, value }, parameters }: Call<Climb, BoundValue<Place>>) {
    await (owner as LiveEntity<Item>).change({ place: { floor: (value.floor ?? 0) + parameters.floors } });
  }

  @Handles(Tidy)
  async tidy({ parameters: { tags, place, condition }, set }: Call<Tidy>) {
    const removed: string[] = [];
    for (const item of await set(Item).all()) {
      const { tags: own = [] } = await item.value();
      removed.push(...own.filter((tag) => tags.includes(tag)));
      await item.change({ tags: own.filter((tag) => !tags.includes(tag)) });
    }
    return [...removed, String(place?.city), String(condition)];
  }

  @Handles(Ring)
  @Requires('read')
  async ring({ bound }: Call<Ring, LiveEntity<Desk>>) {
    const { count } = await bound.value();
    await bound.change({ count: count + 1 });
    return count + 1;
  }

  @Handles(Longest)
  async longest({ bound, parameters }: Call<Longest, LiveEntities<Item>>) {
    const items = await Promise.all((await bound.all()).map((one) => one.value()));
    return items.sort((a, b) => (b.pages ?? 0) - (a.pages ?? 0)).slice(0, parameters.count);
  }

  @Handles(Next)
  async next({ bound, set }: Call<Next, LiveEntity<Item>>) {
    const { code } = await bound.value();
    const [found] = await set(Item).all(`code gt '${code}'`);
    return found ?? null;
  }

  @Handles(Whereabouts)
  async whereabouts({ bound }: Call<Whereabouts, LiveEntity<Item>>) {
    return (await bound.value()).place;
  }

  @Handles(Overdue)
  async overdue({ bound, parameters: { on }, set }: Call<Overdue, LiveEntity<Reader>>) {
    const { id } = await bound.value();
    return set(Item).all(`reader/id eq '${id}' and due lt ${on}`);
  }

  @Handles(SearchItems)
  search({ parameters: { text }, set }: Call<SearchItems>) {
    return set(Item).all(`contains(title,'${text.replaceAll("'", "''")}')`);
  }

  @Handles(SearchByPages)
  searchByPages({ parameters: { from, to }, set }: Call<SearchByPages>) {
    return set(Item).all(`pages ge ${from} and pages le ${to ?? 100000}`);
  }

  @Handles(Numbers)
  async numbers({ parameters: { these, place, item }, referred }: Call<Numbers>) {
    const pages = (await referred(item)?.value())?.pages;
    return [...these, ...[place?.floor, pages].filter((one) => typeof one === 'number')];
  }

  @Handles(Nothing)
  nothing() {
    return null;
  }
}

// Declared for what derives from it; nothing else names it.
export const derived = [Film, Worth];

export const operatedModel = buildModel(
  schema,
  { items: Item, readers: Reader, cards: Card },
  { desk: Desk, other: Desk },
);

@Module({ providers: [LendingHandlers] })
class LendingModule {}

/** The library of a service that does more than keep what it is given. */
export const operated: Domain = { model: operatedModel, modules: [LendingModule] };
