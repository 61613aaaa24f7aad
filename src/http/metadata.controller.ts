import { createHash } from 'node:crypto';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../auth/auth.guard.js';
import { Environment } from '../config/environment.js';
import { csdlJson } from '../odata/csdl/csdl-json.js';
import { csdlXml } from '../odata/csdl/csdl-xml.js';
import type { Model } from '../odata/edm/model.js';
import type { JsonObject } from '../odata/json/json-value.js';
import { stringifyJson } from '../odata/json/stringify-json.js';
import { parseQuery } from '../odata/uri/parse-query.js';
import type { ODataVersion } from '../odata/versions.js';
import { MODEL } from './model-token.js';
import { negotiateMetadata } from './negotiate-metadata.js';
import { answerVersion } from './negotiate-version.js';
import { describeFormat, header, negotiate, queryOf, servicePath } from './protocol.js';
import { checkQueryOptions, noQuery } from './query-support.js';

/** A document that depends on the release only: its bytes, and their ETag. */
interface Document {
  readonly bytes: Buffer;
  readonly etag: string;
}

function documentOf(text: string): Document {
  const bytes = Buffer.from(text);
  return { bytes, etag: `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
}

/** Whether one of the listed entity tags is that of the document (RFC 9110, 13.1.2: weak comparison). */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^(?!W\/)/, 'W/')) ?? [];
  return ifNoneMatch?.trim() === '*' || tags.includes(etag);
}

/**
 * What the service says of itself: the service document (OData 4.01 Protocol 11.1.1) and the metadata document (11.1.2).
 * Whoever has the URL may read them: they say what there is, not what is in it.
 */
@Controller(servicePath)
@Public()
export class MetadataController {
  readonly #documents = new Map<string, Document>();

  constructor(
    @Inject(MODEL) private readonly model: Model,
    private readonly environment: Environment,
  ) {}

  @Get()
  serviceDocument(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Buffer | undefined {
    const protocol = negotiate(request, this.environment.PUBLIC_URL);
    checkQueryOptions(protocol.query, noQuery);
    const { format, version, serviceRoot } = protocol;
    // JSON Format 5: entity sets need not say their kind.
    const value: JsonObject[] = [...this.model.entitySets.keys()].map((name) => ({
      name,
      kind: 'EntitySet',
      url: name,
    }));
    for (const name of this.model.singletons.keys()) value.push({ name, kind: 'Singleton', url: name });
    const prefix = version === '4.0' ? '@odata.' : '@';
    const context = format.metadata === 'none' ? {} : { [`${prefix}context`]: `${serviceRoot}$metadata` };
    describeFormat(reply, protocol);
    return this.#send(documentOf(stringifyJson({ ...context, value })), version, { request, reply });
  }

  @Get('$metadata')
  metadata(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Buffer | undefined {
    const version = answerVersion(header(request, 'odata-maxversion'));
    const query = parseQuery(queryOf(request.url));
    checkQueryOptions(query, noQuery);
    const format = negotiateMetadata(header(request, 'accept'), query.format);
    reply.header('content-type', format === 'json' ? 'application/json' : 'application/xml');
    return this.#send(this.#metadata(format, version), version, { request, reply });
  }

  #metadata(format: 'xml' | 'json', version: ODataVersion): Document {
    const name = `${format} ${version}`;
    let document = this.#documents.get(name);
    if (document === undefined) {
      const { model } = this;
      document = documentOf(format === 'xml' ? csdlXml(model, version) : stringifyJson(csdlJson(model, version)));
      this.#documents.set(name, document);
    }
    return document;
  }

  #send(
    { bytes, etag }: Document,
    version: ODataVersion,
    { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  ): Buffer | undefined {
    reply.headers({
      'odata-version': version,
      etag,
      'cache-control': 'public, max-age=300',
      vary: 'Accept, Accept-Charset, OData-MaxVersion',
    });
    if (!isKnown(header(request, 'if-none-match'), etag)) return bytes;
    reply.status(304);
    return undefined;
  }
}
