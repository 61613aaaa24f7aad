import { describe, expect, it } from '@jest/globals';
import { Max } from 'class-validator';
import { buildModel } from './build-model.js';
import { Collection, Computed, Contained, Default, EntityType, Key, Optional, Property } from './declarations.js';
import type { Model } from './model.js';
import { type FunctionOptions, ODataAction, ODataFunction, type OperationOptions } from './operation-declarations.js';
import { overloadsOn, overloadWith } from './operations.js';
import { Edm } from './primitive-types.js';
import { Schema, type TypeClass } from './schema.js';

/** A model with things, large things, parts of things, and what a test declares beside them. */
function modelWith(declare: (schema: Schema, classes: Record<'Thing' | 'Large' | 'Part', TypeClass>) => void): Model {
  const schema = new Schema('test');

  @EntityType(schema)
  class Part {
    @Key() @Property(Edm.Int32, 'Its number.', { nullable: false }) number!: number;
  }

  @EntityType(schema)
  class Thing {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
    @Contained(() => Part, 'Its parts.', { collection: true }) parts?: Part[];
    @Contained(() => Part, 'Its first part.') first?: Part | null;
  }

  @EntityType(schema)
  class Large extends Thing {}

  declare(schema, { Thing, Large, Part });
  return buildModel(schema, { things: Thing }, { one: Thing });
}

/** A class of a name, without parameters. */
const empty = (name: string): TypeClass =>
  ({
    [name]: class {
      declare readonly nothing: never;
    },
  })[name]!;

const none = empty('None');
const declaring =
  (kind: 'action' | 'function', options: OperationOptions | FunctionOptions, target: TypeClass = none) =>
  (schema: Schema): void => {
    if (kind === 'action') ODataAction(schema, { name: 'do', ...options })(target);
    else ODataFunction(schema, { name: 'ask', ...options } as FunctionOptions)(target);
  };

class Numbered {
  @Property(Edm.Int32, 'A number.', { nullable: false }) @Max(9) @Default(3) number!: number;
}

describe('the operations of a model', () => {
  it('are named by their classes, have parameters by the rules of properties, and imports where they are not bound', () => {
    const { operations } = modelWith((schema, { Thing }) => {
      ODataAction(schema, { on: () => Thing, returns: () => Thing, from: '' })(empty('Take'));
      ODataFunction(schema, { returns: Edm.Int32 })(Numbered);
    });
    const [take, numbered] = operations.all;
    expect([take!.name, take!.qualifiedName, take!.path, take!.result?.set?.name, take!.importName]).toEqual([
      'take',
      'test.take',
      '',
      'things',
      undefined,
    ]);
    expect([
      numbered!.importName,
      [...numbered!.optional],
      numbered!.parameters.properties.get('number'),
    ]).toMatchObject(['numbered', ['number'], { default: 3, facets: { maximum: 9 }, nullable: false }]);
    expect([...operations.imports.keys()]).toEqual(['numbered']);
  });

  it.each<
    [
      what: string,
      declare: (schema: Schema, classes: Record<'Thing' | 'Large' | 'Part', TypeClass>) => void,
      message: string,
    ]
  >([
    ['a function that gives nothing', declaring('function', {}), 'None: a function gives something'],
    ['a name that a type has', declaring('action', { name: 'Thing' }), "None: a type has the name 'Thing' already"],
    [
      'the name of what the service has',
      declaring('action', { name: 'delta' }),
      "None: 'delta' is a function of the service",
    ],
    [
      'an import with the name of a set',
      declaring('action', { importName: 'things' }),
      "None: 'things' is a set or singleton: give it another importName",
    ],
    [
      'two actions of one name that are not bound',
      (schema) => {
        ODataAction(schema, { name: 'do' })(empty('A'));
        ODataAction(schema, { name: 'do' })(empty('B'));
      },
      'B: there is another one like it: unbound do',
    ],
    [
      'overloads with the same parameters',
      (schema) => {
        ODataFunction(schema, { name: 'ask', returns: Edm.String })(empty('A'));
        ODataFunction(schema, { name: 'ask', returns: Edm.String })(empty('B'));
      },
      'B: there is another one like it: unbound ask()',
    ],
    [
      'overloads that give different types',
      (schema) => {
        ODataFunction(schema, { name: 'ask', returns: Edm.String })(empty('A'));
        ODataFunction(schema, { name: 'ask', returns: Edm.Int32 })(Numbered);
      },
      "Numbered: overloads of 'ask' give different types",
    ],
    [
      'an action and a function of one name',
      (schema, { Thing }) => {
        ODataAction(schema, { name: 'ask' })(empty('A'));
        ODataFunction(schema, { name: 'ask', on: () => Thing, returns: Edm.String })(empty('B'));
      },
      "B: 'ask' is an action and a function",
    ],
    [
      'entities that are nowhere',
      (schema, { Part }) => {
        ODataAction(schema, { returns: () => Part })(none);
      },
      'None: it must say by `from` where the entities are that it gives',
    ],
    [
      'entities of a set that is not there',
      (schema, { Thing }) => {
        ODataAction(schema, { returns: () => Thing, from: 'nope' })(none);
      },
      "None: there is no entity set 'nope'",
    ],
    [
      'a path that leads to one entity',
      (schema, { Thing, Part }) => {
        ODataAction(schema, { on: () => Thing, returns: () => Part, from: 'first' })(none);
      },
      "None: 'first' must lead to several entities of the type that it gives",
    ],
    [
      'a path to nothing',
      (schema, { Thing, Part }) => {
        ODataAction(schema, { on: () => Thing, returns: () => Part, from: 'nope' })(none);
      },
      "None: 'nope' is no navigation property of what it is bound to",
    ],
    [
      'a place of what are no entities',
      declaring('action', { returns: Edm.Int32, from: 'things' }),
      'None: `from` says where entities are, and it gives none',
    ],
    [
      'a set that is not there',
      (schema, { Thing }) => {
        ODataAction(schema, { on: () => Thing, onlyOn: ['nope'] })(none);
      },
      "None: there is no set or singleton 'nope'",
    ],
    [
      'an expression that is bound to a collection',
      (schema, { Thing }) => {
        ODataFunction(schema, { on: Collection(() => Thing), returns: Edm.Int32, expression: '1' })(none);
      },
      'None: what the store computes is bound to one entity or complex value',
    ],
    [
      'a default that breaks a rule',
      (schema) => {
        class Wrong {
          @Property(Edm.Int32, 'A number.') @Max(9) @Default(10) number?: number;
        }
        ODataAction(schema)(Wrong);
      },
      'Wrong.number: what @Default says breaks a rule of the property: max',
    ],
    [
      'a default of another type',
      (schema) => {
        class Wrong {
          @Property(Edm.Date, 'A day.') @Default('soon') day?: string;
        }
        ODataAction(schema)(Wrong);
      },
      'Wrong.day: what @Default says is no value of its type',
    ],
    [
      'a parameter that is computed',
      (schema) => {
        class Wrong {
          @Property(Edm.Date, 'A day.') @Computed() day?: string;
        }
        ODataAction(schema)(Wrong);
      },
      'Wrong: day is a parameter, not kept: remove @Indexed, @Searchable, @Computed, @Immutable',
    ],
    [
      'an optional property of an entity',
      (schema) => {
        class Wrong {
          @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
          @Property(Edm.Date, 'A day.') @Optional() day?: string;
        }
        EntityType(schema)(Wrong);
      },
      'Wrong: only parameters of operations are @Optional',
    ],
  ])('cannot be %s', (_, declare, message) => {
    expect(() => modelWith(declare)).toThrow(message);
  });

  it('are found by the nearest type, and by their parameters', () => {
    const model = modelWith((schema, { Thing, Large }) => {
      ODataFunction(schema, { name: 'ask', on: () => Thing, returns: Edm.Int32 })(empty('OfThing'));
      ODataFunction(schema, { name: 'ask', on: () => Large, returns: Edm.String })(empty('OfLarge'));
      ODataFunction(schema, { name: 'ask', on: () => Large, returns: Edm.String })(Numbered);
    });
    const classes = (name: string): string[] =>
      overloadsOn(model, 'test.ask', { type: model.entityTypes.get(name), collection: false }).map(
        (one) => one.class.name,
      );
    expect([classes('Thing'), classes('Large'), classes('Part')]).toEqual([['OfThing'], ['OfLarge', 'Numbered'], []]);
    const ofLarge = overloadsOn(model, 'ask', { type: model.entityTypes.get('Large'), collection: false });
    expect(overloadWith(ofLarge, new Set())?.class.name).toBe('OfLarge');
    expect(overloadWith(ofLarge, new Set(['number']))).toMatchObject({ class: Numbered });
    expect(overloadWith(ofLarge, new Set(['nope']))).toBeUndefined();
  });
});
