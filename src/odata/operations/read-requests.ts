import type { Settings } from '../options.js';
import { isCrossJoin } from './cross-join-path.js';
import type { Entities } from './entities.js';
import type { EntityRequest } from './entity-request.js';
import { AllEntities, isAll } from './read-all.js';
import { CrossJoinReads } from './read-cross-join.js';
import type { EntityReads } from './read-entities.js';
import type { ODataResult } from './results.js';

/** Requests that read: of paths that the model has, of cross joins of its sets, of all that there is. */
export class ReadRequests {
  readonly #joins: CrossJoinReads;
  readonly #all: AllEntities;

  constructor(
    settings: Settings,
    entities: Entities,
    private readonly reads: EntityReads,
  ) {
    this.#joins = new CrossJoinReads(settings, entities);
    this.#all = new AllEntities(settings, entities);
  }

  /** @param roots what the service root is called in entity-ids */
  read(request: EntityRequest, roots: readonly string[]): Promise<ODataResult> {
    if (isCrossJoin(request.path)) return this.#joins.read(request);
    return isAll(request.path) ? this.#all.read(request) : this.reads.read(request, roots);
  }
}
