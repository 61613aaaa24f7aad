import { All, Controller, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { Entities } from '../operations/entities.js';
import { parseHeaderList } from '../protocol/headers/header-lists.js';
import { Exchange, Public, TakesNoBody } from './decorators.js';
import { refusalOf, routesOf } from './refusal.js';
import { ServiceMetadata } from './service-metadata.js';

/** Whether somebody opened the host itself, with what asks for HTML: there is nothing else at this address. */
function isPersonAtTheDoor(exchange: Exchange): boolean {
  const accepted = parseHeaderList(exchange.header('accept') ?? '').map(({ value }) => value.toLowerCase());
  return exchange.method === 'GET' && exchange.routed === '/' && accepted.includes('text/html');
}

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
  refuse(@Exchange() exchange: Exchange, @Res({ passthrough: true }) reply: FastifyReply): void {
    if (isPersonAtTheDoor(exchange)) {
      // Relative, whatever proxy stands before the service.
      const { path, explorer } = exchange.settings;
      reply.redirect(`.${path}/${explorer ? 'explorer' : 'docs'}`, 302);
      return;
    }
    const { access } = this.entities;
    throw refusalOf(exchange, routesOf(this.host), { service: this.metadata.description, access });
  }
}
