import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kinds } from './models/kinds.js';
import { TestApp } from './support/test-app.js';

/** Where kinds of values meet what is done with them, to the last digit: what `JSON.parse` would round is compared as text. */
describe('a value', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, kinds);
    const things = [
      '"id":"a","single":0.1,"double":"NaN","access":"Read,Copy","size":"Large","n":9007199254740993,"many":[9007199254740993,1],"t":"P1DT2H","d":"2020-02-29"',
      '"id":"b","single":16777217,"double":1e308,"n":12345678901234567890.1,"t":"many"',
      '"id":"c","single":0.123456789,"double":1e308,"size":"Small","n":2.5,"t":"12:30"',
    ];
    for (const members of things) {
      const { status, text } = await app.request('POST', '/things', { body: `{${members}}` });
      if (status !== 201) throw new Error(text);
    }
  });
  afterAll(() => app.stop());
  const get = (path: string, accept = 'application/json') =>
    app.get(encodeURI(path).replaceAll('+', '%2B'), { headers: { accept } });
  const computed = async (expression: string, id = 'a'): Promise<unknown> => {
    const { status, text } = await get(`/things?$filter=id eq '${id}'&$compute=${expression} as x&$select=x`);
    return status === 200 ? /"x":("[^"]*"|[^,}\]]*)/.exec(text)?.[1] : status;
  };

  describe('of an enumeration as a key', () => {
    it.each(["('Large')", "('Folio')", "(test.kinds.Size'Large')", "('40')", '/Large', '/40'])(
      'is found, changed and deleted: %s',
      async (key) => {
        await app.post('/formats', { size: 'Folio', text: 'x' });
        expect((await app.get(`/formats${key}`)).body).toMatchObject({ size: 'Large', text: 'x' });
        expect((await app.patch(`/formats${key}`, { text: 'y' })).body.text).toBe('y');
        expect((await app.delete(`/formats${key}`)).status).toBe(204);
      },
    );

    it('is one part of several, by names and without', async () => {
      const { headers } = await app.post('/shelves', { size: 'Small', access: 'Copy,Read' });
      const named = "/shelves(size='Small',access=test.kinds.Access'Read,Copy')";
      expect((await app.get(headers.get('location') ?? '')).body.access).toBe('Read,Copy');
      expect((await app.get(named)).body.size).toBe('Small');
      expect((await app.get("/shelves(size='Small',access=test.kinds.Size'Small')")).status).toBe(400);
      expect((await app.get("/formats('Huge')")).status).toBe(400);
    });
  });

  it.each<[expression: string, json: string]>([
    // No number is a day, and no day a number: whatever the store.
    ['cast(3,Edm.Boolean)', 'null'],
    ['cast(2.5,Edm.Date)', 'null'],
    ['cast(1e0,Edm.Duration)', 'null'],
    ['cast(3.5,test.kinds.Size)', 'null'],
    ['cast(2020-01-01,Edm.Int32)', 'null'],
    // Rules 2, 4, 5 and 6: what a type definition asks.
    ["cast('abcd',test.kinds.Short)", '"abcd"'],
    ["cast('abcde',test.kinds.Short)", 'null'],
    ['cast(12345,test.kinds.Short)', 'null'],
    ["cast('abc',test.kinds.Plain)", '"abc"'],
    ["cast('ä',test.kinds.Plain)", 'null'],
    ['cast(1234.565,test.kinds.Money)', '1234.57'],
    ['cast(-1234.565,test.kinds.Money)', '-1234.57'],
    ['cast(9999.995,test.kinds.Money)', 'null'],
    ['cast(99999,test.kinds.Digits)', 'null'],
    ['cast(12.3456,test.kinds.Digits)', '12.35'],
    ['cast(0.123456,test.kinds.Digits)', '0.1235'],
    ['cast(1 divby 0,test.kinds.Money)', 'null'],
    ['cast(2020-02-29T12:30:59.9995Z,test.kinds.Milli)', '"2020-02-29T12:31:00Z"'],
    ['cast(2020-02-29T12:30:59.12349Z,test.kinds.Milli)', '"2020-02-29T12:30:59.123Z"'],
    ['cast(9999-12-31T23:59:59.9999Z,test.kinds.Milli)', 'null'],
    ['cast(12:30:59.5,test.kinds.Clock)', '"12:31:00"'],
    ['cast(23:59:59.5,test.kinds.Clock)', 'null'],
    ["cast(duration'-PT1.5S',test.kinds.Whole)", '"-PT2S"'],
    // A number of an enumeration is as good as its name.
    ["cast('40',test.kinds.Size)", '"Large"'],
    ["cast('3',test.kinds.Access)", '"Read,Lend"'],
    ["cast('Read,4',test.kinds.Access)", '"Read,Copy"'],
    ["cast('8',test.kinds.Access)", 'null'],
    ["cast('AB',Edm.Binary)", 'null'],
    // 5.1.1.10.2: what can be cast is assignable.
    ['isof(big,Edm.Int32)', 'false'],
    ['isof(size,Edm.Byte)', 'true'],
    ['isof(money,Edm.Decimal)', 'false'],
    // 5.1.1.1.10 and 5.1.1.4: null in, null out.
    ['access has null', 'null'],
    ['hassubset(null,[1])', 'null'],
    // 5.1.1.7.4
    ["trim('\u0085 \u3000a\u2028')", '"a"'],
    ["length(trim('\ufeffa'))", '2'],
    // A single is the number of the fewest digits that says it.
    ['single eq cast(0.1,Edm.Single)', 'true'],
    ['cast(0.1,Edm.Single)', '0.1'],
    ['cast(16777217,Edm.Single)', '16777216'],
    // As near to .2 as to .3; and what is as near to another single is not said by so few digits.
    ['cast(-1123202.3,Edm.Single)', '-1123202.2'],
    ['cast(1123202.75,Edm.Single)', '1123202.8'],
    ['cast(15000000000,Edm.Single)', '15000001000'],
    ['cast(3.4028236e38,Edm.Single)', 'null'],
    ['single mul 3', '0.30000000000000004'],
    // Dynamic values are what their place asks for.
    ['2020-01-01 add t', '"2020-01-02"'],
    ["duration'PT1H' add t", '"P1DT3H"'],
    ['year(d)', '2020'],
    ['hour(d)', 'null'],
    ['2020-01-01 sub null', 'null'],
    ['case(true:t,false:1)', 'null'],
    ["case(true:t,false:'x')", '"P1DT2H"'],
    ['case(true:n,false:1)', '9007199254740993'],
    // A choice among dynamic values is one, and one among nulls is null.
    ['case(true:n,false:t) sub 9007199254740990', '3'],
    ['case(true:t,false:n) gt n', 'false'],
    ['floor(case(false:n,true:case(true:n,false:t)))', '9007199254740993'],
    ['floor(null) le n', 'false'],
    ['case(false:null,true:null) sub n', 'null'],
    ['(case(true:cast(2020-01-01,Edm.Double),false:null) gt 1) eq null', 'false'],
    ['d gt 2020-01-01', 'true'],
  ])('%s is %s', async (expression, json) => {
    expect(await computed(expression)).toBe(json);
  });

  it.each<[apply: string, rows: string]>([
    ['aggregate(3 with average as x)', '[{"x":3}]'],
    ['aggregate(2.5 with sum as x)', '[{"x":7.5}]'],
    ['aggregate(NaN with sum as x)', '[{"x":"NaN"}]'],
    ['aggregate(null with sum as x)', '[{"x":null}]'],
    ['compute(n as y)/aggregate(y with max as x)', '[{"x":12345678901234567890.1}]'],
    ['compute(n as y)/filter(y gt 9007199254740992)/aggregate($count as x)', '[{"x":2}]'],
    ['topsum(2,double)/aggregate($count as x)', '[{"x":3}]'],
    ['bottomsum(1e308,double)/aggregate($count as x)', '[{"x":1}]'],
    ['topsum(12345678901234567890.15,n)/aggregate($count as x)', '[{"x":2}]'],
    ['topsum(12345678901234567890.1,n)/aggregate($count as x)', '[{"x":1}]'],
    ['toppercent(100,n)/aggregate($count as x)', '[{"x":3}]'],
  ])('$apply=%s gives %s', async (apply, rows) => {
    const { text } = await get(`/things?$apply=${apply}`, 'application/json;odata.metadata=none');
    expect(text).toBe(`{"value":${rows}}`);
  });

  it('of geography has no order', async () => {
    const { status, body } = await get('/things?$apply=aggregate(place with min as x)');
    expect([status, body.error.innerError.code]).toEqual([400, 'invalidQueryOption']);
  });

  it('of a single is stored as the nearest one', async () => {
    const { text } = await get('/things?$select=single', 'application/json;odata.metadata=none');
    expect(text).toBe('{"value":[{"single":0.1},{"single":16777216},{"single":0.12345679}]}');
  });

  describe('that no double holds', () => {
    it('is a default, in entities and in the metadata', async () => {
      const { text } = await app.get("/things('a')?$select=big,exact");
      expect(text).toContain('"big":9007199254740993,"exact":12345678901234567890.1');
      const metadata = await app.get('/$metadata', { as: null });
      expect(metadata.text).toMatch(/Name="big"[^>]* DefaultValue="9007199254740993"/);
      expect(metadata.text).toMatch(/Name="exact"[^>]* DefaultValue="12345678901234567890.1"/);
    });

    it.each(['9007199254740993', '9223372036854775807', '-9223372036854775808'])(
      'goes through a function: %s',
      async (digits) => {
        const { text } = await app.get(`/sameInteger(value=${digits})`);
        expect(text).toContain(`"value":${digits}}`);
      },
    );

    it('goes through an action, as a number and as text', async () => {
      const digits = '12345678901234567890.1';
      const of = async (value: string, format: string) =>
        (
          await app.request('POST', '/sameDecimal', {
            body: `{"value":${value}}`,
            headers: { 'content-type': format, accept: format },
          })
        ).text;
      expect(await of(digits, 'application/json')).toContain(`"value":${digits}}`);
      expect(await of(`"${digits}"`, 'application/json;IEEE754Compatible=true')).toContain(`"value":"${digits}"}`);
    });

    it('is what a handler passes on', async () => {
      const { text } = await app.post("/things('a')/copy", { id: 'copy' });
      expect(text).toContain('"big":9007199254740993,"exact":12345678901234567890.1');
      await app.delete("/things('copy')");
    });
  });

  it.each(['application/json', 'application/json;IEEE754Compatible=true'])(
    'of an answer is sent again, as it is: %s',
    async (format) => {
      const headers = { accept: format, 'content-type': format };
      const before = await app.get("/things('a')", { headers });
      const { status } = await app.request('PUT', "/things('a')", { body: before.text, headers });
      const after = await app.get("/things('a')", { headers });
      const values = ({ text }: { readonly text: string }): string => text.replace(/"@odata.etag":"[^,]*,/, '');
      expect([status, values(after)]).toEqual([200, values(before)]);
    },
  );

  // JSON Format 4.5.3: what the metadata does not declare says its type, unless its JSON value does.
  it.each<[what: string, path: string, format: string, expected: string]>([
    ['aggregated', '/things?$apply=aggregate(exact with max as x)', '', '"x@odata.type":"#Decimal","x":1234'],
    ['counted', '/things?$apply=aggregate($count as x)', '', '"x@odata.type":"#Decimal","x":3'],
    ['a number that is none', "/things('a')?$compute=double as x&$select=x", '', '"x@odata.type":"#Double","x":"NaN"'],
    ['a member', "/things('a')?$compute=size as x&$select=x", '', '"x@odata.type":"#test.kinds.Size","x":"Large"'],
    ['dynamic', "/things('a')", '', '"n@odata.type":"#Int64","n":9007199254740993'],
    ['dynamic, as text', "/things('a')", ';IEEE754Compatible=true', '"n@odata.type":"#Int64","n":"9007199254740993"'],
    ['several', "/things('a')", '', '"many@odata.type":"#Collection(Int64)","many":[9007199254740993,1]'],
    ['a decimal', "/things('b')", '', '"n@odata.type":"#Decimal","n":12345678901234567890.1'],
    ['a double', "/things('c')", '', '"n":2.5'],
  ])('that no metadata declares says its type: %s', async (_, path, format, expected) => {
    expect((await get(path, `application/json${format}`)).text).toContain(expected);
  });
});
