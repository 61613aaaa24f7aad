import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { BearerAuthGuard } from './auth.guard.js';
import { JwtStrategy } from './jwt.strategy.js';

/** Who may do what: bearer tokens, checked before every handler that is not public. */
@Module({
  imports: [PassportModule.register({ session: false })],
  providers: [JwtStrategy, { provide: APP_GUARD, useClass: BearerAuthGuard }],
})
export class AuthModule {}
