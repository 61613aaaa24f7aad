import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../auth/auth.guard.js';
import type { Model } from '../protocol/edm/model.js';
import { stringifyJson } from '../protocol/json/stringify-json.js';
import { openApiDocument } from '../protocol/openapi/openapi-document.js';
import { type Document, documentOf, sendDocument } from './document.js';
import { MODEL } from './model-token.js';
import { servicePath } from './protocol.js';
import { ServiceMetadata } from './service-metadata.js';

/** The service as OpenAPI describes it, for tools that do not read CSDL. Whoever has the URL may read it. */
@Controller(servicePath)
@Public()
export class OpenApiController {
  #document: Document | undefined;

  constructor(
    @Inject(MODEL) private readonly model: Model,
    private readonly metadata: ServiceMetadata,
  ) {}

  @Get('openapi.json')
  document(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Buffer | undefined {
    const { description, document } = this.metadata;
    const information = { version: document.schemaVersion, license: 'MIT' };
    this.#document ??= documentOf(stringifyJson(openApiDocument(this.model, description, information)));
    reply.header('content-type', 'application/json');
    return sendDocument(this.#document, { request, reply });
  }
}
