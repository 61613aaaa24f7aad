import { randomBytes } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import jwt from 'jsonwebtoken';
// With the package: from 'decorated-profiles/odata'.
import { ODataServer } from '../../src/odata/index.js';
import { LibraryModule, path } from './library.module.js';

const { PORT = '3000', DATABASE_URL: url = 'data/library.sqlite', JWT_SECRET } = process.env;
const secret = JWT_SECRET ?? randomBytes(32).toString('hex');

const module = LibraryModule.with({ url, secret });
const app = await NestFactory.create<NestFastifyApplication>(module, new ODataServer({ path }));
// The store is closed with the application.
app.enableShutdownHooks();
try {
  await app.listen(PORT, '127.0.0.1');
} catch (error) {
  console.error(
    `Cannot serve on port ${PORT}: PORT may name another one, 0 any that is free. ${(error as Error).message}`,
  );
  process.exit(71);
}
console.log(`\nServing ${await app.getUrl()}${path}/docs`);
if (JWT_SECRET === undefined) {
  const token = jwt.sign({ sub: 'you', scope: 'Library.Write' }, secret, { expiresIn: '8h' });
  console.log(`A token for eight hours:\n\nexport TOKEN=${token}\n`);
}
