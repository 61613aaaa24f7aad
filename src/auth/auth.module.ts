import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { Environment } from '../config/environment.js';
import { BearerAuthGuard } from './auth.guard.js';
import { JwtStrategy } from './jwt.strategy.js';
import { verificationKeys } from './verification-keys.js';
import { RateLimits } from './rate-limits.js';

/** Who may do what: bearer tokens, checked before every handler that is not public. */
@Module({
  imports: [PassportModule.register({ session: false })],
  providers: [
    {
      provide: JwtStrategy,
      inject: [Environment],
      useFactory: (environment: Environment) => new JwtStrategy(environment, verificationKeys(environment)),
    },
    RateLimits,
    { provide: APP_GUARD, useClass: BearerAuthGuard },
  ],
  exports: [JwtStrategy, RateLimits],
})
export class AuthModule {}
