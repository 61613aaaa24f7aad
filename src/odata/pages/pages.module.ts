import { Module } from '@nestjs/common';
import { PagesController } from './pages.controller.js';

/** Pages for people, on what the service says of itself to programs. */
@Module({ controllers: [PagesController] })
export class PagesModule {}
