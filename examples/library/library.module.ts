import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
// With the package: from 'decorated-profiles/odata'.
import { ODataModule, type Seed } from '../../src/odata/index.js';
import { LibraryGuard, tenant } from './library.guard.js';
import { alreadyLent, Lending } from './lending.js';
import { libraryModel } from './model.js';
import { LentWorks, WorkCompletion, workIsLent } from './rules.js';

/** Path of the service root. */
export const path = '/library';

const seed = (entity: object): Seed => ({ tenant, owner: 'librarian', entities: [entity] });

const eco = { id: 'eco', name: 'Umberto Eco', works: [{ '@id': "works('EC1')" }] };

/** The application: a model, its rules, and who may do what. */
@Module({ providers: [WorkCompletion, LentWorks, Lending] })
export class LibraryModule {
  static with({ url, secret }: { readonly url: string; readonly secret: string }): DynamicModule {
    const odata = ODataModule.forRoot({
      path,
      model: libraryModel,
      store: { url },
      permissions: { read: ['Library.Read', 'Library.Write'], write: ['Library.Write'] },
      anonymous: { tenant },
      errorCodes: [workIsLent, alreadyLent],
      sets: {
        works: { seed: seed({ code: 'EC1', title: 'The Name of the Rose' }) },
        authors: { seed: seed(eco), anonymous: true, allows: ['create', 'read', 'update'] },
        settings: { seed: seed({ name: 'main', lendingDays: 28 }) },
      },
    });
    const guard = { provide: APP_GUARD, useValue: new LibraryGuard(secret) };
    return { module: LibraryModule, imports: [odata], providers: [guard] };
  }
}
