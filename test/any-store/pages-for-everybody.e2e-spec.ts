import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase } from '../support/databases.js';
import { Desk } from '../support/desk.js';
import { ExampleLibrary } from '../support/example-library.js';
import { TestApp } from '../support/test-app.js';
import { ann, tokenFor } from '../support/tokens.js';

const set = 'decoratedProfileConnections';

/** Light on a large screen, dark on a telephone, and a window of 1280 pixels at 200 %. */
const surroundings = [
  { colorScheme: 'light', width: 1280, height: 900 },
  { colorScheme: 'dark', width: 360, height: 740 },
  { colorScheme: 'dark', width: 640, height: 450 },
] as const;

/** Rules whose outcome depends on colours and room; the others have been asked on the large screen. */
const ofScreens = ['color-contrast', 'heading-order', 'scrollable-region-focusable', 'target-size', 'region'];

describe('the pages, for everybody', () => {
  let app: TestApp;
  let desk: Desk;
  beforeAll(async () => {
    app = await TestApp.start({ PAGE_SIZE: '8' });
    desk = await Desk.start(app.root, tokenFor(ann));
    for (let at = 1; at <= 12; at++) {
      const connectionDegree = `DISTANCE_${String((at % 3) + 1)}`;
      const profile = { firstName: `Ann ${String(at)}`, connectionDegree, skills: ['bridges'] };
      await app.post(`/${set}`, { id: `${String(at)} one/ä`, relevanceScore: at / 16, profile });
    }
  });
  afterAll(async () => {
    await desk.stop();
    await app.stop();
  });
  afterEach(() => desk.expectPeace());

  const first = () => desk.page.locator('details.operation').first();

  it('begins with what the service is about: two clicks from the token to the answer', async () => {
    await desk.open('docs');
    expect(await first().locator('summary').first().textContent()).toMatch(
      /^PATCH \/decoratedProfileConnections\/\{id\}\/profile /,
    );
    await first().getByRole('button', { name: 'Send' }).click();
    const id = first().getByLabel('id', { exact: true });
    await first()
      .getByRole('status')
      .filter({ hasText: /^20[01] / })
      .waitFor();
    expect(await id.inputValue()).toBe('1 one/ä');
    expect(await first().locator('.answer').textContent()).toContain('"headline": "Builds bridges"');
    expect((await app.get(`/${set}('1%20one%2F%C3%A4')/profile`)).body.headline).toBe('Builds bridges');
  });

  it('says what is wrong at the line of the body, and beside a field', async () => {
    await first().getByLabel('Body (JSON)').fill('{\n  "firstName": 1,\n  "nope": 2\n}');
    await first().getByRole('button', { name: 'Send' }).click();
    await first().getByRole('status').filter({ hasText: /^400 / }).waitFor();
    expect(await first().locator('.faults li').allTextContents()).toEqual([
      expect.stringMatching(/^Line 2 .*firstName/),
      expect.stringMatching(/^Line 3 .*nope/),
    ]);
    await first().getByLabel('id', { exact: true }).fill('');
    await first().getByRole('button', { name: 'Send' }).click();
    await first().getByText('id needs a value.').waitFor();
  });

  it('sends a batch as it stands, in each of its media types, and reads descriptions as they are meant', async () => {
    await desk.page.getByLabel('Find an operation').fill('$batch');
    await desk.page.locator('details.operation:visible summary').first().click();
    const batch = desk.page.locator('details.operation[open]:visible');
    for (const type of ['application/json', 'multipart/mixed']) {
      await batch.getByLabel('Media type').selectOption(type);
      await batch.getByRole('status').evaluate((element) => (element.textContent = ''));
      await batch.getByRole('button', { name: 'Send' }).click();
      await batch.getByRole('status').filter({ hasText: /^200/ }).waitFor();
    }
    await batch.locator('summary', { hasText: /^400/ }).click();
    await batch
      .locator('li', { hasText: /^malformedBatch: / })
      .locator('code')
      .waitFor();
    expect(await batch.getByRole('link', { name: 'Batch Requests' }).getAttribute('href')).toMatch(/^https:/);
  });

  it('finds operations, shows what they are made of, and leads to the explorer', async () => {
    await desk.page.getByLabel('Find an operation').fill('list get');
    const list = desk.page.locator('details.operation:visible');
    expect(await list.count()).toBe(1);
    expect(await desk.page.locator('section > h2:visible').allTextContents()).toEqual([set]);
    await desk.page.getByText(/^1 of \d+ operations\.$/).waitFor();
    await list.locator('summary').first().click();
    await list.getByText('Options and headers').click();
    await list.getByLabel('$top (query)').fill('1');
    await list.getByRole('button', { name: 'Send' }).click();
    await list.getByRole('link', { name: 'Open in the explorer' }).click();
    await desk.page.locator('html[data-ready]').waitFor();
    expect(await desk.query.inputValue()).toBe(`${set}?$top=1`);
    await desk.page.getByRole('link', { name: 'API reference' }).click();
    await first().waitFor();
    await desk.page.getByRole('link', { name: 'Query explorer' }).click();
    await desk.query.waitFor();
  });

  /** States of the pages, one after the other, each as somebody comes there. */
  const states: readonly (readonly [name: string, come: () => Promise<void>])[] = [
    ['the explorer as it opens', () => desk.open('explorer')],
    ['a table', () => desk.ask(`${set}?$count=true&$expand=profile($select=firstName)`)],
    [
      'suggestions',
      async () => {
        await desk.query.fill(`${set}?$filter=`);
        await desk.query.press('End');
        await desk.query.press('Control+ ');
        await desk.query.press('ArrowDown');
      },
    ],
    [
      'a cell that is edited',
      async () => {
        await desk.query.press('Escape');
        await desk.cell(`${set}('1 one%2Fä')`, 'relevanceScore').dblclick();
        await desk.grid.getByRole('button', { name: 'Save' }).waitFor();
      },
    ],
    [
      'a filter',
      async () => {
        await desk.page.keyboard.press('Escape');
        await desk.grid.getByRole('button', { name: 'Filter by id' }).click();
        await desk.dialog.waitFor();
      },
    ],
    [
      'JSON',
      async () => {
        await desk.page.keyboard.press('Escape');
        await desk.show('JSON');
      },
    ],
    [
      'one entity',
      async () => {
        await desk.show('Table');
        await desk.ask(`${set}('1 one%2Fä')/profile`);
      },
    ],
    [
      'a form',
      async () => {
        await desk.page.getByRole('button', { name: 'Edit', exact: true }).click();
        await desk.dialog.getByLabel('firstName').waitFor();
      },
    ],
    [
      'a chart',
      async () => {
        await desk.page.keyboard.press('Escape');
        await desk.ask(`${set}?$apply=groupby((profile/connectionDegree),aggregate($count as number))`);
        await desk.show('Chart');
        await desk.page.getByRole('img').waitFor();
      },
    ],
    [
      'a fault',
      async () => {
        await desk.show('Table');
        await desk.ask(`${set}?$filter=nope eq 1`, /^400/);
      },
    ],
    [
      'headers, batch and exchange',
      async () => {
        await desk.page.getByText('Headers and preferences').click();
        await desk.page.getByText(/^Request and answer/).click();
        await desk.page.getByRole('button', { name: 'Add to batch' }).click();
        await desk.page.locator('#batch summary').first().click();
        await desk.page.getByRole('button', { name: 'Send the marked' }).click();
        await desk.page.locator('#batch details').waitFor();
      },
    ],
    ['code', () => desk.page.getByRole('button', { name: 'Copy as code' }).click()],
    [
      'the API page',
      async () => {
        await desk.open('docs');
        await desk.page.locator('details.operation').first().getByRole('button', { name: 'Send' }).click();
        await desk.page.locator('.answer .json').first().waitFor();
      },
    ],
    [
      'answers and schemas of the API page',
      async () => {
        const operation = desk.page.locator('details.operation').first();
        await operation.getByText('Options and headers').click();
        await operation.getByText(/^200 /).last().click();
        await operation
          .locator('dl details')
          .first()
          .evaluate((details) => details.setAttribute('open', ''));
      },
    ],
  ];

  it('nothing keeps people out, in any state, on any screen', async () => {
    const found: unknown[] = [];
    for (const [name, come] of states) {
      await come();
      for (const { colorScheme, width, height } of surroundings) {
        await desk.page.setViewportSize({ width, height });
        await desk.page.emulateMedia({ colorScheme });
        const rules = colorScheme === 'light' ? undefined : ofScreens;
        const obstacles = width === 640 ? await desk.overflow() : await desk.obstacles(rules);
        found.push(...obstacles.map((obstacle) => [name, colorScheme, width, obstacle]));
        await desk.picture(`${name} ${colorScheme} ${String(width)}`);
      }
      await desk.page.setViewportSize({ width: 1280, height: 900 });
    }
    expect(found).toEqual([]);
  });

  it('are there for any model, under any path, with a token and without', async () => {
    const database = await testDatabase();
    const example = await ExampleLibrary.start(database.url);
    await desk.open('explorer', example.root);
    await desk.page.getByLabel('Bearer token').fill('');
    await desk.ask('authors');
    expect((await desk.cells())[1]?.slice(0, 2)).toEqual(['eco', 'Umberto Eco']);
    await desk.ask('works', /^401/);
    await desk.page.getByLabel('Bearer token').fill(example.token());
    // What can be called is there with what it takes.
    await desk.ask("works('EC1')");
    await desk.page.getByRole('button', { name: 'lend …' }).click();
    await desk.dialog.getByLabel('days').fill('0');
    await desk.dialog.getByRole('button', { name: 'Call' }).click();
    await desk.dialog.getByText(/'days'/).waitFor();
    expect(await desk.obstacles()).toEqual([]);
    await desk.dialog.getByLabel('days').fill('7');
    await desk.dialog.getByRole('button', { name: 'Call' }).click();
    await desk.dialog.waitFor({ state: 'detached' });
    expect(await desk.query.inputValue()).toBe("works('EC1')/example.library.lend");
    expect(await desk.page.getByLabel('Body (JSON)').inputValue()).toBe('{\n  "days": 7\n}');
    expect(await desk.answer.textContent()).toContain('true');
    // One of a set is asked for by its key, and a function by what it must have.
    const side = desk.page.getByRole('complementary');
    await side.getByText('Operations on one of works').click();
    await side.getByRole('button', { name: 'overdue', exact: true }).click();
    await desk.dialog.getByLabel('code (key)').fill('EC1');
    await desk.dialog.getByRole('button', { name: 'Call' }).click();
    await desk.dialog.getByText('This needs a value.').waitFor();
    await desk.dialog.getByLabel('day', { exact: true }).fill('2999-01-01');
    await desk.dialog.getByRole('button', { name: 'Call' }).click();
    await desk.page.waitForURL(/2999/);
    await desk.answer.getByText('true').waitFor();
    expect(await desk.query.inputValue()).toBe("works('EC1')/example.library.overdue(day=@day)?@day=2999-01-01");
    expect(await desk.answer.textContent()).toContain('"value": true');
    await desk.open('docs', example.root);
    await desk.page.getByRole('heading', { name: 'A small library' }).waitFor();
    await desk.page.getByLabel('Bearer token').fill(example.token());
    await desk.page.getByLabel('Find an operation').fill('put cover');
    await desk.page.locator('details.operation:visible summary').first().click();
    const put = desk.page.locator('details.operation[open]:visible');
    await put.getByLabel('File').setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('x') });
    await put.getByRole('button', { name: 'Send' }).click();
    await put.getByRole('status').filter({ hasText: /^204/ }).waitFor();
    await desk.page.goto('about:blank');
    await example.stop();
    await database.discard();
  });
});
