import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Settings } from '../options.js';
import { csdlJson } from '../protocol/csdl/csdl-json.js';
import { csdlXml } from '../protocol/csdl/csdl-xml.js';
import { isInServiceDocument } from '../protocol/csdl/operation-elements.js';
import { flatMetadata, flattenModel, flattenOperations, hasMereBases } from '../protocol/csdl/flatten-model.js';
import type { Model } from '../protocol/edm/model.js';
import type { JsonObject } from '../protocol/json/json-value.js';
import { stringifyJson } from '../protocol/json/stringify-json.js';
import { ODataError } from '../protocol/odata-error.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { ODataVersion } from '../protocol/versions.js';
import { type Document, documentOf, sendDocument } from './document.js';
import { Exchange, Public } from './decorators.js';
import { negotiateMetadata } from '../protocol/headers/negotiate-metadata.js';
import { describeFormat } from './write-answer.js';
import { checkQueryOptions, noQuery } from '../operations/query-support.js';
import { ServiceMetadata } from './service-metadata.js';

/** Headers of requests that documents differ by. */
const varied = 'Accept, Accept-Charset, accept-encoding, OData-MaxVersion';

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
@Controller()
@Public()
export class MetadataController {
  readonly #documents = new Map<string, Document>();
  /** Whether the metadata document is another one without base types. */
  readonly #isFlattened: boolean;

  constructor(
    private readonly settings: Settings,
    private readonly metadata: ServiceMetadata,
  ) {
    this.#isFlattened = hasMereBases(settings.model);
  }

  @Get()
  serviceDocument(@Exchange() exchange: Exchange, @Res({ passthrough: true }) reply: FastifyReply): Buffer | undefined {
    const { protocol } = exchange;
    checkQueryOptions(protocol.query, noQuery);
    this.metadata.checkSchemaVersion(protocol.query);
    const { format, version, serviceRoot } = protocol;
    const { entitySets, singletons, operations } = this.settings.model;
    // JSON Format 5: entity sets need not say their kind.
    const value: JsonObject[] = [...entitySets.keys()].map((name) => ({ name, kind: 'EntitySet', url: name }));
    for (const name of singletons.keys()) value.push({ name, kind: 'Singleton', url: name });
    for (const [name, overloads] of operations.imports)
      if (isInServiceDocument(overloads)) value.push({ name, kind: 'FunctionImport', url: name });
    const prefix = version === '4.0' ? '@odata.' : '@';
    const context = format.metadata === 'none' ? {} : { [`${prefix}context`]: `${serviceRoot}$metadata` };
    describeFormat(reply, protocol);
    const document = this.#send(documentOf(stringifyJson({ ...context, value })), exchange, reply);
    // It names the service root, which is where the request came in.
    if (this.settings.publicUrl === undefined)
      reply.header('vary', `${varied}, Host, X-Forwarded-Host, X-Forwarded-Proto`);
    return document;
  }

  @Get('$metadata')
  metadataDocument(
    @Exchange() exchange: Exchange,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Buffer | undefined {
    const { version } = exchange;
    const { inheritance, ...query } = takeInheritance(exchange.query);
    checkQueryOptions(query, noQuery);
    this.metadata.checkSchemaVersion(query);
    if (inheritance === 'declared' && this.#isFlattened) {
      const title = 'the same for clients that cannot read BaseType';
      reply.header('link', `<${exchange.serviceRoot}${flatMetadata}>; rel="alternate"; title="${title}"`);
    }
    const format = negotiateMetadata(exchange.header('accept'), query.format, version);
    reply.header('content-type', format === 'json' ? 'application/json' : 'application/xml');
    return this.#send(this.#document(format, version, inheritance), exchange, reply);
  }

  #document(format: 'xml' | 'json', version: ODataVersion, inheritance: Inheritance): Document {
    const name = `${format} ${version} ${inheritance}`;
    let document = this.#documents.get(name);
    if (document === undefined) {
      const isFlat = inheritance === 'flat';
      const model: Model = isFlat ? flattenModel(this.settings.model) : this.settings.model;
      const { document: whole } = this.metadata;
      const operations = isFlat ? flattenOperations(whole.operations, this.settings.model) : whole.operations;
      const ofSchema = whole.ofSchema.filter(({ term }) => inheritance === 'declared' || term !== 'Core.Links');
      const described = { ...whole, model, operations, ofSchema };
      document = documentOf(
        format === 'xml' ? csdlXml(described, version) : stringifyJson(csdlJson(described, version)),
      );
      this.#documents.set(name, document);
    }
    return document;
  }

  #send(document: Document, exchange: Exchange, reply: FastifyReply): Buffer | undefined {
    reply.headers({ 'odata-version': exchange.version, vary: varied });
    return sendDocument(document, exchange, reply);
  }
}
