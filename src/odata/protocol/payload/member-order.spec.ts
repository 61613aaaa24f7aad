import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { profilesModel } from '../../../profiles/profiles.model.js';
import { inModelOrder, memberOrder } from './member-order.js';

const { type } = profilesModel.entitySets.get('decoratedProfileConnections')!;
const profile = type.navigation.get('profile')!.type;

describe('the order of members', () => {
  it('is that of the model, in complex values and contained entities too', () => {
    const order = memberOrder(type);
    expect([...order.keys()]).toEqual([...type.properties.keys(), 'profile']);
    const inside = order.get('profile')?.inside;
    expect([...inside!.keys()]).toEqual([...profile.properties.keys()]);
    expect([...inside!.get('bornOn')!.inside!.keys()]).toEqual(['day', 'month', 'year']);
    expect(memberOrder(type)).toBe(order);
  });

  it('is given to a value in any other one, whose dynamic members come last as they came', () => {
    const names = [...profile.properties.keys(), 'y', 'x'];
    const value = fc.shuffledSubarray(names).map((some) => Object.fromEntries(some.map((name) => [name, 1])));
    fc.assert(
      fc.property(value, (given) => {
        const ordered = inModelOrder(profile, given);
        const declared = names.slice(0, -2).filter((name) => name in given);
        const dynamic = Object.keys(given).filter((name) => name === 'x' || name === 'y');
        expect(Object.keys(ordered)).toEqual([...declared, ...dynamic]);
        expect(inModelOrder(profile, ordered)).toBe(ordered);
      }),
    );
  });
});
