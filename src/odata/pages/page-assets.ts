import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type Document, documentOf } from '../http/document.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html;charset=utf-8',
  '.css': 'text/css;charset=utf-8',
  '.js': 'text/javascript;charset=utf-8',
};

/** Content codings of assets, the better one first. */
const codings = ['br', 'gzip'] as const;

/** A content coding that assets are kept in. */
export type AssetCoding = (typeof codings)[number];

/** A file of a page, ready to be sent. */
export interface Asset {
  readonly type: string;
  readonly document: Document;
  /** The same bytes compressed, where that makes them smaller. */
  readonly compressed: ReadonlyMap<AssetCoding, Buffer>;
}

const compressors: Readonly<Record<AssetCoding, (bytes: Buffer) => Promise<Buffer>>> = {
  // Quality 9 of 11: the last two take seconds for the largest file, and gain little.
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

async function read(file: string, edit: (text: string) => string): Promise<Asset> {
  const contents = await readFile(file);
  const document = documentOf(extname(file) === '.html' ? edit(contents.toString()) : contents);
  const compressed = new Map<AssetCoding, Buffer>();
  for (const coding of codings) {
    const bytes = await compressors[coding](document.bytes);
    if (bytes.length < document.bytes.length) compressed.set(coding, bytes);
  }
  return { type: types[extname(file)] ?? 'application/octet-stream', document, compressed };
}

/** A page and its files; each is read and compressed once, when it is asked for. */
export class PageAssets {
  readonly #assets = new Map<string, Promise<Asset>>();

  /**
   * @param files absolute paths by name; `` is the page itself
   * @param edit what is made of the page's text before it is sent
   */
  constructor(
    private readonly files: ReadonlyMap<string, string>,
    private readonly edit: (text: string) => string = (text) => text,
  ) {}

  /** A file of the page; undefined where it has none of this name. */
  get(name: string): Promise<Asset> | undefined {
    const file = this.files.get(name);
    if (file === undefined) return undefined;
    let asset = this.#assets.get(name);
    if (asset === undefined) {
      asset = read(file, this.edit);
      this.#assets.set(name, asset);
    }
    return asset;
  }
}

/** What browsers are sent: scripts and styles as they stand in `web`, one folder a theme. */
const web = fileURLToPath(new URL('web/', import.meta.url));

/** The files of these themes by name, `theme/file.js`; and the page of the last one under none. */
function filesOf(...themes: readonly string[]): ReadonlyMap<string, string> {
  const names = themes.flatMap((theme) => readdirSync(join(web, theme)).map((file) => `${theme}/${file}`));
  const files = names
    .filter((name) => /\.(?:css|js)$/.test(name))
    .map((name): [string, string] => [name, join(web, name)]);
  return new Map([['', join(web, themes.at(-1) ?? '', 'index.html')], ...files]);
}

/** What both pages are made of. */
const shared = ['dom', 'model', 'request', 'result'] as const;

/** The API reference, on `openapi.json`. */
export const referenceFiles = filesOf(...shared, 'reference');

/** The query explorer. */
export const explorerFiles = filesOf(...shared, 'complete', 'edit', 'side', 'explorer');
