import { describe, expect, it } from '@jest/globals';
import { navigationPath, propertyPath } from './annotation.js';
import { buildModel } from './build-model.js';
import { Annotate, Collection, ComplexType, EntityType, Key, Property, References } from './declarations.js';
import { hierarchyOf, InHierarchy, leveledHierarchy } from './hierarchies.js';
import { Edm } from './primitive-types.js';
import { Schema, type SaidValue } from './schema.js';

/** Builds a model of nodes that are annotated; gives their type. */
function nodes(annotate: (target: object) => void) {
  const schema = new Schema('test.nodes');

  @ComplexType(schema)
  class Place {
    @Property(Edm.Int32) number?: number | null;
  }

  @EntityType(schema)
  class Node {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
    @Property(() => Place) place?: Place | null;
    @Property(Collection(Edm.String)) words?: string[];
    @References(() => Node, 'What is above it.') parent?: Node | null;
    @References(() => Node, 'All above it.', { collection: true }) parents?: Node[];
    @References(() => Node, 'Always there.', { nullable: false }) must!: Node;
    @References(() => Other, 'Something else.') other?: Other | null;
  }

  @EntityType(schema)
  class Leaf extends Node {}

  @EntityType(schema)
  class Other {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  }

  annotate(Node);
  const model = buildModel(schema, { nodes: Node, leaves: Leaf, others: Other });
  return { node: model.entityTypes.get('Node')!, leaf: model.entityTypes.get('Leaf')! };
}

describe('hierarchies of a model', () => {
  it('are those that a type and what it derives from declare', () => {
    const { node, leaf } = nodes((target) => {
      InHierarchy('One', { node: 'id', parent: 'parent' })(target);
      InHierarchy('All', { node: 'place/number', parent: 'parents' })(target);
      Annotate({ 'Aggregation.LeveledHierarchy#Levels': [propertyPath('id'), propertyPath('place/number')] })(target);
    });
    expect(hierarchyOf(node, 'One')).toMatchObject({ qualifier: 'One', node: ['id'], parent: { name: 'parent' } });
    expect(hierarchyOf(leaf, 'All')).toMatchObject({ node: ['place', 'number'], parent: { name: 'parents' } });
    expect(hierarchyOf(leaf, 'None')).toBeUndefined();
    expect(leveledHierarchy(leaf, 'Levels')).toEqual(['id', 'place/number']);
    expect(leveledHierarchy(leaf, 'None')).toBeUndefined();
  });

  const by = (node: SaidValue, parent: SaidValue) => ({ NodeProperty: node, ParentNavigationProperty: parent });
  const [id, parent] = [propertyPath('id'), navigationPath('parent')];
  it.each<[what: string, said: SaidValue, fault: string]>([
    ['', by(id, parent), 'Node: Aggregation.RecursiveHierarchy needs a qualifier'],
    ['#A', {}, 'Node: Aggregation.RecursiveHierarchy#A needs the path NodeProperty'],
    ['#A', { NodeProperty: id }, 'Node: Aggregation.RecursiveHierarchy#A needs the path ParentNavigationProperty'],
    ['#A', by(propertyPath('place'), parent), "has a NodeProperty that is no single primitive value: 'place'"],
    ['#A', by(propertyPath('words'), parent), "has a NodeProperty that is no single primitive value: 'words'"],
    ['#A', by(id, navigationPath('other')), "does not lead to some Node or none: 'other'"],
    ['#A', by(id, navigationPath('must')), "does not lead to some Node or none: 'must'"],
    ['#A', by(propertyPath('nothing'), parent), "Node: the path 'nothing' leads to nothing"],
  ])('%s is refused at the start: %j', (qualifier, said, fault) => {
    const term = `Aggregation.RecursiveHierarchy${qualifier}`;
    expect(() => nodes(Annotate({ [term]: said }))).toThrow(fault);
  });
});
