import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Exchange, Public } from '../http/decorators.js';
import { Settings } from '../options.js';
import { sendDocument } from '../http/document.js';
import { parseHeaderList } from '../protocol/headers/header-lists.js';
import { noResourceAt } from '../protocol/odata-error.js';
import { type Asset, type AssetCoding, explorerFiles, PageAssets, referenceFiles } from './page-assets.js';

/** What a page may do: load and ask the service that it comes from, and nothing else. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The best coding of an asset that the client takes (RFC 9110, 12.5.3); undefined: as it is. */
function codingFor({ compressed }: Asset, acceptEncoding: string | undefined): AssetCoding | undefined {
  const accepted = new Map(
    parseHeaderList(acceptEncoding ?? '').map(({ value, parameters }) => [
      value.toLowerCase(),
      Number(parameters.get('q') ?? '1'),
    ]),
  );
  return [...compressed.keys()].find((coding) => (accepted.get(coding) ?? accepted.get('*') ?? 0) > 0);
}

/** Where a file of a page is; the page itself has neither. */
interface AssetPlace {
  readonly theme?: string;
  readonly file?: string;
}

/** The name under which a page has a file. */
function nameOf(theme: string | undefined, file: string | undefined): string {
  return theme === undefined ? '' : `${theme}/${file ?? ''}`;
}

/** Pages for people: the API reference, and the query explorer where it is enabled. Whoever has the URL may open them. */
@Controller()
@Public()
export class PagesController {
  readonly #reference: PageAssets;
  readonly #explorer = new PageAssets(explorerFiles);

  constructor(private readonly settings: Settings) {
    // It leads to the explorer where there is one.
    this.#reference = new PageAssets(referenceFiles, (text) =>
      settings.explorer ? text : text.replace(/<a href="explorer">[^<]*<\/a>/, ''),
    );
  }

  @Get(['docs', 'docs/:theme/:file'])
  docs(
    @Exchange() exchange: Exchange,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param() { theme, file }: AssetPlace,
  ) {
    return this.#send(this.#reference.get(nameOf(theme, file)), exchange, reply);
  }

  @Get(['explorer', 'explorer/:theme/:file'])
  explorer(
    @Exchange() exchange: Exchange,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param() { theme, file }: AssetPlace,
  ) {
    return this.#send(this.settings.explorer ? this.#explorer.get(nameOf(theme, file)) : undefined, exchange, reply);
  }

  async #send(found: Promise<Asset> | undefined, exchange: Exchange, reply: FastifyReply): Promise<Buffer | undefined> {
    // What a page refers to stands beside it: with a slash at its end it would be looked for inside.
    const { path } = exchange;
    if (path.endsWith('/')) {
      reply.redirect(`../${path.split('/').at(-2) ?? ''}`, 308);
      return undefined;
    }
    const asset = await found;
    if (asset === undefined) throw noResourceAt(exchange.sentPath);
    const coding = codingFor(asset, exchange.header('accept-encoding'));
    reply.headers({ ...securityHeaders, 'content-type': asset.type, vary: 'Accept-Encoding' });
    const body = sendDocument(asset.document, exchange, reply);
    if (body === undefined || coding === undefined) return body;
    reply.header('content-encoding', coding);
    return asset.compressed.get(coding);
  }
}
