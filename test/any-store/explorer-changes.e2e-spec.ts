import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Desk } from '../support/desk.js';
import { TestApp } from '../support/test-app.js';
import { ann, tokenFor } from '../support/tokens.js';
import { library } from '../models/library.js';

const hostile = [
  '<script>globalThis.ran = true</script>',
  '<img src=x onerror="globalThis.ran=true">',
  '"><svg onload=globalThis.ran=true>',
  'javascript:globalThis.ran=true',
  '\u202egnirts desrever\u2066',
  '{{constructor.constructor("globalThis.ran=true")()}}',
  "'; DROP TABLE x; --",
  '__proto__',
];

describe('changes by hand, in a browser', () => {
  let app: TestApp;
  let desk: Desk;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    desk = await Desk.start(app.root, tokenFor(ann));
    // As text: a double would change the last digit.
    const digits = '"barcode":9007199254740993';
    await app.post('/works', `{"code":"b1","title":"One","loans":1,"size":"Small",${digits}}`);
    await app.post('/works', { code: 'b2', title: 'Two', loans: 2 });
    await desk.open('explorer');
  });
  afterAll(async () => {
    await desk.stop();
    await app.stop();
  });
  afterEach(async () => {
    // What would run of a hostile value would say so.
    expect(await desk.page.evaluate('globalThis.ran')).toBeUndefined();
    desk.expectPeace();
  });

  const one = "works('b1')";
  const work = async (code: string): Promise<any> => (await app.get(`/works/${code}`)).body;
  /** Opens a cell by keyboard and types into it. */
  const type = async (name: string, text: string): Promise<void> => {
    await desk.cell(one, name).focus();
    await desk.page.keyboard.press('Enter');
    await desk.cell(one, name).locator('input,textarea').first().fill(text);
    await desk.page.keyboard.press('Enter');
  };

  it('a cell is edited in its place, with the version that was seen', async () => {
    await desk.ask('works?$select=code,title,loans,size,barcode');
    await type('loans', '7');
    await desk.status(/^Changed works\('b1'\): 200/);
    expect(await work('b1')).toMatchObject({ loans: 7, title: 'One' });
    await desk.cell(one, 'loans').getByText('7', { exact: true }).waitFor();
    // Digits that a double has no room for are the same in every place.
    expect(await desk.cell(one, 'barcode').textContent()).toBe('9007199254740993');
    await desk.cell(one, 'size').dblclick();
    await desk.cell(one, 'size').locator('select').selectOption('Large');
    await desk.cell(one, 'size').getByRole('button', { name: 'Save' }).click();
    await desk.cell(one, 'size').getByText('Large', { exact: true }).waitFor();
    expect((await work('b1')).size).toBe('Large');
  });

  it('what is being edited is kept where the table is read anew', async () => {
    await desk.ask('works?$select=code,title,loans');
    // The answers to reads wait until they are let go.
    let go: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (go = resolve));
    const reads = (url: URL) => url.pathname.endsWith('/works');
    await desk.page.route(reads, async (route) => {
      await gone;
      await route.continue();
    });
    await desk.grid.getByLabel('Mark row 2').check();
    await type('loans', '8');
    await desk.status(/^Changed works\('b1'\): 200/);
    await desk.cell(one, 'title').dblclick();
    const field = desk.cell(one, 'title').locator('input,textarea').first();
    await field.fill('Typed meanwhile');
    await field.evaluate((element: any) => element.setSelectionRange(2, 5));
    go();
    await desk.cell(one, 'loans').getByText('8', { exact: true }).waitFor();
    await desk.page.unroute(reads);
    expect(await field.inputValue()).toBe('Typed meanwhile');
    expect(await field.evaluate((element: any) => [element.matches(':focus'), element.selectionStart])).toEqual([
      true,
      2,
    ]);
    expect(await desk.grid.getByLabel('Mark row 2').isChecked()).toBe(true);
    await desk.page.getByRole('button', { name: 'Delete them' }).waitFor();
    // It is a change of the version that the first one made: nobody else was there.
    await desk.page.keyboard.press('Enter');
    await desk.cell(one, 'title').getByText('Typed meanwhile').waitFor();
    expect(await work('b1')).toMatchObject({ loans: 8, title: 'Typed meanwhile' });
    // Who goes by keyboard goes on from the cell that was saved.
    expect(await desk.cell(one, 'title').evaluate((cell) => cell.matches(':focus'))).toBe(true);
  });

  it('what somebody else changed of it while it was edited is not overwritten unseen', async () => {
    await desk.ask('works?$select=code,title,loans');
    await desk.cell(one, 'title').dblclick();
    await desk.cell(one, 'title').locator('input,textarea').first().fill('Mine, slowly');
    await app.patch('/works/b1', { title: 'Theirs, quickly' });
    await type('loans', '7');
    // The row is of another version than the one that was shown.
    await desk.dialog.getByRole('button', { name: 'Write mine' }).click();
    await desk.cell(one, 'loans').getByText('7', { exact: true }).waitFor();
    const field = desk.cell(one, 'title').locator('input,textarea').first();
    expect(await field.inputValue()).toBe('Mine, slowly');
    await field.press('Enter');
    await desk.dialog.waitFor();
    expect(await desk.dialog.locator('tbody tr').allTextContents()).toEqual(['title"Mine, slowly""Theirs, quickly"']);
    await desk.dialog.getByRole('button', { name: 'Keep what is there' }).click();
    await desk.cell(one, 'title').getByText('Theirs, quickly').waitFor();
    // Given up, it shows what is there.
    await desk.cell(one, 'title').dblclick();
    await type('loans', '6');
    await desk.cell(one, 'loans').getByText('6', { exact: true }).waitFor();
    await desk.cell(one, 'title').locator('input,textarea').first().press('Escape');
    expect(await desk.cell(one, 'title').textContent()).toBe('Theirs, quickly');
    await app.patch('/works/b1', { loans: 7 });
  });

  it('what is refused is said beside its field', async () => {
    await desk.ask('works?$select=code,title,loans');
    await type('loans', 'many');
    await desk.cell(one, 'loans').getByText('This must be a number.').waitFor();
    await desk.cell(one, 'loans').locator('input').fill('99999999999');
    await desk.page.keyboard.press('Enter');
    await desk
      .cell(one, 'loans')
      .getByText(/'loans'/)
      .waitFor();
    expect(await desk.cell(one, 'loans').locator('input').getAttribute('aria-invalid')).toBe('true');
    await desk.page.keyboard.press('Escape');
    expect(await desk.cell(one, 'loans').textContent()).toBe('7');
  });

  it('what somebody else changed meanwhile is shown beside it', async () => {
    await desk.ask('works?$select=code,title,loans');
    await app.patch('/works/b1', { title: 'Theirs' });
    await type('title', 'Mine');
    await desk.dialog.waitFor();
    expect(await desk.dialog.locator('tbody tr').allTextContents()).toEqual(['title"Mine""Theirs"']);
    expect(await desk.obstacles()).toEqual([]);
    // Put off, nothing is lost.
    await desk.page.keyboard.press('Escape');
    await desk.cell(one, 'title').getByText('condition').waitFor();
    expect(await desk.cell(one, 'title').locator('input,textarea').first().inputValue()).toBe('Mine');
    await desk.page.keyboard.press('Enter');
    await desk.dialog.getByRole('button', { name: 'Keep what is there' }).click();
    await desk.cell(one, 'title').getByText('Theirs').waitFor();
    await app.patch('/works/b1', { title: 'Theirs again' });
    await type('title', 'Mine');
    await desk.dialog.getByRole('button', { name: 'Write mine' }).click();
    await desk.status(/^Changed/);
    expect((await work('b1')).title).toBe('Mine');
    // An answer without entity tags is compared with what is there.
    await desk.ask('works?$select=code,title,loans&$format=application/json;odata.metadata=none');
    await type('loans', '6');
    await desk.status(/^Changed/);
    await app.patch('/works/b1', { title: 'Theirs, unseen' });
    await type('title', 'Mine');
    await desk.dialog.waitFor();
    expect(await desk.dialog.locator('tbody tr').allTextContents()).toEqual(['title"Mine""Theirs, unseen"']);
    await desk.dialog.getByRole('button', { name: 'Keep what is there' }).click();
    await app.patch('/works/b1', { loans: 7 });
  });

  it('a form has a field for every type, and sends what was touched', async () => {
    const places = [{ city: 'A' }, { city: 'B' }];
    await app.patch('/works/b1', { place: { city: 'Leeds', floor: 2 }, access: 'Read', places });
    await desk.ask(one);
    await desk.page.getByRole('button', { name: 'Edit', exact: true }).click();
    const field = (name: string) => desk.dialog.getByLabel(name, { exact: true });
    await field('title').fill('');
    await field('lent').selectOption('true');
    await field('published').fill('2026-02-03');
    await field('price').fill('12345678901234567890.12');
    await field('loans').fill('');
    await field('acquired').fill('no date');
    await desk.dialog.getByRole('button', { name: 'Save' }).click();
    await desk.dialog
      .locator('.field', { has: desk.page.getByLabel('acquired', { exact: true }) })
      .getByText(/'acquired'/)
      .waitFor();
    await field('acquired').fill('2026-02-03T04:05:06Z');
    await field('Lend').check();
    const group = (name: string) => desk.dialog.getByRole('group', { name, exact: true });
    await group('place').getByLabel('Type').selectOption('test.library.Archive');
    await group('place').getByLabel('vault').fill('V');
    // A fault finds the item that has moved up.
    await group('places').getByRole('button', { name: 'Remove' }).first().click();
    await group('places').getByLabel('floor').fill('99999999999');
    await desk.dialog.getByRole('button', { name: 'Save' }).click();
    await group('places').getByText("'places/0/floor'").waitFor();
    expect(await desk.obstacles()).toEqual([]);
    await group('places').getByLabel('floor').fill('3');
    await desk.dialog.getByRole('button', { name: 'Save' }).click();
    await desk.status(/^Changed/);
    const { text } = await app.get('/works/b1');
    expect(text).toContain('"price":12345678901234567890.12');
    expect(JSON.parse(text)).toMatchObject({
      title: '',
      lent: true,
      published: '2026-02-03',
      loans: null,
      acquired: '2026-02-03T04:05:06Z',
      size: 'Large',
      access: 'Read,Lend',
      place: { '@odata.type': '#test.library.Archive', vault: 'V' },
      places: [{ city: 'B', floor: 3 }],
    });
  });

  it('entities are made and deleted, after asking', async () => {
    await desk.ask('works?$select=code,title');
    await desk.page.getByRole('button', { name: 'New', exact: true }).click();
    await desk.dialog.getByLabel('title', { exact: true }).fill('Three');
    await desk.dialog.getByLabel('shelf', { exact: true }).fill('300');
    await desk.dialog.getByRole('button', { name: 'Create' }).click();
    await desk.dialog.getByText("'shelf' must be").waitFor();
    await desk.dialog.getByLabel('code', { exact: true }).fill('b3');
    await desk.dialog.getByLabel('shelf', { exact: true }).fill('3');
    await desk.dialog.getByRole('button', { name: 'Create' }).click();
    await desk.cell("works('b3')", 'title').getByText('Three').waitFor();
    const remove = desk.grid.getByRole('button', { name: 'Delete row 3' });
    await remove.click();
    expect(await desk.obstacles()).toEqual([]);
    // Who only presses Enter deletes nothing.
    await desk.page.keyboard.press('Enter');
    await desk.dialog.waitFor({ state: 'detached' });
    expect((await app.get('/works/b3')).status).toBe(200);
    await remove.click();
    await desk.dialog.getByRole('button', { name: 'Delete' }).click();
    await desk.cell("works('b3')", 'title').waitFor({ state: 'detached' });
    expect((await app.get('/works/b3')).status).toBe(404);
    // Of a derived type, too.
    await desk.page.getByRole('button', { name: 'New', exact: true }).click();
    await desk.dialog.getByLabel('Type of the entity').selectOption('test.library.Atlas');
    await desk.dialog.getByLabel('code', { exact: true }).fill('b3');
    await desk.dialog.getByLabel('sheets', { exact: true }).fill('4');
    await desk.dialog.getByRole('button', { name: 'Create' }).click();
    await desk.status(/^Created/);
    expect(await work('b3')).toMatchObject({ '@odata.type': '#test.library.Atlas', sheets: 4 });
    await app.delete('/works/b3');
  });

  it('marked rows are read or deleted in one batch, and requests collected', async () => {
    for (const code of ['b4', 'b5']) await app.post('/works', { code, title: code });
    await desk.ask('works?$select=code,title');
    await desk.grid.getByLabel('Mark row 3').check();
    await desk.grid.getByLabel('Mark row 4').check();
    await desk.page.getByRole('button', { name: 'Read them in a batch' }).click();
    await desk.query.fill('works/nope');
    await desk.query.press('Escape');
    await desk.page.getByRole('button', { name: 'Add to batch' }).click();
    const batch = desk.page.locator('#batch');
    expect(await batch.locator('summary').first().textContent()).toBe('Batch: 3 requests');
    await batch.getByRole('button', { name: 'Send the marked' }).click();
    await batch.getByText('404 GET works/nope').waitFor();
    await batch.getByText("200 GET works('b4')").click();
    await batch.getByText('"title": "b4"').waitFor();
    expect(await desk.obstacles()).toEqual([]);
    await desk.page.getByRole('button', { name: 'Delete them' }).click();
    await desk.dialog.getByRole('button', { name: 'Delete' }).click();
    await desk.status('Deleted 2');
    expect((await app.get('/works/b4')).status).toBe(404);
  });

  it('changes are followed live', async () => {
    await desk.ask('works?$select=code,title');
    await desk.page.getByRole('button', { name: 'Follow changes' }).click();
    await desk.page.locator('.log').getByText('Following').waitFor();
    await desk.cell("works('b2')", 'title').getByText('Two', { exact: true }).waitFor();
    await desk.cell("works('b2')", 'title').focus();
    await app.patch('/works/b2', { title: 'Two, changed' });
    await app.post('/works', { code: 'b6', title: 'New' });
    await desk.grid.locator('tr.changed', { hasText: 'Two, changed' }).waitFor();
    await desk.grid.locator('tr.added', { hasText: 'b6' }).waitFor();
    // Who is at a cell stays there.
    expect(await desk.cell("works('b2')", 'title').evaluate((cell) => cell.matches(':focus'))).toBe(true);
    await app.delete('/works/b6');
    await desk.page.locator('.log').getByText("removed: works('b6')").waitFor();
    await desk.cell("works('b6')", 'title').waitFor({ state: 'detached' });
    expect(await desk.obstacles()).toEqual([]);
    await desk.page.getByRole('button', { name: 'Stop following' }).click();
  });

  it('rows that are links, and those that are gone, are shown as such', async () => {
    await app.post('/bookings', { room: 'R/1', day: '2026-01-02', seats: 1 });
    await app.post('/authors', { id: 'writer' });
    await app.post("/works('b2')/writers/$ref", { '@id': "authors('writer')" });
    await desk.ask("$crossjoin(works,bookings)?$filter=works/code eq 'b2'");
    expect((await desk.cells())[1]).toEqual(["works('b2')", "bookings(room='R%2F1',day=2026-01-02)"]);
    await desk.grid.getByRole('link', { name: /^bookings/ }).click();
    await desk.grid.locator('td[data-name=seats]').waitFor();
    await desk.ask("works('b2')/writers/$ref");
    expect(await desk.cells()).toEqual([['@odata.id'], ["authors('writer')"]]);
    await desk.page.getByLabel('OData-MaxVersion').evaluate((select: any) => (select.value = '4.01'));
    const { body } = await app.get('/authors?$select=id', { headers: { prefer: 'track-changes' } });
    await app.delete('/authors/writer');
    await desk.ask(String(body['@odata.deltaLink']).slice(app.root.length + 1));
    expect(await desk.cells()).toEqual([
      ['id…', '@removed'],
      ['writer', 'removed: deleted'],
    ]);
    await desk.page.getByLabel('OData-MaxVersion').evaluate((select: any) => (select.value = ''));
  });

  it('hostile values do nothing in table, JSON, form, history and address', async () => {
    for (const [at, text] of hostile.entries()) await app.post('/authors', { id: `${String(at)}${text}`, name: text });
    await desk.ask('authors');
    const shown = (await desk.cells()).slice(1).map(([, name]) => name);
    expect(shown).toEqual(hostile.map((text) => text.replace('\u202e', '\\u202e').replace('\u2066', '\\u2066')));
    await desk.show('JSON');
    expect(await desk.answer.textContent()).toContain('\\u202egnirts desrever\\u2066');
    await desk.show('Table');
    for (const at of [1, 2, 5, 8]) {
      await desk.grid.getByRole('button', { name: `Edit row ${String(at)}` }).click();
      expect(await desk.dialog.getByLabel('name', { exact: true }).inputValue()).toBe(hostile[at - 1]);
      await desk.page.keyboard.press('Escape');
    }
    await desk.grid.getByRole('link', { name: 'Open row 1' }).click();
    await desk.page.getByRole('link', { name: '→ works' }).waitFor();
    // What delimits paths is no delimiter in a key.
    await app.post('/authors', { id: "a/b?c=%41'#&+", name: 'Before' });
    await desk.ask("authors?$filter=name eq 'Before'&$select=name");
    const renamed = desk.grid.locator('td[data-name=name]');
    await renamed.dblclick();
    await renamed.locator('textarea').fill('After');
    await desk.page.keyboard.press('Control+Enter');
    await desk.status(/^Changed/);
    expect((await app.get("/authors('a%2Fb%3Fc=%2541''%23%26+')/name")).body.value).toBe('After');
    // Properties that are called like what every object has are those of the rows that have them.
    const token = '00000000-0000-0000-0000-00000000000';
    await app.post('/events', { token: `${token}1`, name: 'One', constructor: 1, toString: 'x', onclick: 'y' });
    await app.post('/events', { token: `${token}2`, name: 'Two' });
    await desk.ask('events?$orderby=name');
    expect(await desk.cells()).toEqual([
      expect.anything(),
      [`${token}1`, 'One', '1', 'x', 'y'],
      [`${token}2`, 'Two', '', '', ''],
    ]);
    for (const text of hostile) await desk.ask(`authors?$filter=name eq '${text.replaceAll("'", "''")}'`);
    await desk.page.goto(`${app.root}/explorer#${encodeURIComponent('<img src=x onerror=globalThis.ran=true>')}`);
    await desk.status(/^4/);
    await desk.page.goto(`${app.root}/explorer#%`);
    await desk.status(/^4|^The service/);
  });

  it('values of any size freeze nothing', async () => {
    const long = 'x'.repeat(1_000_000);
    const numbers = Array.from({ length: 10_000 }, (_, at) => at);
    expect((await app.post('/works', { code: 'big', numbers })).status).toBe(201);
    expect((await app.post('/authors', { id: 'big', name: long })).status).toBe(201);
    await desk.ask('works/big');
    await desk.grid.getByRole('button', { name: '[10,000]' }).click();
    await desk.grid.getByRole('button', { name: 'Show more of 9,900' }).waitFor();
    await desk.page.getByRole('button', { name: 'Edit', exact: true }).first().click();
    await desk.dialog.getByLabel('numbers').waitFor();
    await desk.page.keyboard.press('Escape');
    await desk.ask('authors/big');
    expect(new Map((await desk.cells()) as [string, string][]).get('name')).toMatch(/^x{200} … 1,000,000 characters$/);
    await desk.show('JSON');
    await desk.page.getByRole('button', { name: 'Show more of 998,000 characters' }).click();
    // What is on the page is what can be looked at, not all that came.
    expect(await desk.page.evaluate('document.body.textContent.length')).toBeLessThan(100_000);
    expect(await desk.page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(5000);
    await desk.show('Table');
  });
});
