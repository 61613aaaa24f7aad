import { Injectable } from '@nestjs/common';
// With the package: from 'decorated-profiles/odata'.
import type { Creation, Deletion, EntityChange } from '../../src/odata/index.js';
import { EntityRules, ODataError, RulesFor } from '../../src/odata/index.js';
import { Work } from './model.js';

/** `The Name of the Rose` is `the-name-of-the-rose`. */
function slugOf(title: string): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.join('-');
}

/** Completes works: what follows from the title, and what is meant where nothing is said. */
@Injectable()
@RulesFor(Work)
export class WorkCompletion extends EntityRules<Work> {
  override beforeCreate({ entity }: Creation<Work>): void {
    entity.slug = slugOf(entity.title);
    entity.acquired ??= new Date().toISOString().slice(0, 10);
  }

  override beforeChange({ changes }: EntityChange<Work>): void {
    if (typeof changes.title === 'string') changes.slug = slugOf(changes.title);
  }
}

export const workIsLent = { code: 'workIsLent', status: 409, meaning: 'A work that is lent cannot be deleted.' };

/** Keeps works that are lent. A class of its own, because it reads the entity, which completing a work does not need. */
@Injectable()
@RulesFor(Work)
export class LentWorks extends EntityRules<Work> {
  override readonly readsEntity = true;

  override beforeDelete({ current }: Deletion<Work>): void {
    if (current?.lent === true) throw new ODataError(workIsLent, `'${current.title}' is lent.`);
  }
}
