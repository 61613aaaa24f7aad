import { describe, expect, it } from '@jest/globals';
import { freeHeaders, type Header, headersOf, noSwitches, type Switches } from './headers.js';

describe('headers of a request', () => {
  it.each<[Partial<Switches>, boolean, Header[]]>([
    [{}, false, [['accept', 'application/json']]],
    [
      {},
      true,
      [
        ['accept', 'application/json'],
        ['content-type', 'application/json'],
      ],
    ],
    [
      { metadata: 'full', exact: true },
      false,
      [['accept', 'application/json;odata.metadata=full;IEEE754Compatible=true']],
    ],
    [
      { returns: 'minimal', pageSize: '5', omitNulls: true, trackChanges: true, respondAsync: true },
      false,
      [
        ['accept', 'application/json'],
        ['prefer', 'return=minimal, maxpagesize=5, omit-values=nulls, track-changes, respond-async'],
      ],
    ],
    [{ pageSize: '0' }, false, [['accept', 'application/json']]],
    [
      { maxVersion: '4.01', ifMatch: ' * ' },
      false,
      [
        ['accept', 'application/json'],
        ['odata-maxversion', '4.01'],
        ['if-match', '*'],
      ],
    ],
    [
      { free: 'Accept: */*\nx-own:  1 ' },
      false,
      [
        ['Accept', '*/*'],
        ['x-own', '1'],
      ],
    ],
  ])('of %j with body %s are %j', (switches, hasBody, expected) => {
    expect(headersOf({ ...noSwitches, ...switches }, hasBody)).toEqual(expected);
  });

  it('are no lines that are none', () => {
    expect(freeHeaders('no header\n: x\nna me: x\n\nname:\nother: a: b')).toEqual([
      ['name', ''],
      ['other', 'a: b'],
    ]);
  });
});
