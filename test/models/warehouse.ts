import { MaxLength } from 'class-validator';
import type { Domain } from '../../src/app.module.js';
import {
  buildModel,
  ComplexType,
  Contained,
  Edm,
  EntityType,
  Immutable,
  Key,
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
class Crate {
  @Key({ code: 'code' }) @Property(() => Tag, 'What it is called by.', { nullable: false }) tag!: Tag;
  @Property(Edm.Int32) weight?: number | null;
}

@EntityType(schema)
class Batch {
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

export const warehouseModel = buildModel(schema, { batches: Batch });

/** The warehouse as a service: the model says everything. */
export const warehouse: Domain = { model: warehouseModel, modules: [] };
