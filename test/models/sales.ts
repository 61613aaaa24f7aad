import type { Domain } from '../../src/app.module.js';
import { buildModel, Collection, ComplexType, Edm, EntityType, InHierarchy, Key } from '../../src/odata/model.js';
import { Property, References, Schema } from '../../src/odata/model.js';

/** The example model of Data Aggregation 2.1: what was sold, to whom, by which of the organizations above each other. */
const schema = new Schema('test.sales');

@EntityType(schema)
@InHierarchy('SalesOrgHierarchy', { node: 'ID', parent: 'Superordinate' })
@InHierarchy('ByNumber', { node: 'Place/Number', parent: 'Superordinate' })
@InHierarchy('MultiParentHierarchy', { node: 'ID', parent: 'Superordinates' })
class SalesOrganization {
  @Key() @Property(Edm.String, 'Names the organization.', { nullable: false }) ID!: string;
  @Property(Edm.String) Name?: string | null;
  @Property(() => Place) Place?: Place | null;
  @References(() => SalesOrganization, 'What it is a part of.') Superordinate?: SalesOrganization | null;
  @References(() => SalesOrganization, 'What it reports to.', { collection: true })
  Superordinates?: SalesOrganization[];
}

@ComplexType(schema)
class Place {
  @Property(Edm.Int32) Number?: number | null;
  @Property(Edm.String) City?: string | null;
}

@EntityType(schema)
class Branch extends SalesOrganization {
  @Property(Edm.Int32) Staff?: number | null;
}

@EntityType(schema)
class Customer {
  @Key() @Property(Edm.String, 'Names the customer.', { nullable: false }) ID!: string;
  @Property(Edm.String) Name?: string | null;
  @Property(Edm.String) Country?: string | null;
  @References(() => Sale, 'What was bought.', { collection: true, partner: 'Customer' }) Sales?: Sale[];
}

@EntityType(schema)
class Sale {
  @Key() @Property(Edm.Int32, 'Its number.', { nullable: false }) ID!: number;
  @Property(Edm.Decimal) Amount?: number | null;
  @Property(Edm.String) Organization?: string | null;
  @Property(Collection(Edm.String)) Tags?: string[];
  @Property(Collection(() => Place)) Places?: Place[];
  @References(() => Customer, 'Who bought it.', { partner: 'Sales' }) Customer?: Customer | null;
  @References(() => SalesOrganization, 'Who sold it.') SalesOrganization?: SalesOrganization | null;
  @References(() => SalesOrganization, 'Who helped.', { collection: true }) Helpers?: SalesOrganization[];
}

// Declared for what it derives from; nothing else names it.
export const derived = [Branch];

export const salesModel = buildModel(schema, {
  SalesOrganizations: SalesOrganization,
  Customers: Customer,
  Sales: Sale,
});

export const sales: Domain = { model: salesModel, modules: [] };
