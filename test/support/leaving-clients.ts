import { workingFor } from '../../src/odata/work.js';

/** Callers who ask a store, and who all leave at one time. */
export class LeavingClients {
  haveLeft = false;

  /** Runs what one of them asks for. */
  as<T>(callerName: string, run: () => T): T {
    const haveLeft = (): boolean => this.haveLeft;
    const work = {
      callerName,
      get isAbandoned() {
        return haveLeft();
      },
    };
    return workingFor(work, run);
  }
}
