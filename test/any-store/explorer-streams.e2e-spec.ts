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
    expect((await desk.cells())[1]).toEqual(['a', 'DownloadUpload …']);
  });

  const file = { name: 'p.png', mimeType: 'image/png', buffer: picture };

  it('sends files: new entities that are streams, streams of others, and several in one', async () => {
    await desk.page.getByRole('button', { name: 'New in photos' }).click();
    expect(await desk.page.getByLabel(/^Or a file/).evaluate((field: any) => field.matches(':focus') as boolean)).toBe(
      true,
    );
    await desk.page.getByLabel(/^Or a file/).setInputFiles(file);
    await desk.page.getByRole('button', { name: 'Send', exact: true }).click();
    await desk.status(/^201/);
    await desk.page.getByRole('link', { name: /^Where it is: photos\(/ }).click();
    await desk.page.getByRole('button', { name: 'Download' }).waitFor();
    await app.post('/albums', { id: 'b' });
    await desk.ask("albums('b')");
    await desk.page.getByLabel('Method').selectOption('PUT');
    await desk.query.fill("albums('b')/cover");
    await desk.query.press('Escape');
    await desk.page.getByLabel(/^Or a file/).setInputFiles(file);
    await desk.page.getByRole('button', { name: 'Add to batch' }).click();
    await desk.page.getByText(/^Batch: 1/).click();
    await desk.page.getByRole('button', { name: 'Send the marked' }).click();
    await desk.page
      .locator('#batch')
      .getByText(/^204 PUT/)
      .waitFor();
    const { status, headers } = await app.get("/albums('b')/cover");
    expect([status, headers.get('content-type')]).toEqual([200, 'image/png']);
    await desk.page.getByLabel('Method').selectOption('GET');
    await desk.ask('albums?$select=id,cover');
    await desk.grid.getByRole('button', { name: 'Upload …' }).first().click();
    expect(await desk.query.inputValue()).toBe("albums('a')/cover");
    await desk.page.getByLabel('Method').selectOption('GET');
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
