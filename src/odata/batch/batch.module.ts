import { Module } from '@nestjs/common';
import { BatchController } from './batch.controller.js';

/** Several requests in one. Needs an `AggregateStore`, and the application around it. */
@Module({ controllers: [BatchController] })
export class BatchModule {}
