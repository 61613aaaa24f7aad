import { describe, expect, it } from '@jest/globals';
import { parsePreferences, type Preferences } from './preferences.js';

const nothing: Preferences = { omitNulls: false, respondAsync: false, createIfMissing: false };

describe('parsePreferences', () => {
  it.each([undefined, '', ' , ', 'unknown', 'unknown=1;return=minimal', 'x="return=minimal"'])(
    'knows none in %j',
    (header) => {
      expect(parsePreferences(header)).toEqual(nothing);
    },
  );

  it.each<[header: string, known: Partial<Preferences>]>([
    ['return=minimal', { return: 'minimal' }],
    ['return=representation', { return: 'representation' }],
    ['Return = "Minimal"', { return: 'minimal' }],
    ['return=minimal; x=1', { return: 'minimal' }],
    ['return', {}],
    ['return=other', {}],
    ['return=minimal,return=representation', { return: 'minimal' }],
    ['return=representation,RETURN=minimal', { return: 'representation' }],
    // The first counts, even where nothing is known of what it asks for.
    ['return=other,return=minimal', {}],
    ['omit-values=nulls', { omitNulls: true }],
    ['OMIT-VALUES="NULLS"', { omitNulls: true }],
    ['omit-values=defaults', {}],
    ['omit-values', {}],
    ['respond-async', { respondAsync: true }],
    ['Respond-Async', { respondAsync: true }],
    ['respond-async;x=1', { respondAsync: true }],
    ['create-if-missing', { createIfMissing: true }],
    ['continue-on-error', { continueOnError: true }],
    ['continue-on-error=true', { continueOnError: true }],
    ['continue-on-error=false', { continueOnError: false }],
    ['continue-on-error="FALSE"', { continueOnError: false }],
    ['odata.continue-on-error', { continueOnError: true }],
    ['odata.continue-on-error=false', { continueOnError: false }],
    ['continue-on-error=false,continue-on-error', { continueOnError: false }],
    // The name without prefix is that of 4.01.
    ['odata.continue-on-error,continue-on-error=false', { continueOnError: false }],
    ['continue-on-error,continue-on-error=false', { continueOnError: true }],
    ['track-changes', { trackChanges: 'track-changes' }],
    ['odata.track-changes', { trackChanges: 'odata.track-changes' }],
    ['odata.track-changes,track-changes', { trackChanges: 'track-changes' }],
    [
      'return=minimal, respond-async, wait=5, maxpagesize=2, omit-values=nulls',
      {
        return: 'minimal',
        respondAsync: true,
        wait: 5,
        maxPageSize: { size: 2, name: 'maxpagesize' },
        omitNulls: true,
      },
    ],
  ])('reads %j', (header, known) => {
    expect(parsePreferences(header)).toEqual({ ...nothing, ...known });
  });

  it.each([
    ['1', 1],
    ['20', 20],
    ['"20"', 20],
    ['999999999', 999_999_999],
  ])('a page of %s items is asked for in either spelling', (text, size) => {
    expect(parsePreferences(`maxpagesize=${text}`).maxPageSize).toEqual({ size, name: 'maxpagesize' });
    expect(parsePreferences(`odata.maxpagesize=${text}`).maxPageSize).toEqual({ size, name: 'odata.maxpagesize' });
  });

  it.each(['', '0', '00', '01', '-1', '+1', '1.5', '1e3', 'x', '1x', '"1 "', '1000000000'])(
    'a page of %j items is not asked for',
    (text) => {
      expect(parsePreferences(`maxpagesize=${text}`)).toEqual(nothing);
    },
  );

  it.each([
    ['maxpagesize=5,odata.maxpagesize=6', 5, 'maxpagesize'],
    ['odata.maxpagesize=6,maxpagesize=5', 5, 'maxpagesize'],
    ['maxpagesize=5,maxpagesize=6', 5, 'maxpagesize'],
    ['odata.maxpagesize=6,odata.maxpagesize=5', 6, 'odata.maxpagesize'],
    ['MaxPageSize=5', 5, 'maxpagesize'],
  ])('of several page sizes one counts: %s', (header, size, name) => {
    expect(parsePreferences(header).maxPageSize).toEqual({ size, name });
  });

  it.each([
    ['0', 0],
    ['10', 10],
    ['"10"', 10],
    ['007', 7],
    ['999999', 999_999],
  ])('wait=%s is read', (text, wait) => {
    expect(parsePreferences(`wait=${text}`)).toEqual({ ...nothing, wait });
  });

  it.each(['', '-1', '1.5', 'x', '1s', '1000000'])('wait=%s is ignored', (text) => {
    expect(parsePreferences(`wait=${text}`)).toEqual(nothing);
  });

  it('the first of several times to wait counts', () => {
    expect(parsePreferences('wait=1,wait=2').wait).toBe(1);
    expect(parsePreferences('wait=x,wait=2').wait).toBeUndefined();
  });
});
