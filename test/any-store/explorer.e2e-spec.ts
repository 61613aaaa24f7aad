import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Desk } from '../support/desk.js';
import { TestApp } from '../support/test-app.js';
import { ann, tokenFor } from '../support/tokens.js';

const set = 'decoratedProfileConnections';
const run = promisify(execFile);

describe('the explorer, in a browser', () => {
  let app: TestApp;
  let desk: Desk;
  const token = tokenFor(ann);
  const at = (id: string): string => `${set}('${id}')`;
  beforeAll(async () => {
    app = await TestApp.start({ PAGE_SIZE: '2' });
    desk = await Desk.start(app.root, token);
    for (const [id, relevanceScore, connectionDegree] of [
      ['c1', 0.9, 'DISTANCE_1'],
      ['c2', 0.8, 'DISTANCE_2'],
      ['c3', 0.1, 'DISTANCE_1'],
    ] as const)
      await app.post(`/${set}`, {
        id,
        relevanceScore,
        profile: { firstName: 'Ann', locale: { language: 'en' }, connectionDegree },
      });
    await desk.open('explorer');
  });
  afterAll(async () => {
    await desk.stop();
    await app.stop();
  });
  afterEach(() => desk.expectPeace());

  it('shows the request as it is sent, without the token, and the answer', async () => {
    await desk.ask(`${set}?$filter=relevanceScore gt 0.5 and id ne 'a&b'&$expand=profile($select=firstName)`);
    await desk.show('JSON');
    await desk.page.getByText(/^Request and answer/).click();
    const request = await desk.page.locator('#request').textContent();
    expect(request).toContain(
      `GET /v1.0/${set}?$filter=relevanceScore%20gt%200.5%20and%20id%20ne%20%27a%26b%27&$expand=profile($select=firstName)`,
    );
    expect(request).toContain('authorization: Bearer …');
    expect(await desk.page.locator('#headers').textContent()).toContain('odata-version: 4.0');
    expect(await desk.answer.textContent()).toContain('"firstName": "Ann"');
    const kept = await desk.page.evaluate('[location.href, { ...localStorage, ...sessionStorage }, document.cookie]');
    expect(JSON.stringify(kept)).not.toContain(token);
    await desk.show('Table');
  });

  it('is a table of what is selected, sorted by its heads, page by page', async () => {
    await desk.ask(`${set}?$select=relevanceScore,id`);
    expect(await desk.cells()).toEqual([
      ['Row', 'relevanceScore…', 'id…'],
      ['0.9', 'c1'],
      ['0.8', 'c2'],
    ]);
    const head = desk.grid.getByRole('button', { name: /^relevanceScore/ });
    await head.click();
    await desk.cell(at('c3'), 'id').waitFor();
    expect(await desk.query.inputValue()).toBe(`${set}?$select=relevanceScore,id&$orderby=relevanceScore`);
    expect(await desk.grid.locator('th[data-column=relevanceScore]').getAttribute('aria-sort')).toBe('ascending');
    await desk.page.getByRole('link', { name: 'Count all' }).click();
    await desk.page.getByText('2 of 3').waitFor();
    await desk.page.getByRole('link', { name: 'Next page' }).click();
    await desk.page.getByText('1 of 3').waitFor();
    expect(await desk.cells()).toEqual([expect.anything(), ['0.9', 'c1']]);
    // Another order begins anew.
    await desk.grid.getByRole('button', { name: 'relevanceScore ↑' }).click();
    await desk.cell(at('c2'), 'id').waitFor();
    expect(await desk.query.inputValue()).toBe(
      `${set}?$select=relevanceScore,id&$orderby=relevanceScore desc&$count=true`,
    );
  });

  it('filters by a head, in the query', async () => {
    await desk.ask(`${set}?$filter=id eq 'c1' or id eq 'c2'`);
    await desk.grid.getByRole('button', { name: 'Filter by relevanceScore' }).click();
    await desk.dialog.getByLabel('relevanceScore').selectOption('is less than');
    await desk.dialog.getByLabel('Value').fill('0.85');
    await desk.dialog.getByLabel('Value').press('Enter');
    await desk.cell(at('c1'), 'id').waitFor({ state: 'detached' });
    expect(await desk.query.inputValue()).toBe(`${set}?$filter=(id eq 'c1' or id eq 'c2') and relevanceScore lt 0.85`);
    expect(await desk.cells()).toEqual([expect.anything(), ['c2', '0.8']]);
  });

  it('folds what is inside, and leads on: entity, relations, parts; and back', async () => {
    await desk.ask(`${set}?$expand=profile`);
    const profile = desk.cell(at('c1'), 'profile');
    expect(await profile.textContent()).toBe('▸ {30}');
    await profile.getByRole('button', { name: '{30}' }).click();
    await profile.getByRole('link', { name: '"firstName"' }).waitFor();
    await desk.grid.getByRole('link', { name: 'Open row 1' }).press('Enter');
    await desk.page.getByRole('link', { name: '→ profile' }).waitFor();
    // The answer takes the focus of what led to it.
    expect(await desk.page.evaluate('document.activeElement.ariaLabel')).toBe('Answer');
    await desk.page.getByRole('link', { name: '→ profile' }).click();
    await desk.page.getByRole('link', { name: `↑ ${at('c1')}` }).waitFor();
    const language = desk.grid.locator('td[data-name=locale]');
    await language.getByRole('button').click();
    await language.getByRole('link', { name: 'Open' }).click();
    await desk.grid.locator('td[data-name=language]').waitFor();
    expect(await desk.query.inputValue()).toBe(`${at('c1')}/profile/locale`);
    await desk.page.goBack();
    await desk.grid.locator('td[data-name=firstName]').waitFor();
    expect(await desk.query.inputValue()).toBe(`${at('c1')}/profile`);
  });

  it('is walked through by keyboard alone', async () => {
    await desk.ask(`${set}?$select=id,relevanceScore`);
    await desk.query.focus();
    const focused = (): Promise<unknown> => desk.page.evaluate('document.activeElement.textContent');
    // One stop for the whole table.
    await desk.page.locator('#answer [tabindex="0"]').first().focus();
    expect(await focused()).toBe('Row');
    await desk.page.keyboard.press('ArrowDown');
    for (let at = 0; at < 5; at++) await desk.page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('0.9');
    await desk.page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('0.8');
    await desk.page.keyboard.press('Control+Home');
    expect(await focused()).toBe('Row');
    await desk.page.keyboard.press('Tab');
    expect(await desk.page.evaluate('document.querySelector("table").contains(document.activeElement)')).toBe(false);
  });

  it('completes names by keyboard, out of the metadata; Tab goes on and changes nothing', async () => {
    const options = (): Promise<string[]> => desk.page.getByRole('listbox').getByRole('option').allTextContents();
    const accept = async (): Promise<void> => {
      await desk.query.press('ArrowDown');
      await desk.query.press('Enter');
    };
    await desk.query.fill('');
    await desk.query.pressSequentially('dec');
    expect(await options()).toEqual([expect.stringContaining(set)]);
    await desk.query.press('ArrowDown');
    expect(await desk.query.getAttribute('aria-activedescendant')).toBe('suggestion-0');
    await desk.query.press('Enter');
    await desk.query.pressSequentially('?$fi');
    await accept();
    await desk.query.pressSequentially('rel');
    expect(await options()).toEqual([expect.stringContaining('How relevant the person is')]);
    await desk.query.press('Tab');
    expect(await desk.query.inputValue()).toBe(`${set}?$filter=rel`);
    expect(await desk.query.getAttribute('aria-expanded')).toBe('false');
    await desk.query.fill(`${set}?$filter=profile/connectionDegree eq `);
    await desk.query.pressSequentially("'DIST");
    await accept();
    expect(await desk.query.inputValue()).toBe(`${set}?$filter=profile/connectionDegree eq 'DISTANCE_1'`);
    await desk.query.press('Escape');
    await desk.clearStatus();
    await desk.query.press('Enter');
    await desk.status(/^200/);
  });

  it('keeps what is typed while an answer is awaited', async () => {
    await desk.ask(set);
    await desk.clearStatus();
    await desk.query.fill(`${set}?$top=1`);
    // In one turn of the browser: what it tells of later comes behind what is typed.
    await desk.query.evaluate((field, typed) => {
      const input = field as unknown as { form: { requestSubmit(): void }; value: string };
      input.form.requestSubmit();
      input.value = typed;
    }, `${set}?$top=2`);
    await desk.status(/^200/);
    expect(await desk.query.inputValue()).toBe(`${set}?$top=2`);
    expect((await desk.cells()).length).toBe(2);
  });

  it('marks where a query is at fault, and a body at its lines', async () => {
    await desk.ask(`${set}?$top=1&$filter=id eq 'ä' and nope eq 1`, /^400/);
    const fault = desk.page.locator('#query-fault');
    expect(await fault.locator('mark').textContent()).toBe('n');
    expect(await fault.locator('pre').textContent()).toBe(`${set}?$top=1&$filter=id eq 'ä' and nope eq 1`);
    expect(await fault.textContent()).toContain("has no property 'nope'");
    expect(await desk.query.getAttribute('aria-invalid')).toBe('true');
    await desk.page.getByLabel('Method').selectOption('PATCH');
    await desk.page
      .getByLabel('Body (JSON)')
      .fill('{\n  "relevanceScore": "x",\n  "profile": {\n    "bornOn": { "day": 99 }\n  }\n}');
    await desk.ask(`${set}/c1`, /^400/);
    const faults = desk.page.locator('#body-faults li');
    expect(await faults.allTextContents()).toEqual([
      expect.stringMatching(/^Line 2 .*relevanceScore.*must be a number/),
      expect.stringMatching(/^Line 4 .*day must not be greater than 31/),
    ]);
    await desk.page.getByLabel('Body (JSON)').fill('{\n  "relevanceScore" 1 }');
    await desk.ask(`${set}/c1`, /^400/);
    expect(await faults.allTextContents()).toEqual([expect.stringMatching(/^Line 2 .*Expected ":"/)]);
    await desk.page.getByLabel('Method').selectOption('GET');
    await desk.ask(set);
    expect([await fault.textContent(), await faults.count()]).toEqual(['', 0]);
  });

  it('takes a token as people paste it, says what is in it, and keeps it for the tab only if asked', async () => {
    const field = desk.page.getByLabel('Bearer token');
    for (const pasted of [
      `Bearer ${token}`,
      `export TOKEN=${token}\n`,
      `-H "Authorization: Bearer ${token}"`,
      `{"access_token":"${token}"}`,
    ]) {
      await field.fill('');
      await field.fill(pasted);
      expect(await field.inputValue()).toBe(token);
    }
    expect(await desk.page.locator('#token-hint').textContent()).toMatch(
      /^For ann, with DecoratedProfile.ReadWrite; \d min left\.$/,
    );
    await desk.page.getByLabel('Keep it while this tab is open').check();
    await desk.page.reload();
    await desk.page.locator('html[data-ready]').waitFor();
    expect(await field.inputValue()).toBe(token);
    expect(await desk.page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain(token);
    await desk.page.getByLabel('Keep it while this tab is open').uncheck();
    expect(await desk.page.evaluate('JSON.stringify({ ...sessionStorage })')).toBe('{}');
    await field.fill('');
    await desk.ask(set, '401 Unauthorized');
    await desk.status('Paste a token above.');
    await field.fill(token);
  });

  it('keeps a history of queries, and shares them', async () => {
    await desk.ask(`${set}?$top=1`);
    const history = desk.page.getByRole('button', { name: `GET ${set}?$top=1`, exact: true });
    await history.waitFor();
    await desk.ask(`${set}?$top=2`);
    await history.click();
    await desk.page.waitForURL(/top%3D1$/);
    const address = await desk.page.evaluate<string>('location.href');
    expect(decodeURIComponent(new URL(address).hash)).toBe(`#${set}?$top=1`);
    // What a link says may be anything: nothing tries it over and over, and the page goes on.
    for (const hostile of [`${set}('${"''".repeat(50_000)}`, `${set}?$filter=${'('.repeat(50_000)}`]) {
      await desk.page.goto(`${app.root}/explorer#${encodeURIComponent(hostile)}`);
      await desk.status(/^431/);
      await desk.query.press('End');
      await desk.page.keyboard.type('x');
      expect(await desk.query.getAttribute('aria-expanded')).toBe('false');
    }
    await desk.page.goto(address);
    await desk.status(/^200/);
    await desk.page.getByRole('button', { name: 'Forget all' }).click();
    await history.waitFor({ state: 'detached' });
    expect(await desk.page.evaluate('localStorage.length')).toBe(0);
  });

  it('is code to take along, without the token unless asked', async () => {
    await desk.query.fill(`${set}?$filter=id eq 'it''s'`);
    await desk.query.press('Escape');
    await desk.page.getByRole('button', { name: 'Copy as code' }).click();
    const code = desk.dialog.getByRole('region', { name: 'Code' });
    expect(await code.textContent()).toContain(`${set}?$filter=id%20eq%20%27it%27%27s%27`);
    for (const language of ['fetch', 'graph', 'http', 'curl']) {
      await desk.dialog.getByLabel('Language').selectOption(language);
      expect(await code.textContent()).not.toContain(token);
    }
    await desk.dialog.getByLabel('With the token in it').check();
    expect(await code.textContent()).toContain(`Bearer ${token}`);
    await desk.query.evaluate((field: any, text) => (field.value = text), `${at('c1')}?$select=id,relevanceScore`);
    await desk.page.keyboard.press('Escape');
    await desk.page.getByRole('button', { name: 'Copy as code' }).click();
    await desk.dialog.getByLabel('With the token in it').check();
    for (const language of ['fetch', 'graph']) {
      await desk.dialog.getByLabel('Language').selectOption(language);
      const given = ['--input-type=module', '-e', String(await code.textContent())];
      // It runs as it stands.
      expect((await run(process.execPath, given)).stdout).toMatch(/relevanceScore\W+0\.9/);
    }
    await desk.page.keyboard.press('Escape');
  });

  it('draws what is grouped, as bars and as lines', async () => {
    await desk.page.getByRole('button', { name: /as a chart$/ }).click();
    const chart = desk.page.getByRole('img', { name: 'number by profile/connectionDegree' });
    await chart.waitFor();
    expect(await chart.locator('rect title').allTextContents()).toEqual(['DISTANCE_1: 2', 'DISTANCE_2: 1']);
    await desk.page.getByLabel('As', { exact: true }).selectOption('lines');
    expect(await chart.locator('circle title').allTextContents()).toEqual(['DISTANCE_1: 2', 'DISTANCE_2: 1']);
    await desk.show('Table');
    expect((await desk.cells()).length).toBe(3);
  });

  it('says headers and preferences by switches, and freely', async () => {
    await desk.query.fill(`${set}?$top=1`);
    await desk.query.press('Escape');
    await desk.page.getByText('Headers and preferences').click();
    await desk.page.getByLabel('OData-MaxVersion').selectOption('4.01');
    await desk.page.getByLabel('Metadata').selectOption('full');
    await desk.page.getByRole('switch', { name: 'Leave nulls out' }).check();
    await desk.page.getByLabel('More headers').fill('client-request-id: my-own');
    await desk.page.getByRole('button', { name: 'Send' }).click();
    await desk.page.getByText(/^Request and answer/).click();
    expect(await desk.page.locator('#request').textContent()).toContain(
      'accept: application/json;odata.metadata=full\nodata-maxversion: 4.01\nprefer: omit-values=nulls\nclient-request-id: my-own',
    );
    const answer = await desk.page.locator('#headers').textContent();
    expect(answer).toContain('odata-version: 4.01');
    expect(answer).toContain('client-request-id: my-own');
    await desk.open('explorer');
  });

  it('shows the model, and what can be called', async () => {
    const side = desk.page.getByRole('complementary');
    await side.getByText('Properties of DecoratedProfileConnection').click();
    await side.getByText('How relevant the person is to the user').waitFor();
    await side.getByText(`Operations on ${set}`).click();
    await side.getByRole('button', { name: 'delta', exact: true }).click();
    await desk.page.waitForURL(/delta/);
    await desk.cell(at('c1'), 'id').waitFor();
    expect(await desk.query.inputValue()).toBe(`${set}/microsoft.graph.delta()`);
  });
});
