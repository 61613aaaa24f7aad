import { All, Controller } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Entities } from '../operations/entities.js';
import { Exchange, Public, TakesNoBody } from './decorators.js';
import { refusalOf, routesOf } from './refusal.js';
import { ServiceMetadata } from './service-metadata.js';

/** Answers what no other handler of the application does, below the service root and beside it. */
@Controller()
@Public()
@TakesNoBody()
export class FallbackController {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly metadata: ServiceMetadata,
    private readonly entities: Entities,
  ) {}

  @All('*')
  refuse(@Exchange() exchange: Exchange): never {
    const { access } = this.entities;
    throw refusalOf(exchange, routesOf(this.host), { service: this.metadata.description, access });
  }
}
