import { All, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../auth/auth.guard.js';
import type { Model } from '../protocol/edm/model.js';
import { MODEL } from './model-token.js';
import { refusalOf } from './refusal.js';
import { RouteTable } from './route-table.js';

/** Answers what no other handler does. */
@Controller()
@Public()
export class FallbackController {
  constructor(
    private readonly routes: RouteTable,
    @Inject(MODEL) private readonly model: Model,
  ) {}

  @All('*')
  refuse(@Req() request: FastifyRequest): never {
    throw refusalOf(request, this.routes, this.model);
  }
}
