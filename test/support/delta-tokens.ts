import { Seal } from '../../src/odata/operations/sealed-text.js';
import { queryOf } from '../../src/odata/operations/server-paging.js';
import type { TestApp } from './test-app.js';

/** A token of a tracked query, opened: its form, its query, and what is sealed. */
export type DeltaTokenParts = readonly [form: unknown, query: unknown, ...sealed: unknown[]];

/** A token of parts as they stand. */
export function plainToken(parts: unknown): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The token in a link, and the path behind the service root beside it. */
function tokenIn(link: string): { readonly path: string; readonly token: string } {
  const { pathname, searchParams } = new URL(link);
  const token = searchParams.get('$deltatoken') ?? searchParams.get('$skiptoken') ?? '';
  return { path: pathname.slice('/v1.0/'.length), token };
}

/** The parts of the token in a link: epoch, transaction, sequence, time and page are sealed. */
export async function openedToken(app: TestApp, link: string): Promise<DeltaTokenParts> {
  const { path, token } = tokenIn(link);
  const [form, query, sealed] = JSON.parse(Buffer.from(token, 'base64url').toString()) as string[];
  const seal = new Seal(await app.store.secret());
  const inside = seal.open(sealed ?? '', queryOf(path, query ?? '')) ?? 'null';
  return [form, query, ...(JSON.parse(inside) as unknown[])];
}

/** A token of such parts for a path, as only the service itself could make it. */
export async function sealedToken(app: TestApp, path: string, parts: DeltaTokenParts): Promise<string> {
  const [form, query, ...inside] = parts;
  const seal = new Seal(await app.store.secret());
  return plainToken([form, query, seal.close(JSON.stringify(inside), queryOf(path, String(query)))]);
}
