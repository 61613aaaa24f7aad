import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type Document, documentOf } from '../http/document.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html;charset=utf-8',
  '.css': 'text/css;charset=utf-8',
  '.js': 'text/javascript;charset=utf-8',
  '.png': 'image/png',
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

async function read(file: string): Promise<Asset> {
  const document = documentOf(await readFile(file));
  const compressed = new Map<AssetCoding, Buffer>();
  for (const coding of codings) {
    const bytes = await compressors[coding](document.bytes);
    if (bytes.length < document.bytes.length) compressed.set(coding, bytes);
  }
  return { type: types[extname(file)] ?? 'application/octet-stream', document, compressed };
}

/** The files of one page, by the name under which they are served; each is read and compressed once, when it is asked for. */
export class PageAssets {
  readonly #assets = new Map<string, Promise<Asset>>();

  /** @param files absolute paths by name; `` is the page itself */
  constructor(private readonly files: ReadonlyMap<string, string>) {}

  /** A file of the page; undefined where it has none of this name. */
  get(name: string): Promise<Asset> | undefined {
    const file = this.files.get(name);
    if (file === undefined) return undefined;
    let asset = this.#assets.get(name);
    if (asset === undefined) {
      asset = read(file);
      this.#assets.set(name, asset);
    }
    return asset;
  }
}

/** A file beside this one, compiled or not. */
function own(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

const resolve = createRequire(import.meta.url).resolve;

/** The API reference: Swagger UI on `openapi.json`. */
export const docsFiles: ReadonlyMap<string, string> = new Map([
  ['', own('docs/index.html')],
  ['initialize.js', own('docs/initialize.js')],
  ...['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'].map((name): [string, string] => [
    name,
    resolve(`swagger-ui-dist/${name}`),
  ]),
]);

/** The query explorer. */
export const explorerFiles: ReadonlyMap<string, string> = new Map([
  ['', own('explorer/index.html')],
  ...['explorer.css', 'explorer.js', 'model.js', 'complete.js', 'completion-list.js', 'request.js', 'result.js'].map(
    (name): [string, string] => [name, own(`explorer/${name}`)],
  ),
]);
