import type { StoreOptions } from '../odata/tools.js';
import type { Environment } from './environment.js';

/** How the store is opened that the configuration names. */
export function storeOptions(environment: Environment): StoreOptions {
  return {
    url: environment.DATABASE_URL,
    password: environment.DATABASE_PASSWORD,
    ...(environment.DATABASE_READ_URL === undefined
      ? {}
      : {
          standbys: {
            url: environment.DATABASE_READ_URL,
            reads: environment.DATABASE_READS,
            lag: environment.DATABASE_READ_LAG,
          },
        }),
    applicationName: 'decorated-profiles',
    migrate: environment.DATABASE_MIGRATE,
    readers: environment.DATABASE_READERS,
    connections: environment.DATABASE_CONNECTIONS,
    prepare: environment.DATABASE_PREPARE,
    connectTimeout: environment.DATABASE_CONNECT_TIMEOUT,
    statementTimeout: environment.DATABASE_STATEMENT_TIMEOUT,
    transactionTimeout: environment.DATABASE_TRANSACTION_TIMEOUT,
    statementsPerCaller: environment.DATABASE_STATEMENTS_PER_CALLER,
    entityBytes: environment.ENTITY_BYTES,
    changeLog: environment.CHANGE_LOG,
  };
}
