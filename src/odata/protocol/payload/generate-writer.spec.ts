import { describe, expect, it } from '@jest/globals';
import { generateWriter, type MemberToWrite, writerSource } from './generate-writer.js';

const count = (items: number): string => `"@count":${items}`;
const plain = (name: string, more: Partial<MemberToWrite> = {}): MemberToWrite => {
  return { name, collection: false, typed: '', item: { kind: 'plain', isText: true }, count, ...more };
};

describe('the generator of writers', () => {
  it('writes code in which every name is a constant', () => {
    const inner = { typeText: '"@type":"#a.B"', add: generateWriter([plain('x')], false) };
    const members = [plain('name'), plain('inner', { item: { kind: 'object', writer: inner } })];
    expect(writerSource(members, false).text).toMatchInlineSnapshot(`
     "let s = t, v, i, c = t.length > 1 ? ',' : '';
     v = o["name"];
     s += v == null ? c + "\\"name\\":null" : c + "\\"name\\":" + stringify(v);
     c = ',';
     v = o["inner"];
     s += v == null ? ",\\"inner\\":null" : ",\\"inner\\":" + (isJsonObject(v) ? c0.add("{\\"@type\\":\\"#a.B\\"", v, undefined) + '}' : stringify(v));
     return s;"
    `);
    expect(writerSource([plain('tags', { collection: true })], true).text).toMatchInlineSnapshot(`
     "let s = t, v, i, c = t.length > 1 ? ',' : '';
     v = o["tags"];
     i = o["tags@count"];
     if (typeof i === 'number') { s += c + c0(i); c = ','; }
     if (!Array.isArray(v) || v.length === 0) s += c + "\\"tags\\":[" + ']';
     else if (v.length > 8) s += c + "\\"tags\\":[" + list(v, (v) => stringify(v)) + ']';
     else { s += c + "\\"tags\\":["; const a = v; for (i = 0; i < a.length; i++) { v = a[i]; if (i > 0) s += ','; s += stringify(v); } s += ']'; }
     c = ',';
     return s;"
    `);
    const add = generateWriter(members, false);
    expect(add('{', { name: 'a"b', inner: {} }, undefined)).toBe('{"name":"a\\"b","inner":{"@type":"#a.B","x":null}');
    expect(add('{"@type":"#a.A"', {}, undefined)).toBe('{"@type":"#a.A","name":null,"inner":null');
  });

  it('quotes what a name could do to the code', () => {
    const name = `"];throw new Error('ran');//\\\u2028`;
    const add = generateWriter([plain(name), plain(name, { collection: true })], true);
    expect(add('{', { [name]: 'v' }, undefined)).toBe(`{${JSON.stringify(name)}:"v",${JSON.stringify(name)}:[]`);
  });
});
