import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { bindRead } from '../../../../test/support/bound-reads.js';
import { isSimpleRead } from './simple-read.js';

describe('a read of one row', () => {
  it.each([
    "works('a')",
    'settings',
    "works('a')/title",
    "works('a')/place/city",
    "works('a')/chapters(2)",
    "works('a')/chapters(2)/summary/text",
    "works('a')/test.library.Atlas",
    "works('a')?$select=title,place/city",
    "works('a')/chapters(2)?$expand=summary($select=text)",
  ])('of %s only takes values out of its document', (url) => {
    expect(isSimpleRead(bindRead(libraryModel, url))).toBe(true);
  });

  it.each([
    // A collection is looked through.
    'works',
    "works('a')/chapters",
    "works('a')/numbers",
    "works('a')/numbers/$count",
    "works('a')?$expand=chapters",
    "works('a')?$select=numbers($filter=$this gt 5)",
    // Another row is looked up.
    "works('a')/writer",
    "works('a')?$expand=writer",
    // Something is computed.
    "works('a')?$compute=length(title) as n",
    "works('a')?$select=place($compute=floor add 1 as n)",
    "works('a')/chapters(2)?$expand=summary($filter=text eq 'a')",
  ])('of %s does more', (url) => {
    expect(isSimpleRead(bindRead(libraryModel, url))).toBe(false);
  });
});
