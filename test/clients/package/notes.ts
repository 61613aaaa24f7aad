import { Body, Controller, Injectable, Module, Post } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { MaxLength } from 'class-validator';
import type { Caller, Creation, ODataOptions, StoreOptions } from 'decorated-profiles/odata';
import { CallerGuard, EntityRules, ODataModule, ODataServer, RulesFor } from 'decorated-profiles/odata';
import { buildModel, Edm, EntityType, Key, Property, Schema } from 'decorated-profiles/odata/model';

const schema = new Schema('example.notes');

@EntityType(schema)
class Note {
  @Key() @Property(Edm.String, 'Names the note.', { nullable: false }) id!: string;
  @Property(Edm.String, 'What it says.') @MaxLength(100) text?: string | null;
  @Property(Edm.Int32, 'How many characters it has.') length?: number | null;
}

@Injectable()
@RulesFor(Note)
class NoteRules extends EntityRules<Note> {
  override beforeCreate({ entity }: Creation<Note>): void {
    entity.length = entity.text?.length ?? 0;
  }
}

class EverybodyGuard extends CallerGuard {
  callerOf(): Caller {
    return { tenant: 'home', id: 'ann', kind: 'user', permissions: new Set(['read', 'write']) };
  }
}

@Controller('echo')
class EchoController {
  @Post()
  echo(@Body() body: { readonly said?: string }): object {
    return { heard: body.said };
  }
}

@Module({
  providers: [
    { provide: 'database', useFactory: (): StoreOptions => ({ url: process.env['DATABASE_URL'] ?? 'notes.sqlite' }) },
  ],
  exports: ['database'],
})
class DatabaseModule {}

@Module({
  controllers: [EchoController],
  imports: [
    ODataModule.forRootAsync({
      path: '/api',
      imports: [DatabaseModule],
      inject: ['database'],
      useFactory: (store: StoreOptions): ODataOptions => ({ model: buildModel(schema, { notes: Note }), store }),
    }),
  ],
  providers: [NoteRules, { provide: APP_GUARD, useClass: EverybodyGuard }],
})
class NotesModule {}

const server = new ODataServer({ path: '/api' });
const app = await NestFactory.create<NestFastifyApplication>(NotesModule, server, { logger: false });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(await app.getUrl());
