import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { JobRunner } from './job-runner.js';
import { MonitorController } from './monitor.controller.js';
import { RespondAsyncInterceptor } from './respond-async.interceptor.js';

/** Asynchronous requests. Imported before the module of the envelope: what it accepts needs no other answer. */
@Module({
  controllers: [MonitorController],
  providers: [JobRunner, { provide: APP_INTERCEPTOR, useClass: RespondAsyncInterceptor }],
})
export class JobsModule {}
