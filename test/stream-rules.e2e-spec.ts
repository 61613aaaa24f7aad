import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import {
  type Creation,
  type Deletion,
  type EntityChange,
  EntityRules,
  ODataError,
  RulesFor,
} from '../src/odata/index.js';
import { Album, Page, Photo, picturesModel } from './models/pictures.js';
import { TestApp } from './support/test-app.js';
import { ann } from './support/tokens.js';

/** What rules were told, and whether they refuse. */
const told: unknown[] = [];
let refuses = false;

function tell(...what: readonly unknown[]): void {
  told.push(what);
  if (refuses) throw new ODataError({ code: 'ruleSaysNo', status: 403 }, 'No.');
}

@Injectable()
@RulesFor(Photo)
class PhotoRules extends EntityRules<Photo> {
  override beforeCreate({ entity }: Creation<Photo>): void {
    tell('create', (entity as { $value?: unknown }).$value);
    entity.title = 'of a rule';
  }

  override beforeChange({ changes }: EntityChange<Photo>): void {
    tell('change', { ...changes });
    (changes as { title?: string }).title = 'changed by a rule';
  }

  override beforeDelete({ key }: Deletion<Photo>): void {
    tell('delete', Object.keys(key));
  }
}

@Injectable()
@RulesFor(Album)
class AlbumRules extends EntityRules<Album> {
  override readonly readsEntity = true;

  override beforeChange({ changes, current }: EntityChange<Album>): void {
    tell('album', JSON.parse(JSON.stringify(changes)), current?.cover);
  }
}

@Injectable()
@RulesFor(Page)
class PageRules extends EntityRules<Page> {
  override beforeChange({ changes }: EntityChange<Page>): void {
    tell('page', { ...changes });
  }
}

@Module({ providers: [PhotoRules, AlbumRules, PageRules] })
class RulesModule {}

describe('streams of entities with rules, and of sets that anyone reads', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start(
      {},
      {
        model: picturesModel,
        modules: [RulesModule],
        sets: {
          logos: { anonymous: true },
          sheets: { allows: ['read'] },
          photos: { allows: ['create', 'read', 'update'] },
        },
        anonymous: { tenant: 'contoso' },
      },
    );
    await app.post('/albums', { id: 'a', pages: [{ number: 1 }] });
  });
  afterAll(() => app.stop());
  beforeEach(() => {
    refuses = false;
    told.length = 0;
  });

  const send = (method: string, path: string, body = 'text') =>
    app.request(method, path, { body, headers: { 'content-type': 'text/plain' } });

  it('rules of a media entity see its media when it is made, and complete it', async () => {
    const made = await send('POST', '/photos');
    expect([made.status, made.body.title, made.body['@odata.mediaContentType']]).toEqual([
      201,
      'of a rule',
      'text/plain',
    ]);
    expect(told).toEqual([['create', { type: 'text/plain', length: 4 }]]);
    const path = `/photos('${made.body.id as string}')`;
    expect((await send('PUT', `${path}/$value`, 'other')).status).toBe(204);
    expect(told[1]).toEqual(['change', { $value: { type: 'text/plain', length: 5 } }]);
    expect((await app.get(path)).body.title).toBe('changed by a rule');
    expect((await app.get(`${path}/$value`)).text).toBe('other');
  });

  it('rules see every change of a stream as one of its entity, and of those that it is in', async () => {
    await send('PUT', "/albums('a')/cover");
    await send('PUT', "/albums('a')/pages(1)/scan", 'scanned');
    await app.delete("/albums('a')/cover");
    expect(told).toEqual([
      ['album', { cover: { type: 'text/plain', length: 4 } }, undefined],
      ['album', expect.anything(), { type: 'text/plain', length: 4 }],
      ['page', { number: 1, scan: { type: 'text/plain', length: 7 } }],
      ['album', { cover: null }, { type: 'text/plain', length: 4 }],
    ]);
    expect(JSON.stringify(told[1])).toContain('"scan":{"type":"text/plain","length":7}');
  });

  it.each([
    ['POST', '/photos'],
    ['PUT', "/albums('a')/cover"],
    ['PUT', "/albums('a')/pages(1)/scan"],
    ['DELETE', "/albums('a')/pages(1)/scan"],
  ])('%s %s is refused by a rule, and leaves nothing', async (method, path) => {
    await send('PUT', "/albums('a')/pages(1)/scan", 'scanned');
    await app.store.media.sweep(Date.now() + 1000);
    refuses = true;
    const { status, body } = method === 'DELETE' ? await app.delete(path) : await send(method, path);
    expect([status, body.error.innerError.code]).toEqual([403, 'ruleSaysNo']);
    expect((await app.get("/albums('a')/pages(1)/scan")).text).toBe('scanned');
    expect(await app.store.media.sweep(Date.now() + 1000)).toBe(method === 'DELETE' ? 0 : 1);
  });

  it('what cannot be done with the entities of a set cannot be done with their media', async () => {
    const made = await send('POST', '/photos');
    const path = `/photos('${made.body.id as string}')/$value`;
    const removed = await app.delete(path);
    expect([removed.status, removed.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT']);
    expect((await app.get(path)).text).toBe('text');
    for (const [method, at] of [
      ['PATCH', "/albums('a')/cover"],
      ['POST', "/albums('a')/cover"],
    ] as const)
      expect((await send(method, at)).headers.get('allow')).toBe('DELETE, GET, HEAD, PUT');
  });

  it('who has no permission reads the streams of sets that anyone reads, and writes none', async () => {
    const made = await send('POST', '/logos', 'logo');
    const path = `/logos('${made.body.id as string}')/$value`;
    const nobody = { as: { ...ann, scp: 'Other' } };
    expect((await app.get(path, nobody)).text).toBe('logo');
    expect((await app.get(path, { ...nobody, headers: { range: 'bytes=1-2' } })).text).toBe('og');
    for (const [method, at] of [
      ['PUT', path],
      ['POST', '/logos'],
    ] as const) {
      const answer = await app.request(method, at, { ...nobody, body: 'x', headers: { 'content-type': 'text/plain' } });
      expect(answer.status).toBe(403);
    }
    expect((await app.delete(path, nobody)).status).toBe(403);
    expect((await app.get("/albums('a')/cover", nobody)).status).toBe(403);
    expect((await app.get(path)).text).toBe('logo');
  });
});
