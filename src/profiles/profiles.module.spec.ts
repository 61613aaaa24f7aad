import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  type Caller,
  ODataError,
  ODataModule,
  ODataServer,
  type TypedChange,
  type UpdatedEntity,
} from '../odata/index.js';
import type { DecoratedProfile } from './dto/decorated-profile.dto.js';
import { profilesModel } from './profiles.model.js';
import { ProfilesModule } from './profiles.module.js';
import { ProfilesRepository } from './profiles.repository.js';
import { ProfilesService } from './profiles.service.js';

/** Profiles by the ids of their connections: all that the module needs of a store. */
class ProfilesInMemory extends ProfilesRepository {
  readonly profiles = new Map<string, UpdatedEntity<DecoratedProfile>['entity']>();
  readonly asked: { readonly caller: Caller; readonly change: TypedChange<DecoratedProfile> }[] = [];

  updateProfile(caller: Caller, id: string, change: TypedChange<DecoratedProfile>) {
    this.asked.push({ caller, change });
    const known = this.profiles.get(id);
    if (id === 'nobody') throw new ODataError('resourceNotFound', 'There is no such connection.');
    const merged = { id: 'p', ...known, ...change.write.patch, $version: (known?.$version ?? 0) + 1 };
    const entity = merged as UpdatedEntity<DecoratedProfile>['entity'];
    this.profiles.set(id, entity);
    return Promise.resolve({ entity, created: known === undefined });
  }
}

const ann: Caller = { tenant: 't', id: 'ann', kind: 'user', permissions: new Set(['read', 'write']) };

/** Everybody is Ann. */
class AnnGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    context.switchToHttp().getRequest<{ user?: Caller }>().user = ann;
    return true;
  }
}

describe('the module of profiles', () => {
  let app: NestFastifyApplication;
  let repository: ProfilesInMemory;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'profiles-'));
    repository = new ProfilesInMemory();
    const module = await Test.createTestingModule({
      imports: [
        ODataModule.forRoot({
          path: '/v1.0',
          modules: [ProfilesModule],
          model: profilesModel,
          store: { url: join(folder, 'store.sqlite') },
        }),
      ],
      providers: [{ provide: APP_GUARD, useClass: AnnGuard }],
    })
      .overrideProvider(ProfilesRepository)
      .useValue(repository)
      .compile();
    const server = new ODataServer({ path: '/v1.0' });
    app = module.createNestApplication<NestFastifyApplication>(server, { bodyParser: false, logger: false });
    await app.init();
  });
  afterEach(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });

  const patch = async (url: string, payload: object) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await app.inject({
      method: 'PATCH',
      url: `/v1.0/decoratedProfileConnections${url}`,
      payload,
      headers,
    });
    return { status: answer.statusCode, etag: answer.headers.etag, body: answer.json<Record<string, unknown>>() };
  };

  it('leads a PATCH from the controller by the service to the repository, and back into an envelope', async () => {
    const made = await patch("('c1')/profile", { firstName: 'Ann', locale: { language: 'en' } });
    expect([made.status, made.etag]).toEqual([201, 'W/"1"']);
    expect(made.body).toMatchObject({
      '@odata.context': expect.stringContaining("/v1.0/$metadata#decoratedProfileConnections('c1')/profile"),
      '@odata.type': '#microsoft.graph.DecoratedProfile',
      '@odata.etag': 'W/"1"',
      firstName: 'Ann',
      lastName: null,
    });
    expect((await patch('/c1/profile', { lastName: 'Lee' })).status).toBe(200);
    expect([...repository.profiles.keys()]).toEqual(['c1']);
  });

  it('gives the repository who asks, and the change typed by its DTO', async () => {
    await patch('/c1/profile', { headline: null, bornOn: { year: 1980 }, skills: ['a'] });
    const [{ caller, change } = { caller: undefined, change: undefined }] = repository.asked;
    expect(caller).toBe(ann);
    const headline: string | null | undefined = change?.values.headline;
    expect([headline, change?.values.bornOn?.year, change?.values.skills]).toEqual([null, 1980, ['a']]);
  });

  it('asks the repository for nothing where the body has a fault, and passes its errors on', async () => {
    const faulty = await patch('/c1/profile', { firstName: 1, nope: 2 });
    expect([faulty.status, repository.asked.length]).toEqual([400, 0]);
    expect((await patch('/nobody/profile', {})).status).toBe(404);
  });

  it('has the one rule of connections: whose they may be', () => {
    const service = app.get(ProfilesService);
    const creation = (caller: Caller, owner: string) => ({
      caller,
      owner,
      entity: { id: 'x' },
      key: {},
      set: {} as never,
    });
    expect(() => service.beforeCreate(creation(ann, 'bob'))).toThrow('Only an application');
    expect(() => service.beforeCreate(creation(ann, 'ann'))).not.toThrow();
    expect(() => service.beforeCreate(creation({ ...ann, kind: 'application' }, 'bob'))).not.toThrow();
  });
});
