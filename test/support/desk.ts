import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { startBrowser } from './browser.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A person at a browser, in front of the pages of a service: one browser, one page, used over and over. */
export class Desk {
  readonly #complaints: string[] = [];
  readonly #hosts = new Set<string>();

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
    private root: string,
    private readonly token: string,
  ) {
    // What an answer of the service says shows on the page; everything else is a fault of the page.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('the server responded with a status'))
        this.#complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.#complaints.push(error.message));
    page.on('dialog', (dialog) => {
      this.#complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!/^(?:data|blob):/.test(request.url())) this.#hosts.add(new URL(request.url()).origin);
    });
  }

  /** @param root of the service */
  static async start(root: string, token: string): Promise<Desk> {
    const browser = await startBrowser();
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(60_000);
    return new Desk(browser, page, root, token);
  }

  stop(): Promise<void> {
    return this.browser.close();
  }

  /** Nothing was wrong on the page, and it asked nobody but the service. */
  expectPeace(): void {
    expect(this.#complaints.splice(0)).toEqual([]);
    expect([...this.#hosts]).toEqual([new URL(this.root).origin]);
  }

  /** Opens a page anew, with a token in its field; at another service where its root is given. */
  async open(path: string, root = this.root): Promise<void> {
    if (root !== this.root) this.#hosts.clear();
    this.root = root;
    // Another address first: of the same one only the part behind `#` would change.
    await this.page.goto('about:blank');
    await this.page.goto(`${this.root}/${path}`);
    await this.page.locator('html[data-ready]').waitFor();
    await this.page.getByLabel('Bearer token').fill(this.token);
  }

  get query(): Locator {
    return this.page.getByRole('combobox', { name: /^Query/ });
  }

  get grid(): Locator {
    return this.page.getByRole('grid', { name: 'Result' });
  }

  get answer(): Locator {
    return this.page.locator('#answer');
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  status(text: string | RegExp): Promise<void> {
    return this.page.locator('#status').filter({ hasText: text }).waitFor();
  }

  /** Takes away what was said so far, so that it is not taken for what comes. */
  async clearStatus(): Promise<void> {
    await this.page.locator('#status').evaluate((element) => (element.textContent = ''));
  }

  /** Asks for a query by keyboard. */
  async ask(query: string, expected: string | RegExp = /^200/): Promise<void> {
    await this.clearStatus();
    await this.query.fill(query);
    await this.query.press('Control+Enter');
    await this.status(expected);
  }

  async show(view: 'Table' | 'JSON' | 'Chart'): Promise<void> {
    await this.page.getByRole('radio', { name: view }).check();
  }

  /** What a table shows: its head, and its rows without those cells that only hold buttons. */
  async cells(): Promise<string[][]> {
    await this.grid.waitFor();
    return this.page.evaluate<string[][]>(
      `[...document.querySelector('table[role=grid]').rows].map((row) =>
        [...row.cells].filter((cell) => !cell.classList.contains('own')).map((cell) => cell.textContent))`,
    );
  }

  /** The cell of a property, in the row of a path. */
  cell(path: string, name: string): Locator {
    return this.grid.locator(`tr[data-path="${path}"] td[data-name="${name}"]`);
  }

  /** What keeps people out of the page as it is now, by all rules of axe or by these; and whether it is too wide. */
  async obstacles(rules?: readonly string[]): Promise<unknown[]> {
    const options = { resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) };
    // Half a megabyte, which is sent to each page once.
    if (await this.page.evaluate('globalThis.axe === undefined')) await this.page.evaluate(`(() => { ${axe} })()`);
    const violations = await this.page.evaluate<unknown[]>(
      `axe.run(${JSON.stringify(options)})
        .then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`,
    );
    return [...violations, ...(await this.overflow())];
  }

  /** Whether the page is wider than the screen. */
  async overflow(): Promise<unknown[]> {
    const pixels = await this.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    return pixels > 0 ? [`too wide by ${String(pixels)} pixels`] : [];
  }

  /** A picture of the page as it is, for docs/explorer.md, where they are asked for: SCREENSHOTS=1. */
  async picture(name: string): Promise<void> {
    const file = `docs/explorer/${name.replaceAll(/\W+/g, '-')}.jpg`;
    if (process.env.SCREENSHOTS === '1' && readFileSync('docs/explorer.md', 'utf8').includes(file.replace('docs/', '')))
      await this.page.screenshot({ path: file, type: 'jpeg', quality: 70 });
  }
}
