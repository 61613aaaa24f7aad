import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PackedProject } from '../support/packed-project.js';

describe('the package', () => {
  const project = new PackedProject();
  let files: readonly string[];
  let faults: Readonly<Record<string, readonly string[]>> | undefined;
  /** What the compiler says of the program, of one that is wrong, and of all that they import; it is asked once. */
  const compiled = () =>
    (faults ??= project.compile('notes.ts', {
      'wrong.ts': (text) => text.replace('entity.length =', 'entity.nope ='),
    }));
  beforeAll(async () => {
    files = await project.pack();
    project.install();
  });
  afterAll(() => project.discard());

  it('has the engine, its pages and texts, and neither the process, maps nor tests', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'dist/odata/index.js',
        'dist/odata/index.d.ts',
        'dist/odata/pages/web/explorer/index.html',
        'dist/odata/store/sqlite/sqlite-worker.js',
        'docs/serve-your-own-model.md',
        'examples/library/model.ts',
      ]),
    );
    const others = /\.map$|spec|^(?:src|test|node_modules|dist\/service)\/|^dist\/main/;
    expect(files.filter((name) => others.test(name))).toEqual([]);
  });

  it('has two doors, and what they need', () => {
    const { exports, dependencies, peerDependencies } = project.manifest;
    const doors = Object.entries(exports).filter(([, door]) => typeof door === 'object');
    expect(doors.map(([name]) => name)).toEqual(['./odata', './odata/model']);
    for (const [, door] of doors)
      for (const file of Object.values(door)) expect([file, existsSync(project.installed(file))]).toEqual([file, true]);
    // Decorators of two instances would not know of each other.
    const shared = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-fastify', 'class-transformer'];
    const names = [...shared, 'class-validator', 'fastify', 'reflect-metadata', 'rxjs'];
    expect(Object.keys(peerDependencies)).toEqual(names);
    expect(names.filter((name) => name in dependencies)).toEqual([]);
  });

  it('is compiled against, its declarations too', () => {
    expect(compiled()).toEqual({
      '': [],
      'notes.ts': [],
      'wrong.ts': [expect.stringMatching(/'nope' does not exist on type 'Note'/)],
    });
  });

  it('serves a model of another project', async () => {
    compiled();
    const url = await project.start('notes.js');
    expect(url).toMatch(/^http:/);
    const send = (method: string, path: string, body?: object) =>
      fetch(`${url}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
    const note = { id: 'n', text: 'Hello', length: 5 };
    const made = await send('POST', '/api/notes', { id: 'n', text: 'Hello' });
    expect([made.status, await made.json()]).toEqual([201, expect.objectContaining(note)]);
    expect((await send('POST', '/api/notes', { id: 'm', text: 'x'.repeat(101) })).status).toBe(400);
    const found = await send('GET', `/api/notes?$filter=${encodeURIComponent("startswith(text,'Hell')")}`);
    expect(await found.json()).toMatchObject({ value: [note] });
    expect(await (await send('GET', '/api/$metadata')).text()).toContain('<EntityType Name="Note"');
    expect((await send('GET', '/api/explorer')).status).toBe(200);
    expect((await send('GET', '/api/docs/dom/page.css')).status).toBe(200);
    // What stands beside the service root is Nest's own.
    expect(await (await send('POST', '/echo', { said: 'x' })).json()).toEqual({ heard: 'x' });
    const broken = await fetch(`${url}/echo`, {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json' },
    });
    expect(broken.status).toBe(400);
  });
});
