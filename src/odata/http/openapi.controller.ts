import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Settings } from '../options.js';
import { stringifyJson } from '../protocol/json/stringify-json.js';
import { openApiDocument } from '../protocol/openapi/openapi-document.js';
import { type Document, documentOf, sendDocument } from './document.js';
import { Exchange, Public } from './decorators.js';
import { ServiceMetadata } from './service-metadata.js';

/** The service as OpenAPI describes it, for tools that do not read CSDL. Whoever has the URL may read it. */
@Controller()
@Public()
export class OpenApiController {
  #document: Document | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly metadata: ServiceMetadata,
  ) {}

  @Get('openapi.json')
  document(@Exchange() exchange: Exchange, @Res({ passthrough: true }) reply: FastifyReply): Buffer | undefined {
    const { description, document } = this.metadata;
    const { model, license } = this.settings;
    const information = { version: document.schemaVersion, license };
    this.#document ??= documentOf(stringifyJson(openApiDocument(model, description, information)));
    reply.headers({ 'content-type': 'application/json', vary: 'accept-encoding, OData-MaxVersion' });
    return sendDocument(this.#document, exchange, reply);
  }
}
