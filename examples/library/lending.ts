import { Injectable } from '@nestjs/common';
// With the package: from 'decorated-profiles/odata'.
import { type Call, Handles, type LiveEntity, ODataError } from '../../src/odata/index.js';
import { Lend, Settings, type Work } from './model.js';

export const alreadyLent = { code: 'alreadyLent', status: 409, meaning: 'A work that is lent cannot be lent again.' };

const day = 24 * 60 * 60 * 1000;

/** What the library does with its works. */
@Injectable()
export class Lending {
  @Handles(Lend)
  async lend({ bound, parameters, singleton }: Call<Lend, LiveEntity<Work>>) {
    const { lent, title } = await bound.value();
    if (lent === true) throw new ODataError(alreadyLent, `'${title}' is lent.`);
    const days = parameters.days ?? (await singleton(Settings).value()).lendingDays;
    const dueBack = new Date(Date.now() + days * day).toISOString().slice(0, 10);
    await bound.change({ lent: true, dueBack });
    return bound;
  }
}
