import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Entities } from '../operations/entities.js';
import { ReadRequests } from '../operations/read-requests.js';
import type { ODataResult } from '../operations/results.js';
import { methodNotAllowed } from '../protocol/odata-error.js';
import { Exchange, Requires, Serves } from './decorators.js';
import { refusalOf, routesOf } from './refusal.js';
import { ServiceMetadata } from './service-metadata.js';

/** Reading of every path that the model has: sets, entities, what they contain, properties, counts and raw values. */
@Controller()
export class ReadController {
  constructor(
    private readonly reads: ReadRequests,
    private readonly entities: Entities,
    private readonly metadata: ServiceMetadata,
    private readonly host: HttpAdapterHost,
  ) {}

  @Get('*')
  @Requires('read')
  @Serves('by resource')
  async read(@Exchange() exchange: Exchange): Promise<ODataResult> {
    const { isOfModel, rootName } = exchange;
    const { access } = this.entities;
    if (isOfModel && !access.allows({ name: rootName }, 'read'))
      throw refusalOf(exchange, routesOf(this.host), { service: this.metadata.description, access });
    // What is no entity and has handlers of its own has none for GET.
    if (!isOfModel) {
      const methods = routesOf(this.host).methodsOf(exchange.routed);
      if (methods.length > 0) throw methodNotAllowed('GET', methods);
    }
    return this.reads.read(exchange, exchange.roots);
  }

  /** The same, asked by a body (OData 4.01 URL Conventions 4.17). */
  @Post('$query/*')
  @HttpCode(200)
  @Requires('read')
  @Serves('by resource')
  ask(@Exchange() exchange: Exchange): Promise<ODataResult> {
    return this.read(exchange);
  }
}
