import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../auth/auth.guard.js';
import { Environment } from '../../config/environment.js';
import { csdlJson } from '../protocol/csdl/csdl-json.js';
import { csdlXml } from '../protocol/csdl/csdl-xml.js';
import { flattenModel } from '../protocol/csdl/flatten-model.js';
import type { Model } from '../protocol/edm/model.js';
import type { JsonObject } from '../protocol/json/json-value.js';
import { stringifyJson } from '../protocol/json/stringify-json.js';
import { ODataError } from '../protocol/odata-error.js';
import { parseQuery } from '../protocol/uri/parse-query.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { ODataVersion } from '../protocol/versions.js';
import { type Document, documentOf, sendDocument } from './document.js';
import { MODEL } from './model-token.js';
import { negotiateMetadata } from '../protocol/headers/negotiate-metadata.js';
import { answerVersion } from '../protocol/headers/negotiate-version.js';
import { describeFormat, header, negotiate, queryOf, servicePath } from './protocol.js';
import { checkQueryOptions, noQuery } from '../operations/query-support.js';
import { ServiceMetadata } from './service-metadata.js';

/** A request, and the answer under way. */
interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Whether base types are written as they are declared, or into the types that derive from them. */
type Inheritance = 'declared' | 'flat';

/**
 * Takes the custom query option `inheritance` out of a query.
 * @throws ODataError 400 where it is neither `flat` nor `declared`
 */
function takeInheritance({
  custom = new Map<string, string>(),
  ...query
}: Query): Query & { inheritance: Inheritance } {
  const others = new Map(custom);
  others.delete('inheritance');
  const inheritance = custom.get('inheritance') ?? 'declared';
  if (inheritance === 'declared' || inheritance === 'flat') {
    return { ...query, ...(others.size === 0 ? {} : { custom: others }), inheritance };
  }
  throw new ODataError('invalidQueryOption', "The query option 'inheritance' is 'flat' or 'declared'.", {
    target: 'inheritance',
  });
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
    private readonly metadata: ServiceMetadata,
  ) {}

  @Get()
  serviceDocument(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Buffer | undefined {
    const protocol = negotiate(request, this.environment.PUBLIC_URL);
    checkQueryOptions(protocol.query, noQuery);
    this.metadata.checkSchemaVersion(protocol.query);
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
  metadataDocument(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Buffer | undefined {
    const version = answerVersion(header(request, 'odata-maxversion'));
    const { inheritance, ...query } = takeInheritance(parseQuery(queryOf(request.url)));
    checkQueryOptions(query, noQuery);
    this.metadata.checkSchemaVersion(query);
    const format = negotiateMetadata(header(request, 'accept'), query.format);
    reply.header('content-type', format === 'json' ? 'application/json' : 'application/xml');
    return this.#send(this.#document(format, version, inheritance), version, { request, reply });
  }

  #document(format: 'xml' | 'json', version: ODataVersion, inheritance: Inheritance): Document {
    const name = `${format} ${version} ${inheritance}`;
    let document = this.#documents.get(name);
    if (document === undefined) {
      const model = inheritance === 'flat' ? flattenModel(this.model) : this.model;
      const described = { ...this.metadata.document, model };
      document = documentOf(
        format === 'xml' ? csdlXml(described, version) : stringifyJson(csdlJson(described, version)),
      );
      this.#documents.set(name, document);
    }
    return document;
  }

  #send(document: Document, version: ODataVersion, exchange: Exchange): Buffer | undefined {
    exchange.reply.headers({ 'odata-version': version, vary: 'Accept, Accept-Charset, OData-MaxVersion' });
    return sendDocument(document, exchange);
  }
}
