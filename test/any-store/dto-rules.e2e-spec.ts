import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsEmail, IsOptional, registerDecorator, ValidateIf, type ValidationArguments } from 'class-validator';
import type { Domain } from '../../src/app.module.js';
import { buildModel, Contained, Edm, EntityType, Key, Property, References, Schema } from '../../src/odata/model.js';
import { type EntityChange, EntityRules, ODataError, RulesFor } from '../../src/odata/index.js';
import { type Answer, TestApp } from '../support/test-app.js';

const schema = new Schema('test.spans');

/** The value is no less than another property of its object. */
function AtLeast(other: string): PropertyDecorator {
  return (prototype, name) => {
    registerDecorator({
      name: 'atLeast',
      target: prototype.constructor,
      propertyName: name as string,
      validator: {
        validate: (value: unknown, args?: ValidationArguments) =>
          Number(value) >= Number((args?.object as Record<string, unknown>)[other] ?? value),
        defaultMessage: () => `$property must be at least ${other}`,
      },
    });
  };
}

const lowered = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.trim().toLowerCase() : value;

@EntityType(schema)
class Stop {
  @Key() @Property(Edm.Int32, 'Its place.', { nullable: false }) number!: number;
  @Property(Edm.Int32) from?: number | null;
  @Property(Edm.Int32) @AtLeast('from') to?: number | null;
}

@EntityType(schema)
class Trip {
  @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  @Property(Edm.Int32) from?: number | null;
  @Property(Edm.Int32) @AtLeast('from') to?: number | null;
  @Property(Edm.String) @Transform(lowered, { toClassOnly: true }) @IsOptional() @IsEmail() email?: string | null;
  @Property(Edm.String)
  @Transform(({ value }) => (typeof value === 'string' ? value.replace(/.(?=..)/g, '*') : value), { toPlainOnly: true })
  card?: string | null;
  @Property(Edm.Boolean) isPaid?: boolean | null;
  @Property(Edm.String) @ValidateIf(({ isPaid }: Trip) => isPaid === true) @IsEmail() payer?: string | null;
  @Property(Edm.Int32) counter?: number | null;
  @Contained(() => Stop, 'Where it stops.', { collection: true }) stops?: Stop[];
}

/** Counts the changes of a trip, and lets no one call one bad. */
@Injectable()
@RulesFor(Trip)
class TripRules extends EntityRules<Trip> {
  override readonly readsEntity = true;

  override beforeChange({ changes, current }: EntityChange<Trip>): void {
    if (changes.card === 'bad') throw new ODataError({ code: 'badCard', status: 403 }, 'No.', { target: 'card' });
    changes.counter = (current?.counter ?? 0) + 1;
  }
}

@Module({ providers: [TripRules] })
class TripsModule {}

@EntityType(schema)
class Leg {
  @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  @References(() => Trip) trip?: Trip | null;
}

const model = buildModel(schema, { trips: Trip, legs: Leg }, { plan: Trip });
const trips: Domain = { model, modules: [TripsModule] };
const upserts = { prefer: 'create-if-missing' };
const v401 = { 'odata-version': '4.01' };
const each = '/trips/$each';
const delta = (...value: object[]) => ({ '@context': '#$delta', value });

describe('rules of DTO classes over several properties', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ MAX_CHANGES: '25' }, trips);
  });
  beforeEach(async () => {
    const made = await app.post('/trips', { id: 't', from: 5, to: 7, isPaid: false, stops: [{ number: 1, from: 3 }] });
    expect(made.status).toBe(201);
  });
  beforeEach(async () => {
    expect((await app.post('/legs', { id: 'l' })).status).toBe(201);
    expect((await app.patch('/plan', { from: 5, to: 7 })).status).toBeLessThan(300);
  });
  afterEach(async () => {
    await app.delete('/legs/$each');
    await app.delete(each);
  });
  afterAll(() => app.stop());

  const state = async () => {
    const paths = ['/trips?$expand=stops', '/plan', '/legs?$expand=trip/$ref'];
    return (await Promise.all(paths.map((path) => app.get(path)))).map(({ text }) => text);
  };
  const faults = ({ status, body }: Answer) => [
    status,
    ...((body?.error.details ?? [body?.error]) as { target?: string }[]).map(({ target }) => target),
  ];

  it.each<[method: string, path: string, body: unknown, target: string]>([
    ['POST', '/trips', { id: 'n', from: 2, to: 1 }, 'to'],
    ['POST', '/trips', { id: 'n', stops: [{ number: 1, from: 2, to: 1 }] }, 'stops/0/to'],
    ['PATCH', '/trips/t', { to: 4 }, 'to'],
    ['PATCH', '/trips/t', { from: 8 }, 'to'],
    ['PATCH', '/trips/t', { isPaid: true, payer: 'x' }, 'payer'],
    ['PUT', '/trips/t', { from: 2, to: 1 }, 'to'],
    ['PUT', '/trips/t/to', { value: 4 }, 'to'],
    ['PUT', '/trips/t/from', { value: 8 }, 'to'],
    ['PUT', '/trips/t/from/$value', '8', 'to'],
    ['PATCH', each, { from: 8 }, 'to'],
    ['PATCH', "/trips/$filter(id eq 't')/$each", { to: 1 }, 'to'],
    ['PATCH', '/trips/t/stops(1)', { to: 2 }, 'to'],
    ['PUT', '/trips/t/stops(1)/to', { value: 2 }, 'to'],
    ['POST', '/trips/t/stops', { number: 2, from: 2, to: 1 }, 'to'],
    ['PATCH', '/trips/t', { 'stops@delta': [{ number: 1, to: 2 }] }, 'stops(1)/to'],
    ['PATCH', '/trips/t', { stops: [{ number: 1, from: 3, to: 2 }] }, 'stops(1)/to'],
    ['PATCH', '/trips', delta({ id: 't', to: 4 }), 'value/0/to'],
    ['PATCH', '/trips', delta({ id: 'n', from: 2, to: 1 }), 'value/0/to'],
    ['PATCH', '/trips/n', { from: 2, to: 1 }, 'to'],
    ['PUT', '/trips/n', { from: 2, to: 1 }, 'to'],
    ['PATCH', '/trips/n', { stops: [{ number: 1, from: 2, to: 1 }] }, 'stops(1)/to'],
    ['PATCH', '/trips/t/stops(2)', { from: 2, to: 1 }, 'to'],
    ['PUT', '/trips/t/stops(2)', { from: 2, to: 1 }, 'to'],
    ['PATCH', '/trips/t', { 'stops@delta': [{ number: 2, from: 2, to: 1 }] }, 'stops(2)/to'],
    ['PATCH', '/plan', { from: 2, to: 1 }, 'to'],
    ['PUT', '/plan/to', { value: 4 }, 'to'],
    ['PATCH', '/legs/l', { trip: { id: 'n', from: 2, to: 1 } }, 'trip/to'],
    ['PATCH', '/legs/l', { trip: { id: 't', to: 4 } }, 'trip/to'],
    ['POST', '/legs', { id: 'n', trip: { id: 'n', from: 2, to: 1 } }, 'trip/to'],
  ])('refuse %s %s %j at its path, and nothing is changed', async (method, path, body, target) => {
    const before = await state();
    const type = typeof body === 'string' ? { 'content-type': 'text/plain' } : {};
    const answer = await app.request(method, path, { body, headers: { ...v401, ...upserts, ...type } });
    expect([...faults(answer), answer.text]).toEqual([400, target, answer.text]);
    expect(await state()).toEqual(before);
  });

  it('let through what fits with what is there, and conditions that do not hold', async () => {
    expect((await app.patch('/trips/t', { from: 7 })).status).toBe(200);
    expect((await app.patch('/trips/t', { from: 8, to: 9 })).status).toBe(200);
    expect((await app.patch('/trips/t', { payer: 'no address' })).status).toBe(200);
    expect((await app.patch('/trips/t/stops(1)', { to: 3 })).status).toBe(200);
  });

  it.each<[method: string, path: string, body: unknown]>([
    ['PATCH', '/trips/t', { email: ' Ann@Example.COM ' }],
    ['PUT', '/trips/t', { email: ' Ann@Example.COM ' }],
    ['PUT', '/trips/t/email', { value: ' Ann@Example.COM ' }],
    ['PUT', '/trips/t/email/$value', ' Ann@Example.COM '],
    ['PATCH', each, { email: ' Ann@Example.COM ' }],
    ['PATCH', '/trips', delta({ id: 't', email: ' Ann@Example.COM ' })],
    ['PATCH', '/trips', delta({ id: 'n', email: ' Ann@Example.COM ' })],
    ['POST', '/trips', { id: 'n', email: ' Ann@Example.COM ' }],
  ])('transform before they test: %s %s %j', async (method, path, body) => {
    const type = typeof body === 'string' ? { 'content-type': 'text/plain' } : {};
    const answer = await app.request(method, path, { body, headers: { ...v401, ...type } });
    expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);
    const found = await app.get("/trips?$filter=email eq 'ann@example.com'&$count=true");
    expect(found.body['@odata.count'] ?? found.body['@count']).toBe(1);
  });

  it('transform what is written everywhere, and keep what was said', async () => {
    const made = await app.post('/trips', { id: 'n', card: '123456' });
    expect(made.body.card).toBe('****56');
    expect((await app.get('/trips/n')).body.card).toBe('****56');
    expect((await app.get('/trips/n/card')).body.value).toBe('****56');
    expect((await app.get('/trips/n/card/$value')).text).toBe('****56');
    const found = await app.get("/trips?$filter=card eq '123456'&$select=id,card");
    expect(found.body.value).toEqual([expect.objectContaining({ id: 'n', card: '****56' })]);
  });

  it('see one change after the other where they read the entity', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => app.patch('/trips/t', { card: `${index}00` })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect((await app.get('/trips/t')).body.counter).toBe(20);
  });

  it('refuse one item of a delta payload where the others go on', async () => {
    const headers = { ...v401, prefer: 'continue-on-error' };
    await app.post('/trips', { id: 'u' });
    const answer = await app.patch('/trips', delta({ id: 't', card: 'bad' }, { id: 'u', card: 'good' }), { headers });
    expect(answer.status).toBe(200);
    const failed = (answer.body.value as Record<string, unknown>[]).filter((item) =>
      JSON.stringify(item).includes('badCard'),
    );
    expect(failed).toHaveLength(1);
    expect((await app.get('/trips?$select=id,counter&$orderby=id')).body.value).toMatchObject([
      { id: 't', counter: null },
      { id: 'u', counter: 1 },
    ]);
  });

  it('read no more entities for one request than it may change', async () => {
    const many = Array.from({ length: 26 }, (_, index) => ({ id: `m${index}` }));
    for (const one of many) await app.post('/trips', one);
    const answer = await app.patch(each, { isPaid: true });
    expect([answer.status, answer.body.error.innerError.code]).toEqual([400, 'tooManyChanges']);
    expect((await app.get('/trips?$filter=isPaid&$count=true')).body['@odata.count']).toBe(0);
  });
});
