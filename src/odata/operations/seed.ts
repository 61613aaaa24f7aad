import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type Seed, Settings } from '../options.js';
import type { EntitySet, Singleton } from '../protocol/edm/model.js';
import type { JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { readNewEntity } from '../protocol/payload/read-body.js';
import { ModelEntityIds } from '../protocol/query/entity-ids.js';
import { Entities } from './entities.js';
import { wholeKey } from './entity-key.js';

/** Makes what sets and singletons hold from the start, before anything is served. */
@Injectable()
export class Seeding implements OnApplicationBootstrap {
  constructor(
    private readonly settings: Settings,
    private readonly entities: Entities,
  ) {}

  /** @throws Error naming set and fault, where an entity is none of the model or a rule refuses it */
  async onApplicationBootstrap(): Promise<void> {
    const { model, sets } = this.settings;
    for (const [name, { seed }] of Object.entries(sets)) {
      const set = model.entitySets.get(name) ?? model.singletons.get(name);
      if (seed !== undefined && set !== undefined) await this.#plant(set, seed);
    }
  }

  async #plant(set: EntitySet | Singleton, { tenant, owner, entities }: Seed): Promise<void> {
    const caller = { tenant, id: owner, kind: 'application', permissions: new Set<string>() } as const;
    const entityIds = new ModelEntityIds(this.settings.model, []);
    const format = { version: '4.01', ieee754Compatible: false, isOwn: true, entityIds } as const;
    for (const [index, one] of entities.entries()) {
      const body = { value: JSON.parse(JSON.stringify(one)) as JsonValue, duplicates: [] };
      try {
        const entity = readNewEntity(set.type, body, format);
        await this.entities.make(set, { ...entity, key: wholeKey(set.type, entity.key) }, caller);
      } catch (cause) {
        if (!(cause instanceof ODataError)) throw cause;
        const faults = cause.details.map(({ message }) => message).join(' ');
        throw new Error(`The seed of ${set.name} has a fault in entity ${index}: ${faults || cause.message}`, {
          cause,
        });
      }
    }
  }
}
