import { Injectable, Module } from '@nestjs/common';
import { MaxLength } from 'class-validator';
import type { Domain } from '../../src/app.module.js';
import { type Call, Handles, type LiveEntity } from '../../src/odata/index.js';
import {
  buildModel,
  Collection,
  ComplexType,
  Contained,
  Default,
  Edm,
  EntityType,
  Immutable,
  Key,
  ODataAction,
  ODataFunction,
  Property,
  References,
  Schema,
} from '../../src/odata/model.js';

/** A model whose structures reach into each other: what CSDL can say and few tools read. */
const schema = new Schema('test.warehouse', { description: 'What was made, and where it lies.' });

// ----------------------------------------------------------------------------------- Keys inside complex values

@ComplexType(schema)
class Run {
  @Property(Edm.Int32, 'Its number.', { nullable: false }) @Immutable() number!: number;
  @Property(Edm.String) remark?: string | null;
}

/** Where something was made, and when: what names it lies inside. */
@ComplexType(schema, { open: true })
class Origin {
  @Property(Edm.String, 'The plant.', { nullable: false }) @Immutable() @MaxLength(9) plant!: string;
  @Property(() => Run, 'The run there.', { nullable: false }) run!: Run;
  @Property(Edm.String) foreman?: string | null;
}

@ComplexType(schema)
class Tag {
  @Property(Edm.String, 'What is printed.', { nullable: false }) @Immutable() code!: string;
  @Property(Edm.String) colour?: string | null;
}

@EntityType(schema)
export class Crate {
  @Key({ code: 'code' }) @Property(() => Tag, 'What it is called by.', { nullable: false }) tag!: Tag;
  @Property(Edm.Int32) weight?: number | null;
}

@EntityType(schema)
export class Batch {
  @Key({ plant: 'plant', run: 'run/number' })
  @Property(() => Origin, 'Where it comes from.', { nullable: false })
  origin!: Origin;
  @Property(Edm.String) title?: string | null;
  @Property(Edm.String) formerPlant?: string | null;
  @Property(Edm.Int32) formerRun?: number | null;
  @References(() => Batch, 'What it continues.', {
    partner: 'nexts',
    constraints: { formerPlant: 'plant', formerRun: 'run' },
  })
  former?: Batch | null;
  @References(() => Batch, 'What continues it.', { collection: true, partner: 'former' }) nexts?: Batch[];
  @Contained(() => Crate, 'What it is packed in.', { collection: true }) crates?: Crate[];
}

@ODataFunction(schema, { returns: Collection(() => Batch), composable: true })
export class OfPlants {
  @Property(Collection(Edm.String), 'In their order.') plants!: string[];
}

@ODataAction(schema, { on: () => Batch, returns: () => Batch, from: '' })
export class Continue {
  @Property(Edm.Int32, 'The run that goes on.', { nullable: false }) run!: number;
}

@Injectable()
class BatchHandlers {
  @Handles(OfPlants)
  async ofPlants({ parameters: { plants }, set }: Call<OfPlants, undefined>) {
    const found = await Promise.all(plants.map((plant) => set(Batch).all(`origin/plant eq '${plant}'`)));
    return found.flat();
  }

  @Handles(Continue)
  async continue({ bound, parameters: { run }, set }: Call<Continue, LiveEntity<Batch>>) {
    const { origin } = await bound.value();
    const key = { origin: { plant: origin.plant, run: { number: run } } };
    const there = await set(Batch).find(key);
    await there?.change({ title: 'there' });
    return there ?? set(Batch).create({ ...key, title: 'made' });
  }
}

@Module({ providers: [BatchHandlers] })
class BatchModule {}

// -------------------------------------------------------------------------------- References out of complex values

@EntityType(schema)
class Country {
  @Key() @Property(Edm.String, 'Its letters.', { nullable: false }) @MaxLength(2) code!: string;
  @Property(Edm.String) name?: string | null;
}

@ComplexType(schema)
class Address {
  @Property(Edm.String) street?: string | null;
  @References(() => Country, 'Where it is.', { set: 'countries' }) country?: Country | null;
  @References(() => Country, 'From where one gets there.', { set: 'countries', collection: true }) near?: Country[];
}

@ComplexType(schema)
class Post extends Address {
  @References(() => Country, 'Whose post it is.', { set: 'countries' }) carrier?: Country | null;
}

@ComplexType(schema, { open: true })
class Route {
  @Property(() => Address) by?: Address | null;
  @References(() => Country, 'Where it ends.', { set: 'countries', nullable: false }) to!: Country;
}

@EntityType(schema)
class Gate {
  @Key() @Property(Edm.Int32, 'Its number.', { nullable: false }) number!: number;
  @Property(() => Address) address?: Address | null;
}

@EntityType(schema)
export class Depot {
  @Key() @Property(Edm.String, 'Names the depot.', { nullable: false }) id!: string;
  @Property(Edm.String) name?: string | null;
  @Property(() => Address) address?: Address | null;
  @Property(() => Route) route?: Route | null;
  @Property(Collection(() => Address), 'Where else it is.') others?: Address[];
  @References(() => Country, 'Who owns it.', { set: 'countries' }) owner?: Country | null;
  @References(() => Depot, 'Where to go from there.', { set: 'depots', collection: true }) next?: Depot[];
  @References(() => Country, 'Whom it serves.', { set: 'countries', collection: true }) near?: Country[];
  @Contained(() => Gate, 'Where one comes in.', { collection: true }) gates?: Gate[];
}

// ---------------------------------------------------------------------------------- Keys from what contains an entity

@EntityType(schema)
class Line {
  @Key() @Property(Edm.Int32, 'The shipment.', { nullable: false }) shipmentId!: number;
  @Key() @Property(Edm.Int32, 'Its number there.', { nullable: false }) number!: number;
  @Property(Edm.String) text?: string | null;
  @References(() => Shipment, 'What it is in.', {
    nullable: false,
    partner: 'lines',
    constraints: { shipmentId: 'id' },
  })
  shipment!: Readonly<Shipment>;
}

@EntityType(schema)
class Gift extends Line {
  @Property(Edm.String) ribbon?: string | null;
}

@EntityType(schema)
class Bill {
  @Key() @Property(Edm.Guid, 'Names the bill.', { nullable: false }) id!: string;
  @Property(Edm.Decimal) total?: number | null;
  @References(() => Shipment, 'What is billed.', { nullable: false, partner: 'bill' }) of!: Readonly<Shipment>;
}

@EntityType(schema)
class Seal {
  @Key() @Property(Edm.String, 'What stands on it.', { nullable: false }) code!: string;
}

@EntityType(schema)
export class Shipment {
  @Key() @Property(Edm.Int32, 'Its number.', { nullable: false }) id!: number;
  @Property(Edm.String) title?: string | null;
  @Contained(() => Line, 'What is sent.', { collection: true, partner: 'shipment' }) lines?: Line[];
  @Contained(() => Bill, 'What it costs.', { partner: 'of' }) bill?: Bill | null;
  @Contained(() => Seal, 'While there is one it stays.', { collection: true, onDelete: 'restrict' }) seals?: Seal[];
}

// ------------------------------------------------------------------------------- References that properties follow

@EntityType(schema)
class Carrier {
  @Key() @Property(Edm.String, 'Names the carrier.', { nullable: false }) id!: string;
  @References(() => Freight, 'What it carries.', { collection: true, partner: 'carrier', onDelete: 'setDefault' })
  freights?: Freight[];
}

@EntityType(schema)
class Freight {
  @Key() @Property(Edm.Int32, 'Its number.', { nullable: false }) number!: number;
  @Property(Edm.String, 'Who carries it, the post unless said.', { nullable: false })
  @Default('post')
  carrierId!: string;
  @References(() => Carrier, 'Who carries it.', {
    nullable: false,
    partner: 'freights',
    constraints: { carrierId: 'id' },
  })
  carrier!: Readonly<Carrier>;
  @Property(Edm.String, 'Where it was made.') plant?: string | null;
  @References(() => Batch, 'What is in it.', { constraints: { plant: 'plant' } }) batch?: Batch | null;
}

// Declared for what they derive from; nothing else names them.
export const derived = [Post, Gift];

export const warehouseModel = buildModel(schema, {
  batches: Batch,
  countries: Country,
  formerCountries: Country,
  depots: Depot,
  // What is no longer there was in countries that are no longer there.
  formerDepots: {
    type: Depot,
    bindings: {
      next: 'formerDepots',
      owner: 'formerCountries',
      'address/country': 'formerCountries',
      'address/test.warehouse.Post/carrier': 'formerCountries',
      'gates/address/near': 'formerCountries',
    },
  },
  shipments: Shipment,
  carriers: Carrier,
  freights: Freight,
});

/** The warehouse as a service: the model says everything. */
export const warehouse: Domain = { model: warehouseModel, modules: [BatchModule] };
