import { describe, expect, it } from '@jest/globals';
import { annotationPath, constant, navigationPath, path, propertyPath } from './annotation.js';
import { buildModel } from './build-model.js';
import { Annotate, Collection, ComplexType, Contained, EntityType, enumType } from './declarations.js';
import { Key, Property, term, typeDefinition, type TypeOptions } from './declarations.js';
import { Edm } from './primitive-types.js';
import { type SaidAnnotations, Schema, type TermDeclaration } from './schema.js';

type Place =
  'type' | 'property' | 'navigation' | 'set' | 'singleton' | 'enum' | 'member' | 'definition' | 'schema' | 'term';

/** Builds a model that is annotated at one place; gives what is wrong with that, or the annotations that it has there. */
function annotated(said: SaidAnnotations, place: Place = 'type'): unknown {
  const of = (one: Place) => (one === place ? { annotations: said } : {});
  const schema = new Schema('test', of('schema'));
  const Colour = enumType(schema, 'Colour', { Red: { value: 0, ...of('member') }, Blue: 1 }, of('enum'));
  const Name = typeDefinition(schema, 'Name', Edm.String, of('definition'));
  term(schema, 'Stars', Edm.Byte, { appliesTo: ['EntityType'], ...of('term') });
  term(schema, 'Tones', Collection(Colour), { nullable: true });
  term(schema, 'Where', () => Spot);
  @ComplexType(schema)
  class Spot {
    @Property(Edm.Int32, 'Across.', { nullable: false }) x!: number;
    @Property(Edm.String) name?: string | null;
  }
  @EntityType(schema)
  class Leaf {
    @Key() @Property(Edm.Int32, 'Names it.', { nullable: false }) number!: number;
    @Property(() => Spot) spot?: Spot | null;
  }
  @EntityType(schema)
  class Oak extends Leaf {
    @Property(Edm.String) kind?: string | null;
  }
  @EntityType(schema)
  class Tree {
    @Key() @Property(Name, 'Names it.', { nullable: false }) id!: string;
    @Contained(() => Leaf, 'Its leaves.', { collection: true }) leaves?: Leaf[];
  }
  Annotate({ 'UI.FieldGroup#a': { Data: [] } })(Leaf);
  if (place === 'type') Annotate(said)(Tree);
  if (place === 'property') Annotate(said)(Tree.prototype, 'id');
  if (place === 'navigation') Annotate(said)(Tree.prototype, 'leaves');
  try {
    const model = buildModel(
      schema,
      { trees: { type: Tree, ...of('set') } },
      { oldest: { type: Tree, ...of('singleton') } },
    );
    const { properties, navigation, annotations } = model.entityTypes.get('Tree')!;
    const found = {
      type: annotations,
      property: properties.get('id')?.annotations,
      navigation: navigation.get('leaves')?.annotations,
      set: model.entitySets.get('trees')?.annotations,
      singleton: model.singletons.get('oldest')?.annotations,
      enum: model.enumTypes.get('Colour')?.annotations,
      member: model.enumTypes.get('Colour')?.memberAnnotations?.get('Red'),
      definition: model.typeDefinitions.get('Name')?.annotations,
      schema: model.annotations,
      term: model.terms.get('Stars')?.property.annotations,
    };
    return Oak.name === 'Oak' ? found[place] : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('annotations of a model', () => {
  it.each<[place: Place]>([
    ['type'],
    ['property'],
    ['navigation'],
    ['set'],
    ['singleton'],
    ['enum'],
    ['member'],
    ['definition'],
    ['schema'],
    ['term'],
  ])('stand on the element that they are said of: %s', (place) => {
    expect(annotated({ 'Common.Label#x': ['a', null, { B: 1 }] }, place)).toEqual([
      {
        term: 'Common.Label',
        qualifier: 'x',
        value: ['a', null, { kind: 'record', type: undefined, values: { B: 1 } }],
      },
    ]);
  });

  it.each<[said: SaidAnnotations]>([
    [{ 'UI.A': propertyPath('id') }],
    [{ 'UI.A': { '@type': 'UI.DataField', Value: [path('leaves/$count'), path('leaves/spot/x')] } }],
    [{ 'UI.A': path('leaves/test.Oak/kind') }],
    [{ 'UI.A': navigationPath('leaves') }],
    [{ 'UI.A': annotationPath('leaves/@UI.FieldGroup#a') }],
    [{ 'UI.A': annotationPath('leaves@UI.FieldGroup#a') }],
    [{ 'UI.A': annotationPath('@UI.B'), 'UI.B': 1 }],
    [{ 'test.Stars': 255, 'test.Tones': ['Red', null, '1'], 'test.Where': { x: 1, name: path('id') } }],
    [{ 'test.Stars': path('leaves/$count'), 'test.Where': null }],
    [{ 'test.Stars': constant('Int', '7') }],
  ])('may be %j', (said) => {
    expect(annotated(said)).toHaveLength(Object.keys(said).length);
  });

  it.each<[fault: string, said: SaidAnnotations, place?: Place]>([
    ["Tree: 'Label' is no term", { Label: 1 }],
    ["Tree: 'Common.a.b' is no term", { 'Common.a.b': 1 }],
    ["Tree: 'Common.Label#' has a qualifier that is none", { 'Common.Label#': 1 }],
    ["Tree: 'Common.Label#a#b' has a qualifier that is none", { 'Common.Label#a#b': 1 }],
    ["Tree: there is no vocabulary 'Nope'; make it known by `schema.use`", { 'Nope.Label': 1 }],
    ["Tree: there is no vocabulary 'Nope'; make it known by `schema.use`", { 'UI.A': { '@type': 'Nope.B' } }],
    ["Tree: there is no vocabulary 'Nope'; make it known by `schema.use`", { 'UI.A': { '@Nope.B': 1 } }],
    ["Tree.id: the schema has no term 'test.Nope'", { 'test.Nope': 1 }, 'property'],
    ["trees: the path 'nope' leads to nothing: Tree has no 'nope'", { 'UI.A': [{ B: path('nope') }] }, 'set'],
    [
      "Tree.leaves: the path 'leaves/nope' leads to nothing: Leaf has no 'nope'",
      { 'UI.A': path('leaves/nope') },
      'navigation',
    ],
    ["Tree: the path 'id/x' goes on behind a value: 'x'", { 'UI.A': path('id/x') }],
    ["Tree: the path 'leaves' leads to no property", { 'UI.A': propertyPath('leaves') }],
    ["Tree: the path 'id' leads to no navigation property", { 'UI.A': navigationPath('id') }],
    ["Tree: the path 'id' leads to no annotation", { 'UI.A': annotationPath('id') }],
    ["Tree: the path '@UI.B' leads to an annotation that is not there: 'UI.B'", { 'UI.A': annotationPath('@UI.B') }],
    ["Colour: the path 'id' has no type to begin at", { 'UI.A': path('id') }, 'enum'],
    ['Tree.id: Stars is for EntityType, not for Property', { 'test.Stars': 1 }, 'property'],
    ['Tree: what Stars is given is no value of its type', { 'test.Stars': 256 }],
    ['Tree: what Stars is given is no value of its type', { 'test.Stars': [1] }],
    ['Tree: what Tones is given is no value of its type', { 'test.Tones': ['Green'] }],
    ['Tree: what Where is given is no value of its type', { 'test.Where': { y: 1 } }],
    ['Tree: what Where is given is no value of its type', { 'test.Where': { x: null } }],
  ])('%s', (fault, said, ...[place]: (Place | undefined)[]) => {
    expect(annotated(said, place)).toBe(fault);
  });

  it('need a member that is declared', () => {
    const schema = new Schema('test');
    @EntityType(schema)
    class Tree {
      @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
    }
    Annotate({ 'UI.A': 1 })(Tree.prototype, 'leaf');
    expect(() => buildModel(schema, { trees: Tree })).toThrow('Tree.leaf: is annotated, and has no @Property');
  });

  it.each<
    [
      fault: string,
      of: (
        stars: TermDeclaration,
      ) => readonly [type: TypeOptions, property: { readonly carries?: readonly TermDeclaration[] }],
    ]
  >([
    ['', (stars) => [{}, { carries: [stars] }]],
    ['Tree: Stars is for Property, not for EntityType', (stars) => [{ carries: [stars] }, {}]],
    [
      "Tree.id: 'other.Tone' is no term of schema test",
      () => [{}, { carries: [term(new Schema('other'), 'Tone', Edm.String)] }],
    ],
    ['Bark: Stars is for Property, not for ComplexType', () => [{}, {}]],
    ['Bark.inner: annotations of a complex value stand inside it: its type carries them', () => [{}, {}]],
  ])('that are carried: %s', (fault, of) => {
    const schema = new Schema('test');
    const stars = term(schema, 'Stars', Edm.Byte, { appliesTo: ['Property'] });
    const [ofType, ofProperty] = of(stars);
    class Tree {
      readonly [member: string]: unknown;
    }
    Key()(Tree.prototype, 'id');
    Property(Edm.String, 'Names it.', { nullable: false, ...ofProperty })(Tree.prototype, 'id');
    EntityType(schema, ofType)(Tree);
    if (fault.startsWith('Bark')) {
      class Bark {
        @Property(Edm.String, 'Brown.', { carries: [stars] }) colour?: string | null;
        @Property(() => Moss, 'Green.', fault.startsWith('Bark.inner') ? { carries: [stars] } : {}) inner?: Moss | null;
      }
      class Moss {
        @Property(Edm.String, 'Soft.') hair?: string | null;
      }
      ComplexType(schema)(Moss);
      ComplexType(schema, fault.startsWith('Bark:') ? { carries: [stars] } : {})(Bark);
    }
    const build = () => buildModel(schema, { trees: Tree });
    if (fault !== '') return expect(build).toThrow(fault);
    return expect([...(build().entityTypes.get('Tree')?.carries?.keys() ?? [])]).toEqual(['id@test.Stars']);
  });
});
