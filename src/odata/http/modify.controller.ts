import { Controller, Delete, HttpCode, Inject, Patch, Post, Put } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Entities } from '../operations/entities.js';
import { isEntityById } from '../operations/entity-by-id.js';
import { EntityReads } from '../operations/read-entities.js';
import { ModifyRequests } from '../operations/modify-requests.js';
import type { ODataResult } from '../operations/results.js';
import { Settings } from '../options.js';
import { Exchange, Requires, Serves } from './decorators.js';
import { refusalOf, routesOf } from './refusal.js';
import { ServiceMetadata } from './service-metadata.js';

/** Modification of whatever the model has, where no handler of a module takes the request. */
@Controller()
@Requires('write')
@Serves('by resource')
export class ModifyController {
  readonly #requests: ModifyRequests;
  @Inject() private readonly host!: HttpAdapterHost;

  constructor(
    settings: Settings,
    private readonly entities: Entities,
    private readonly metadata: ServiceMetadata,
    reads: EntityReads,
  ) {
    this.#requests = new ModifyRequests(settings, entities, () => metadata.description, reads);
  }

  @Put('*')
  replace(@Exchange() exchange: Exchange) {
    return this.#modify(exchange);
  }

  @Patch('*')
  update(@Exchange() exchange: Exchange) {
    return this.#modify(exchange);
  }

  @Post('*')
  @HttpCode(200)
  insert(@Exchange() exchange: Exchange) {
    return this.#modify(exchange);
  }

  @Delete('*')
  remove(@Exchange() exchange: Exchange) {
    return this.#modify(exchange);
  }

  async #modify(exchange: Exchange): Promise<ODataResult> {
    if (exchange.isOfModel || isEntityById(exchange.path)) return this.#requests.modify(exchange, exchange.roots);
    const { access } = this.entities;
    throw refusalOf(exchange, routesOf(this.host), { service: this.metadata.description, access });
  }
}
