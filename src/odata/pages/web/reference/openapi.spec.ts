import { describe, expect, it } from '@jest/globals';
import { firstKeyQuery, groupsOf, queryOf, typeName } from './openapi.js';

const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const document = {
  security: [{ bearer: [] }],
  tags: [{ name: 'a', description: 'All of a.' }, { name: 'b' }],
  paths: {
    '/as': {
      get: {
        operationId: 'listA',
        tags: ['a'],
        parameters: [
          { $ref: '#/components/parameters/top' },
          { name: '@p', in: 'query', content: { 'application/json': { schema: { type: 'array', items: {} } } } },
        ],
      },
    },
    '/as/{id}': {
      parameters: [id],
      patch: {
        operationId: 'updateA',
        tags: ['a'],
        'x-featured': true,
        security: [{ bearer: ['A.Write'] }, { bearer: ['A.All'] }],
        requestBody: {
          content: {
            'image/*': { schema: {} },
            'application/json': { schema: { $ref: '#/components/schemas/a' }, example: { x: 1 } },
          },
        },
        responses: { '404': { $ref: '#/components/responses/notFound' } },
      },
    },
  },
  components: {
    parameters: { top: { name: '$top', in: 'query', schema: { type: 'integer' } } },
    responses: { notFound: { description: 'It is not there.' } },
  },
};

describe('a description', () => {
  it('has operations by tags, what is featured first, with what they refer to', () => {
    const [first, second] = groupsOf(document);
    expect(first!.operations.map((one: any) => one.id)).toEqual(['updateA', 'listA']);
    expect(first!.operations[0]).toMatchObject({
      method: 'PATCH',
      scopes: ['A.Write', 'A.All'],
      parameters: [{ name: 'id', required: true }],
      contents: [{ type: 'application/json', example: { x: 1 } }, { type: 'image/*' }],
      responses: [{ status: '404', description: 'It is not there.' }],
    });
    expect(first!.operations[1]!.parameters).toMatchObject([
      { name: '$top', in: 'query', required: false },
      { name: '@p', schema: { type: 'array' } },
    ]);
    expect(second!.operations).toEqual([]);
  });

  it('is asked by a query', () => {
    const [, list] = groupsOf(document)[0]!.operations;
    const [key] = groupsOf(document)[0]!.operations[0]!.parameters;
    expect(queryOf('/as', [{ parameter: list!.parameters[0]!, value: '5' }])).toBe('as?$top=5');
    expect(queryOf('/as', [{ parameter: list!.parameters[0]!, value: '' }])).toBe('as');
    expect(queryOf('/as/{id}', [{ parameter: key!, value: "a/'b" }])).toBe("as/a%2F'b");
    expect(queryOf("/as(x='{id}')", [{ parameter: key!, value: "a/'b" }])).toBe("as(x='a%2F''b')");
  });

  it.each([
    ['/as/{id}', ['id']],
    ['/as/{id}/profile', ['id']],
    ["/as('{id}')/x", ['id']],
    ['/as(room={room},day={day})', ['room', 'day']],
    ['/as', undefined],
    ['/$async/{id}', undefined],
  ])('the keys in %s are %j', (path, names) => {
    expect(firstKeyQuery(path)?.names).toEqual(names);
    expect(firstKeyQuery(path)?.query).toBe(names && 'as?$top=1');
  });

  it.each([
    [{ type: ['string', 'null'], format: 'date' }, 'string or null (date)'],
    [{ $ref: '#/components/schemas/a.b' }, 'a.b'],
    [{ type: 'array', items: { type: 'integer' } }, 'list of integer'],
    [{ anyOf: [{ type: 'number' }, { enum: ['INF'] }] }, 'number or INF'],
    [{}, 'anything'],
  ])('the type %j is %s', (schema, name) => {
    expect(typeName(document, schema)).toBe(name);
  });
});
