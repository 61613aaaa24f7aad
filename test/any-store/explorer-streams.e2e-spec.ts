import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pictures } from '../models/pictures.js';
import { Desk } from '../support/desk.js';
import { TestApp } from '../support/test-app.js';
import { ann, tokenFor } from '../support/tokens.js';

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe('the explorer, of a model with streams', () => {
  let app: TestApp;
  let desk: Desk;
  beforeAll(async () => {
    app = await TestApp.start({}, pictures);
    desk = await Desk.start(app.root, tokenFor(ann));
    await app.post('/albums', { id: 'a' });
    const png = { body: picture, headers: { 'content-type': 'image/png' } };
    await app.request('PUT', "/albums('a')/cover", png);
    await desk.open('explorer');
  });
  afterAll(async () => {
    await desk.stop();
    await app.stop();
  });
  afterEach(() => desk.expectPeace());

  it('has them in a table, and offers what they are as files', async () => {
    await desk.ask('albums?$select=id,cover');
    expect((await desk.cells())[1]).toEqual(['a', 'Download']);
  });

  it('leads to them, and shows those that are pictures', async () => {
    await desk.ask("albums('a')?$select=cover");
    await desk.show('JSON');
    await desk.answer.getByRole('link', { name: /albums\('a'\)\/cover/ }).click();
    const shown = desk.page.getByRole('img', { name: 'The answer, a picture' });
    await shown.waitFor();
    expect(await shown.evaluate((element: any) => element.naturalWidth as number)).toBe(1);
    expect(await desk.answer.textContent()).toContain('image/png');
  });
});
