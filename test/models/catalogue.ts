import { Injectable, Module } from '@nestjs/common';
import { ArrayMaxSize, MaxLength } from 'class-validator';
import type { Domain } from '../../src/app.module.js';
import type { JsonObject } from '../../src/odata/protocol/json/json-value.js';
import {
  type Call,
  type Creation,
  type EntityChange,
  EntityRules,
  Handles,
  type LiveEntities,
  type LiveEntity,
  RulesFor,
} from '../../src/odata/index.js';
import {
  Annotate,
  annotationPath,
  buildModel,
  Collection,
  ComplexType,
  Computed,
  constant,
  Contained,
  Default,
  Edm,
  EntityType,
  enumType,
  Immutable,
  Key,
  Property,
  References,
  Schema,
  type MemberOf,
  members,
  navigationPath,
  ODataAction,
  ODataFunction,
  Optional,
  path,
  propertyPath,
  term,
  typeDefinition,
} from '../../src/odata/model.js';

/** A model that has what CSDL can say and the library does not: relations of every kind. */
const schema = new Schema('test.catalogue', {
  description: 'What is sold, by whom, and to whom.',
  annotations: { 'Common.Label': 'Catalogue' },
  containerAnnotations: { 'Common.Label': 'All of it' },
});
schema.use({ alias: 'Display', namespace: 'com.example.display.v1', url: 'https://example.com/vocabularies/display' });

export const Stars = term(schema, 'Stars', Edm.Byte, {
  description: 'How good it is.',
  appliesTo: ['EntityType', 'Property'],
  default: 3,
});
export const Extent = term(schema, 'Extent', () => Size, { nullable: false });
export const Words = term(schema, 'Words', Collection(Edm.String), { annotations: { 'Common.Label': 'Words' } });
export const Since = term(schema, 'Since', Edm.Date);
export const Worth = term(schema, 'Worth', Edm.Decimal, { scale: 2 });

@EntityType(schema, { carries: [Stars, Extent, Words, Since, Worth] })
@Annotate({
  'UI.HeaderInfo': {
    TypeName: 'Supplier',
    TypeNamePlural: 'Suppliers',
    Title: { '@type': 'UI.DataField', Value: path('name') },
  },
  'UI.LineItem#short': [
    { '@type': 'UI.DataField', Value: path('name'), '@UI.Importance': members('UI.ImportanceType', 'High') },
    { '@type': 'UI.DataFieldForAnnotation', Target: annotationPath('account/@UI.DataPoint') },
  ],
  'UI.SelectionFields': [propertyPath('name')],
  'UI.FieldGroup#bank': { Data: [{ '@type': 'UI.DataField', Value: path('account/number') }] },
  'UI.Facets': [{ '@type': 'UI.ReferenceFacet', Target: annotationPath('@UI.FieldGroup#bank') }],
  'Common.DraftRoot': null,
  'Display.Colour': constant('Guid', '01234567-89ab-cdef-0123-456789abcdef'),
  'test.catalogue.Stars': 5,
  'test.catalogue.Extent': { width: 3 },
  'test.catalogue.Words': ['good', 'cheap'],
  'test.catalogue.Since': constant('Date', '2001-02-03'),
})
class Supplier {
  @Key() @Property(Edm.String, 'Names the supplier.', { nullable: false }) id!: string;
  @Property(Edm.String, 'What it is called.', { carries: [Stars, Extent, Words] }) name?: string | null;
  @Annotate({ 'Common.Text': path('products/$count'), 'Common.TextArrangement': navigationPath('offers') })
  @References(() => Product, 'What it delivers.', { collection: true, partner: 'supplier', onDelete: 'restrict' })
  products?: Product[];
  @References(() => Offer, 'What it offers.', { collection: true, partner: 'by', onDelete: 'cascade' })
  offers?: Offer[];
  @References(() => Account, 'Where it is paid.', { partner: 'holder', onDelete: 'setNull' }) account?: Account | null;
}

@EntityType(schema)
@Annotate({ 'UI.DataPoint': { Value: path('number') } })
class Account {
  @Key() @Property(Edm.Int32, 'Its number.', { nullable: false }) number!: number;
  @Property(Edm.String) holderId?: string | null;
  @References(() => Supplier, 'Whose it is.', { partner: 'account', constraints: { holderId: 'id' } })
  holder?: Supplier | null;
}

@EntityType(schema)
class Offer {
  @Key() @Property(Edm.String, 'Names the offer.', { nullable: false }) id!: string;
  @Property(Edm.Decimal) price?: number | null;
  @References(() => Supplier, 'Who makes it.', { nullable: false, partner: 'offers' }) by!: Supplier;
  @References(() => Offer, 'What it takes the place of.', { onDelete: 'cascade' }) instead?: Offer | null;
}

@ComplexType(schema, { carries: [Since] })
@Annotate({ 'Common.SemanticObject': 'size' })
class Size {
  @Property(Edm.Int32, 'From left to right.', { carries: [Words] })
  @Annotate({ 'Measures.Unit': 'cm', 'Measures.Scale': 0 })
  width?: number | null;
  @Property(Edm.Int32) height?: number | null;
}

@EntityType(schema, { carries: [Stars] })
class Part {
  @Key() @Property(Edm.Int32, 'Its place.', { nullable: false }) number!: number;
  @Property(Edm.String) title?: string | null;
  @Property(Edm.String) makerId?: string | null;
  @References(() => Supplier, 'Who makes it.', { constraints: { makerId: 'id' } }) maker?: Supplier | null;
}

@EntityType(schema)
class Panel extends Part {
  @Property(() => Size) size?: Size | null;
}

@EntityType(schema)
class Screw extends Part {
  @Property(Edm.Int32) length?: number | null;
  @Property(Edm.Int32, 'How many there are.', { nullable: false }) @Default(1) count!: number;
  @Property(Edm.String, 'What it is made of.') @Default('steel') metal?: string | null;
}

@EntityType(schema)
class Label {
  @Key() @Property(Edm.Guid, 'Names the label.', { nullable: false }) id!: string;
  @Property(Edm.String, 'What it says.', { nullable: false }) @MaxLength(20) text!: string;
}

@EntityType(schema)
class Product {
  @Key() @Property(Edm.String, 'Names the product.', { nullable: false }) id!: string;
  @Property(Edm.String) title?: string | null;
  @Property(Edm.String, 'Who delivers it.', { nullable: false }) supplierId!: string;
  @References(() => Supplier, 'Who delivers it.', {
    nullable: false,
    partner: 'products',
    constraints: { supplierId: 'id' },
  })
  supplier!: Supplier;
  @Property(Edm.String) country?: string | null;
  @Property(Edm.Int32) city?: number | null;
  @References(() => City, 'Where it comes from.', { constraints: { country: 'country', city: 'number' } })
  origin?: City | null;
  @References(() => Product, 'What is bought with it.', { collection: true, partner: 'with' }) with?: Product[];
  @References(() => Product, 'What came before it.', { partner: 'next' }) former?: Product | null;
  @References(() => Product, 'What comes after it.', { partner: 'former' }) next?: Product | null;
  @Contained(() => Label, 'What stands on it.', { nullable: false }) label!: Label;
  @Contained(() => Part, 'What it is made of.', { collection: true }) parts?: Part[];
  @References(() => Note, 'What is written of it.', { set: 'news', collection: true }) notes?: Note[];
}

@EntityType(schema)
class City {
  @Key() @Property(Edm.String, 'Where it is.', { nullable: false }) country!: string;
  @Key() @Property(Edm.Int32, 'Its number there.', { nullable: false }) number!: number;
  @Property(Collection(Edm.String)) names?: string[];
}

@EntityType(schema)
class Note {
  @Key() @Property(Edm.String, 'Names the note.', { nullable: false }) id!: string;
  @Property(Edm.String) text?: string | null;
}

@EntityType(schema)
class Shop {
  @Key() @Property(Edm.String, 'Names the shop.', { nullable: false }) name!: string;
  @Property(Edm.String) @MaxLength(3) currency?: string | null;
  @Property(Edm.Int32, 'How many suppliers it has at most.', { nullable: false }) @Default(9) most!: number;
  @Property(() => Size) window?: Size | null;
}

const Mood = enumType(schema, 'Mood', { Calm: 0, Cross: -5, Glad: { value: 7, description: 'As one should be.' } });
type Mood = MemberOf<typeof Mood>;
const Rights = enumType(
  schema,
  'Rights',
  { None: { value: 0, annotations: { 'Common.Label': 'Nothing' } }, See: 1, Buy: 2, Sell: 2 ** 40, Trade: 2 ** 40 + 2 },
  { flags: true, underlying: Edm.Int64, annotations: { 'Common.Label': 'What one may do' } },
);
const Money = typeDefinition(schema, 'Money', Edm.Decimal, { precision: 6, scale: 2, description: 'In euros.' });
const Code = typeDefinition(schema, 'Code', Edm.String, {
  maxLength: 4,
  unicode: false,
  annotations: { 'Common.IsUpperCase': true },
});
const Place = typeDefinition(schema, 'Place', Edm.GeographyPoint, { srid: 4326 });

/** Has a value of each kind, a collection of each, and one whose items may be null. */
@EntityType(schema)
class Sample {
  @Key() @Property(Code, 'Names the sample.', { nullable: false }) id!: string;
  @Property(Mood) mood?: Mood | null;
  @Property(Rights) rights?: string | null;
  @Property(Money, 'What it costs.') price?: number | null;
  @Property(Code) code?: string | null;
  @Property(Place, 'Where it is.') place?: object | null;
  @Property(Edm.GeometryPoint, 'Where it lies in the hall.', { srid: 0 }) spot?: object | null;
  @Property(Edm.GeographyPolygon, 'Where it is sold.', { srid: 'variable' }) area?: object | null;
  @Property(Collection(Mood)) moods?: string[];
  @Property(Collection(Rights)) allRights?: string[];
  @Property(Collection(Money)) prices?: number[];
  @Property(Collection(Code), 'What it is called.', { carries: [Stars] }) codes?: string[];
  @Property(Collection(Place)) places?: object[];
  @Property(Collection(() => Size)) sizes?: Size[];
  @Property(Collection(Edm.Duration)) times?: string[];
  @Property(Collection(Edm.Binary)) parts?: string[];
  @Property(Collection(Mood), 'Perhaps.', { nullable: true }) someMoods?: (string | null)[];
  @Property(Collection(Code), 'Perhaps.', { nullable: true }) @ArrayMaxSize(3) someCodes?: (string | null)[];
  @Property(Collection(Edm.Int64), 'Perhaps.', { nullable: true }) someNumbers?: (number | null)[];
  @Property(Collection(Edm.Date), 'Perhaps.', { nullable: true }) someDays?: (string | null)[];
  @Property(Collection(() => Size), 'Perhaps.', { nullable: true }) someSizes?: (Size | null)[];
  @Property(Edm.DateTimeOffset, 'When it was made.') @Immutable() made?: string | null;
  @Property(Edm.Int32, 'How often it was changed: a rule counts.') @Computed() changes?: number | null;
}

@Injectable()
@RulesFor(Sample)
class CountedChanges extends EntityRules<Sample> {
  override readonly readsEntity = true;

  override beforeCreate({ entity }: Creation<Sample>): void {
    entity.changes = 0;
  }

  override beforeChange({ changes, current }: EntityChange<Sample>): void {
    changes.changes = (current?.changes ?? 0) + 1;
  }
}

@ComplexType(schema, { abstract: true })
class Contact {
  @Property(Edm.String) about?: string | null;
}

@ComplexType(schema, { open: true })
class Phone extends Contact {
  @Property(Edm.String, 'Its number.', { nullable: false }) number!: string;
}

@EntityType(schema, { abstract: true })
class Person {
  @Key() @Property(Edm.String, 'Names the person.', { nullable: false }) id!: string;
  @Property(Edm.String) name?: string | null;
}

@EntityType(schema, { open: true })
class Customer extends Person {
  @Property(Collection(() => Contact)) contacts?: Contact[];
  @References(() => Product, 'What was bought.', { collection: true }) bought?: Product[];
}

@EntityType(schema)
class Member extends Customer {
  @Property(Edm.Date) since?: string | null;
}

// ------------------------------------------------------------------------------------------------- Operations

@ODataAction(schema, { on: () => Product, returns: () => Product, from: '', description: 'Gives it other words.' })
@Annotate({ 'Common.Label': 'Rename' })
export class Rename {
  @Property(Edm.String, 'As it is called then.', { nullable: false }) @MaxLength(20) title!: string;
  @Property(Money, 'At most.') @Default(5) @Annotate({ 'Measures.ISOCurrency': 'EUR' }) limit!: number;
  @Property(Collection(Mood), 'How one feels then.', { nullable: true }) @Optional() moods?: (string | null)[];
  @Property(() => Size) @Optional() size?: Size | null;
  @References(() => Supplier) @Optional() asked?: Supplier | null;
}

@ODataAction(schema, { returns: Edm.Int32 })
export class CountSuppliers {}

@ODataFunction(schema, {
  on: Collection(() => Product),
  returns: Collection(() => Product),
  from: '',
  composable: true,
})
export class Of {
  @Property(Edm.String, 'Who delivers them.', { nullable: false }) supplier!: string;
}

@ODataFunction(schema, {
  on: Collection(() => Product),
  returns: Collection(() => Product),
  from: '',
  composable: true,
})
class OfAll {}

@ODataFunction(schema, {
  on: () => Supplier,
  returns: Edm.Int32,
  nullable: true,
  expression: 'length(name)',
  onlyOn: ['suppliers'],
})
class NameLength {}

@ODataFunction(schema, { returns: Collection(Edm.String) })
export class AllMoods {}

@Injectable()
class CatalogueHandlers {
  @Handles(Rename)
  async rename({ bound, parameters: { title } }: Call<Rename, LiveEntity<Product>>) {
    await bound.change({ title });
    return bound;
  }

  @Handles(CountSuppliers)
  count({ set }: Call<CountSuppliers, undefined>) {
    return set(Supplier).count();
  }

  @Handles(Of)
  async of({ bound, parameters }: Call<Of, LiveEntities<Product>>) {
    return bound.all(`supplierId eq '${parameters.supplier}'`);
  }

  @Handles(OfAll)
  async ofAll({ bound }: Call<OfAll, LiveEntities<Product>>) {
    return bound.all();
  }

  @Handles(AllMoods)
  allMoods() {
    return ['Calm', 'Cross', 'Glad'];
  }
}

@Module({ providers: [CountedChanges, CatalogueHandlers] })
class CatalogueModule {}

// Declared for what they derive from; nothing else names them.
export const derived = [Panel, Screw, Phone, Member, NameLength];

const sets = {
  suppliers: {
    type: Supplier,
    annotations: { 'Common.Label': 'Who delivers', 'UI.Identification': [{ Value: path('name') }] },
  },
  accounts: Account,
  offers: Offer,
  products: Product,
  cities: City,
  news: Note,
  oldNews: Note,
  samples: Sample,
  customers: Customer,
};

export const catalogueModel = buildModel(schema, sets, {
  shop: { type: Shop, default: { name: 'main', currency: 'EUR', window: { width: 2 } } },
  branch: { type: Shop, annotations: { 'Common.Label': 'Elsewhere' } },
});

/** The same, with another default of the shop. */
export const catalogueWith = (value: object) =>
  buildModel(schema, sets, { shop: { type: Shop, default: value as JsonObject } });

/** The catalogue as a service: but for what it counts the model says everything. */
export const catalogue: Domain = { model: catalogueModel, modules: [CatalogueModule] };
