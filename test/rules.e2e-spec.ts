import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import type { Domain } from '../src/app.module.js';
import { profiles } from '../src/app.module.js';
import {
  type Creation,
  type EntityChange,
  EntityRules,
  ODataError,
  RulesFor,
  ServiceMetadata,
  type TypeClass,
} from '../src/odata/index.js';
import { addressedProperty, methodsOf, pathTemplate } from '../src/odata/operations/entity-address.js';
import { bindPath } from '../src/odata/protocol/query/bind-path.js';
import { requestContext } from '../src/odata/protocol/query/request-context.js';
import { parsePath } from '../src/odata/protocol/uri/parse-path.js';
import type { ResourceSegment } from '../src/odata/protocol/uri/syntax-tree.js';
import { DecoratedProfileConnection } from '../src/profiles/dto/decorated-profile-connection.dto.js';
import { DecoratedProfile } from '../src/profiles/dto/decorated-profile.dto.js';
import { library, libraryModel } from './models/library.js';
import { multipart, multipartAnswers } from './support/batches.js';
import { type Answer, TestApp } from './support/test-app.js';

const refusal = { code: 'ruleSaysNo', status: 403 };

/** What the rules do at the moment: the types that refuse, and whether they complete. */
const now = { refusing: new Set<string>(), completes: false };

/** Rules that refuse, or set one property: to the first value when an entity is made, to the second when it changes. */
function rulesFor(
  target: TypeClass,
  [property, made, changed]: readonly [string, unknown, unknown],
  readsEntity = false,
) {
  @Injectable()
  @RulesFor(target)
  class Rules extends EntityRules<object> {
    override readonly readsEntity = readsEntity;

    #heed(values: object | undefined, value: unknown): void {
      if (now.refusing.has(target.name))
        throw new ODataError(refusal, `No ${target.name} for you.`, { target: property });
      if (now.completes && values !== undefined) (values as Record<string, unknown>)[property] = value;
    }

    override beforeCreate({ entity }: Creation<object>): void {
      this.#heed(entity, made);
    }

    override beforeChange({ changes }: EntityChange<object>): void {
      this.#heed(changes, changed);
    }

    override beforeDelete(): void {
      this.#heed(undefined, undefined);
    }
  }
  return Rules;
}

function moduleOf(providers: ReturnType<typeof rulesFor>[]) {
  @Module({ providers })
  class RulesModule {}
  return RulesModule;
}

/** A request that changes something, and the types of whose entities the rules must be asked. */
interface Case {
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly asks: readonly string[];
  /** Where the rules must have completed: path of the value, and which. */
  readonly completes?: Readonly<Record<string, unknown>>;
}

const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };
const text = { 'content-type': 'text/plain' };

// -------------------------------------------------------------------------------------------------------- The product

const set = '/decoratedProfileConnections';
const a = `${set}/a`;
const connection = 'DecoratedProfileConnection';
const both = [connection, 'DecoratedProfile'];
const changedBoth = { [`${a}/relevanceScore`]: 43, [`${a}/profile/summary`]: 'changed' };
const changedConnection = { [`${a}/relevanceScore`]: 43 };
const delta = (...value: unknown[]): unknown => ({ '@context': '#$delta', value });

const ofProduct: readonly Case[] = [
  { method: 'POST', path: set, body: { id: 'n' }, asks: [connection], completes: { [`${set}/n/relevanceScore`]: 42 } },
  {
    method: 'POST',
    path: set,
    body: { id: 'n', profile: { headline: 'x' } },
    asks: both,
    completes: { [`${set}/n/relevanceScore`]: 42, [`${set}/n/profile/summary`]: 'made' },
  },
  { method: 'POST', path: `${set}/microsoft.graph.DecoratedProfileConnection`, body: { id: 'n' }, asks: [connection] },
  {
    method: 'PATCH',
    path: set,
    body: delta({ id: 'a', relevanceScore: 1 }),
    asks: [connection],
    completes: changedConnection,
  },
  { method: 'PATCH', path: set, body: delta({ relevanceScore: 1 }), asks: [connection] },
  {
    method: 'PATCH',
    path: set,
    body: delta({ id: 'n' }),
    asks: [connection],
    completes: { [`${set}/n/relevanceScore`]: 42 },
  },
  { method: 'PATCH', path: set, body: delta({ '@removed': { reason: 'deleted' }, id: 'a' }), asks: both },
  {
    method: 'PATCH',
    path: set,
    body: delta({ id: 'a', profile: { headline: 'x' } }),
    asks: both,
    completes: changedBoth,
  },
  {
    method: 'PUT',
    path: set,
    body: { value: [{ id: 'a', profile: { headline: 'x' } }, { id: 'n' }] },
    asks: both,
    completes: { ...changedBoth, [`${set}/n/relevanceScore`]: 42 },
  },
  { method: 'PUT', path: set, body: { value: [] }, asks: both },
  { method: 'PATCH', path: a, body: { relevanceScore: 1 }, asks: [connection], completes: changedConnection },
  {
    method: 'PATCH',
    path: `${set}('a')`,
    body: { relevanceScore: 1 },
    asks: [connection],
    completes: changedConnection,
  },
  { method: 'PATCH', path: `${set}(id='a')`, body: { relevanceScore: 1 }, asks: [connection] },
  { method: 'PATCH', path: a, body: { profile: { headline: 'x' } }, headers: v401, asks: both, completes: changedBoth },
  { method: 'PATCH', path: a, body: { profile: null }, headers: v401, asks: both },
  { method: 'PUT', path: a, body: { relevanceScore: 1 }, asks: [connection], completes: changedConnection },
  { method: 'PUT', path: a, body: { profile: { headline: 'x' } }, headers: v401, asks: both, completes: changedBoth },
  {
    method: 'PATCH',
    path: `${set}/n`,
    body: {},
    headers: { prefer: 'create-if-missing' },
    asks: [connection],
    completes: { [`${set}/n/relevanceScore`]: 42 },
  },
  { method: 'PUT', path: `${set}/n`, body: {}, headers: { 'if-none-match': '*' }, asks: [connection] },
  { method: 'PUT', path: `${set}/11`, body: {}, headers: { 'if-none-match': '*' }, asks: [connection] },
  { method: 'DELETE', path: a, asks: both },
  {
    method: 'PATCH',
    path: `${set}/$each`,
    body: { relevanceScore: 1 },
    asks: [connection],
    completes: changedConnection,
  },
  { method: 'PATCH', path: `${set}/$filter(id eq 'a')/$each`, body: { relevanceScore: 1 }, asks: [connection] },
  { method: 'PATCH', path: `${set}/microsoft.graph.DecoratedProfileConnection/$each`, body: {}, asks: [connection] },
  { method: 'DELETE', path: `${set}/$each`, asks: both },
  {
    method: 'PATCH',
    path: `${set}/$each`,
    body: { profile: { headline: 'x' } },
    headers: v401,
    asks: both,
    completes: changedBoth,
  },
  { method: 'DELETE', path: `${set}/$filter(id eq 'a')/$each`, asks: both },
  { method: 'PUT', path: `${a}/relevanceScore`, body: { value: 1 }, asks: [connection], completes: changedConnection },
  { method: 'PATCH', path: `${a}/relevanceScore`, body: { value: 1 }, asks: [connection] },
  { method: 'DELETE', path: `${a}/relevanceScore`, asks: [connection], completes: changedConnection },
  { method: 'PUT', path: `${a}/relevanceScore/$value`, body: '1', headers: text, asks: [connection] },
  { method: 'DELETE', path: `${a}/relevanceScore/$value`, asks: [connection] },
  { method: 'PATCH', path: `${a}/profile`, body: { headline: 'x' }, asks: both, completes: changedBoth },
  {
    method: 'PATCH',
    path: `${set}('a')/profile`,
    body: { locale: { language: 'x' } },
    asks: both,
    completes: changedBoth,
  },
  { method: 'PATCH', path: `${a}/microsoft.graph.DecoratedProfileConnection/profile`, body: {}, asks: both },
  {
    method: 'PATCH',
    path: `${set}/bare/profile`,
    body: {},
    asks: both,
    completes: { [`${set}/bare/profile/summary`]: 'made' },
  },
  { method: 'PUT', path: `${a}/profile`, body: { headline: 'x' }, asks: both, completes: changedBoth },
  {
    method: 'PUT',
    path: `${set}/bare/profile`,
    body: {},
    asks: both,
    completes: { [`${set}/bare/profile/summary`]: 'made' },
  },
  { method: 'DELETE', path: `${a}/profile`, asks: both },
  { method: 'PUT', path: `${a}/profile/headline`, body: { value: 'x' }, asks: both, completes: changedBoth },
  { method: 'PATCH', path: `${a}/profile/headline`, body: { value: 'x' }, asks: both, completes: changedBoth },
  { method: 'DELETE', path: `${a}/profile/headline`, asks: both, completes: changedBoth },
  { method: 'PUT', path: `${a}/profile/headline/$value`, body: 'x', headers: text, asks: both, completes: changedBoth },
  { method: 'DELETE', path: `${a}/profile/headline/$value`, asks: both },
  { method: 'PUT', path: `${a}/profile/locale`, body: { language: 'x' }, asks: both, completes: changedBoth },
  { method: 'PATCH', path: `${a}/profile/locale`, body: { language: 'x' }, asks: both, completes: changedBoth },
  { method: 'DELETE', path: `${a}/profile/locale`, asks: both },
  { method: 'PUT', path: `${a}/profile/locale/country`, body: { value: 'x' }, asks: both, completes: changedBoth },
  { method: 'POST', path: `${a}/profile/skills`, body: { value: 'x' }, asks: both, completes: changedBoth },
  { method: 'POST', path: `${a}/profile/skills?$index=0`, body: { value: 'x' }, asks: both },
  { method: 'PUT', path: `${a}/profile/skills`, body: { value: ['x'] }, asks: both, completes: changedBoth },
  { method: 'DELETE', path: `${a}/profile/skills`, asks: both },
  { method: 'PUT', path: `${a}/profile/skills/0`, body: { value: 'x' }, asks: both, completes: changedBoth },
  { method: 'DELETE', path: `${a}/profile/skills/-1`, asks: both, completes: changedBoth },
  { method: 'PATCH', path: `${a}/profile/skills/$each`, body: { value: 'x' }, asks: both, completes: changedBoth },
  { method: 'DELETE', path: `${a}/profile/skills/$filter(true)/$each`, asks: both },
  { method: 'POST', path: `${a}/profile/phoneNumbers`, body: { number: '1' }, asks: both, completes: changedBoth },
];

const product: Domain = {
  ...profiles,
  modules: [
    ...profiles.modules,
    moduleOf([
      rulesFor(DecoratedProfileConnection, ['relevanceScore', 42, 43]),
      rulesFor(DecoratedProfile, ['summary', 'made', 'changed'], true),
    ]),
  ],
};

// ------------------------------------------------------------------------------------------- A model without a module

const classOf = (name: string): TypeClass => libraryModel.entityTypes.get(name)!.class;
const w = "/works('w')";
const chapter = `${w}/chapters(1)`;
const ofWork = ['Work'];
const ofChapter = ['Work', 'Chapter'];
const workIs2 = { [`${w}/rating`]: 2 };
const chapterIs2 = { ...workIs2, [`${chapter}/pages`]: 200 };
const author = { '@id': "authors('b')" };

const ofLibrary: readonly Case[] = [
  { method: 'POST', path: '/works', body: { code: 'n' }, asks: ofWork, completes: { "/works('n')/rating": 1 } },
  {
    method: 'POST',
    path: '/works',
    body: { code: 'n', chapters: [{ number: 1, remarks: [{ id: 'r' }], summary: { text: 't' } }] },
    asks: [...ofChapter, 'Remark', 'Summary'],
    completes: { "/works('n')/chapters(1)/pages": 100, "/works('n')/chapters(1)/remarks('r')/text": 'made' },
  },
  {
    method: 'POST',
    path: '/works',
    body: { code: 'n', writer: { id: 'n', name: 'N' } },
    asks: ['Work', 'Author'],
    completes: { "/authors('n')/born": '2000-01-01' },
  },
  {
    method: 'POST',
    path: '/works/test.library.Book',
    body: { code: 'n' },
    asks: ofWork,
    completes: { "/works('n')/rating": 1 },
  },
  { method: 'PATCH', path: '/works', body: delta({ code: 'w', title: 'x' }), asks: ofWork, completes: workIs2 },
  {
    method: 'PATCH',
    path: '/works',
    body: delta({ '@context': '#works/$link', source: "works('w')", relationship: 'writers', target: "authors('b')" }),
    asks: ofWork,
    completes: workIs2,
  },
  {
    method: 'PATCH',
    path: '/works',
    body: delta({
      '@context': '#works/$deletedLink',
      source: "works('w')",
      relationship: 'writers',
      target: "authors('a')",
    }),
    asks: ofWork,
  },
  { method: 'PATCH', path: w, body: { title: 'x' }, asks: ofWork, completes: workIs2 },
  { method: 'PATCH', path: w, body: { 'writer@odata.bind': "authors('b')" }, asks: ofWork, completes: workIs2 },
  { method: 'PATCH', path: w, body: { writer: { id: 'a', name: 'x' } }, headers: v401, asks: ['Work', 'Author'] },
  {
    method: 'PATCH',
    path: w,
    body: { chapters: [{ number: 2 }] },
    headers: v401,
    asks: [...ofChapter, 'Remark', 'Summary'],
  },
  {
    method: 'PATCH',
    path: w,
    body: { 'chapters@delta': [{ number: 1, title: 'x' }, { number: 5 }] },
    headers: v401,
    asks: ofChapter,
    completes: { ...chapterIs2, [`${w}/chapters(5)/pages`]: 100 },
  },
  {
    method: 'PATCH',
    path: w,
    body: { 'chapters@delta': [{ '@removed': { reason: 'deleted' }, number: 1 }] },
    headers: v401,
    asks: [...ofChapter, 'Remark', 'Summary'],
  },
  {
    method: 'PATCH',
    path: w,
    body: { 'writers@delta': [{ '@removed': { reason: 'deleted' }, id: 'a' }] },
    headers: v401,
    asks: ['Work', 'Author'],
  },
  {
    method: 'PUT',
    path: `${w}/chapters`,
    body: { value: [{ number: 1, title: 'x' }, { number: 5 }] },
    asks: ofChapter,
    completes: { ...chapterIs2, [`${w}/chapters(5)/pages`]: 100 },
  },
  { method: 'PATCH', path: `${w}/chapters/$each`, body: { title: 'x' }, asks: ofChapter, completes: chapterIs2 },
  { method: 'DELETE', path: `${w}/chapters/$each`, asks: [...ofChapter, 'Remark', 'Summary'] },
  { method: 'PATCH', path: `${w}/writers/$each`, body: { name: 'x' }, asks: ['Author'] },
  { method: 'PUT', path: '/works', body: { value: [{ code: 'w' }] }, asks: ofWork, completes: workIs2 },
  { method: 'PUT', path: `${chapter}/remarks`, body: { value: [{ id: 'r' }] }, asks: [...ofChapter, 'Remark'] },
  { method: 'PATCH', path: `${chapter}/remarks`, body: delta({ id: 'r' }), asks: [...ofChapter, 'Remark'] },
  { method: 'PUT', path: `${w}/chapters`, body: { value: [] }, asks: [...ofChapter, 'Remark', 'Summary'] },
  {
    method: 'PATCH',
    path: `${w}/chapters`,
    body: delta({ number: 1, title: 'x' }, { number: 5 }),
    asks: ofChapter,
    completes: { ...chapterIs2, [`${w}/chapters(5)/pages`]: 100 },
  },
  { method: 'PUT', path: `${w}/writers`, body: { value: [author, { id: 'a', name: 'x' }] }, asks: ['Work', 'Author'] },
  { method: 'PATCH', path: `${w}/writers`, body: delta(author), asks: ofWork, completes: workIs2 },
  { method: 'PUT', path: w, body: { title: 'x' }, asks: ofWork, completes: workIs2 },
  { method: 'DELETE', path: w, asks: [...ofChapter, 'Remark', 'Summary'] },
  {
    method: 'PATCH',
    path: '/works/test.library.Map/$each',
    body: { scale: 2 },
    asks: ofWork,
    completes: { "/works('m')/rating": 2 },
  },
  {
    method: 'PATCH',
    path: "/works/$filter(code eq 'w')/$each",
    body: { title: 'x' },
    asks: ofWork,
    completes: workIs2,
  },
  { method: 'DELETE', path: "/works/$filter(code eq 'w')/$each", asks: [...ofChapter, 'Remark', 'Summary'] },
  {
    method: 'POST',
    path: `${w}/chapters`,
    body: { number: 9 },
    asks: ofChapter,
    completes: { ...workIs2, [`${w}/chapters(9)/pages`]: 100 },
  },
  { method: 'PATCH', path: chapter, body: { title: 'x' }, asks: ofChapter, completes: chapterIs2 },
  { method: 'PUT', path: chapter, body: { title: 'x' }, asks: ofChapter, completes: chapterIs2 },
  {
    method: 'PATCH',
    path: `${w}/chapters(7)`,
    body: {},
    headers: { prefer: 'create-if-missing' },
    asks: ofChapter,
    completes: { [`${w}/chapters(7)/pages`]: 100 },
  },
  { method: 'DELETE', path: chapter, asks: [...ofChapter, 'Remark', 'Summary'] },
  { method: 'PUT', path: `${chapter}/title`, body: { value: 'x' }, asks: ofChapter, completes: chapterIs2 },
  { method: 'POST', path: `${chapter}/words`, body: { value: 'x' }, asks: ofChapter, completes: chapterIs2 },
  {
    method: 'POST',
    path: `${chapter}/remarks`,
    body: { id: 'x' },
    asks: [...ofChapter, 'Remark'],
    completes: { [`${chapter}/remarks('x')/text`]: 'made' },
  },
  {
    method: 'PATCH',
    path: `${chapter}/remarks('r')`,
    body: { text: 'x' },
    asks: [...ofChapter, 'Remark'],
    completes: { ...chapterIs2, [`${chapter}/remarks('r')/text`]: 'changed' },
  },
  { method: 'PUT', path: `${chapter}/remarks('r')`, body: {}, asks: [...ofChapter, 'Remark'] },
  { method: 'DELETE', path: `${chapter}/remarks('r')`, asks: [...ofChapter, 'Remark'] },
  {
    method: 'PATCH',
    path: `${chapter}/summary`,
    body: { text: 'x' },
    asks: [...ofChapter, 'Summary'],
    completes: { [`${chapter}/summary/text`]: 'changed' },
  },
  { method: 'PUT', path: `${chapter}/summary`, body: {}, asks: [...ofChapter, 'Summary'] },
  {
    method: 'PATCH',
    path: `${w}/chapters(2)/summary`,
    body: {},
    asks: [...ofChapter, 'Summary'],
    completes: { [`${w}/chapters(2)/summary/text`]: 'made' },
  },
  { method: 'DELETE', path: `${chapter}/summary`, asks: [...ofChapter, 'Summary'] },
  { method: 'PUT', path: `${w}/writer/$ref`, body: author, asks: ofWork, completes: workIs2 },
  { method: 'DELETE', path: `${w}/writer/$ref`, asks: ofWork, completes: workIs2 },
  { method: 'POST', path: `${w}/writers/$ref`, body: author, asks: ofWork, completes: workIs2 },
  { method: 'PUT', path: `${w}/writers/$ref`, body: { value: [author] }, asks: ofWork },
  { method: 'DELETE', path: `${w}/writers/$ref?$id=authors('a')`, asks: ofWork },
  { method: 'DELETE', path: `${w}/writers('a')/$ref`, asks: ofWork },
  { method: 'PUT', path: `${chapter}/editor/$ref`, body: author, asks: ofChapter, completes: chapterIs2 },
  {
    method: 'POST',
    path: `${w}/writers`,
    body: { id: 'x' },
    asks: ['Work', 'Author'],
    completes: { ...workIs2, "/authors('x')/born": '2000-01-01' },
  },
  {
    method: 'PATCH',
    path: `${w}/writer`,
    body: { name: 'x' },
    asks: ['Author'],
    completes: { "/authors('a')/born": '2001-01-01' },
  },
  { method: 'PATCH', path: `${w}/writers('a')`, body: { name: 'x' }, asks: ['Author'] },
  { method: 'DELETE', path: `${w}/writer`, asks: ['Author'] },
  { method: 'DELETE', path: "/authors('b')", asks: ['Author'] },
  {
    method: 'PATCH',
    path: '/settings',
    body: { lendingTime: 'PT1S' },
    asks: ['Settings'],
    completes: { '/settings/lendingTime': 'PT2H' },
  },
  { method: 'PUT', path: '/settings', body: {}, asks: ['Settings'], completes: { '/settings/lendingTime': 'PT2H' } },
  {
    method: 'PUT',
    path: '/settings/seat/city',
    body: { value: 'x' },
    asks: ['Settings'],
    completes: { '/settings/lendingTime': 'PT2H' },
  },
  {
    method: 'PATCH',
    path: "/bookings(room='r',day=2020-01-01)",
    body: { by: 'x' },
    asks: ['Booking'],
    completes: { "/bookings(room='r',day=2020-01-01)/seats": 9 },
  },
  {
    method: 'PATCH',
    path: '/events(00000000-0000-0000-0000-000000000001)',
    body: { more: 1 },
    asks: ['Event'],
    completes: { '/events(00000000-0000-0000-0000-000000000001)/name': 'changed' },
  },
];

const libraryWithRules: Domain = {
  ...library,
  sets: {
    settings: { seed: { tenant: 'contoso', owner: 'ann', entities: [{ name: 's', seat: { city: 'c' } }] } },
  },
  modules: [
    moduleOf([
      rulesFor(classOf('Work'), ['rating', 1, 2]),
      rulesFor(classOf('Chapter'), ['pages', 100, 200], true),
      rulesFor(classOf('Remark'), ['text', 'made', 'changed']),
      rulesFor(classOf('Summary'), ['text', 'made', 'changed']),
      rulesFor(classOf('Author'), ['born', '2000-01-01', '2001-01-01']),
      rulesFor(classOf('Settings'), ['lendingTime', 'PT1H', 'PT2H']),
      rulesFor(classOf('Booking'), ['seats', 8, 9]),
      rulesFor(classOf('Event'), ['name', 'made', 'changed'], true),
    ]),
  ],
};

// ----------------------------------------------------------------------------------------------------------- Containers

const typed = (one: Case): Record<string, string> => ({
  ...(one.body === undefined || one.headers?.['content-type'] ? {} : { 'content-type': 'application/json' }),
  ...one.headers,
});
const encoded = (path: string): string => encodeURI(path);

/** Ways of a request to the service; each gives its status and its text. */
const containers: Readonly<Record<string, (app: TestApp, one: Case) => Promise<{ status: number; text: string }>>> = {
  alone: async (app, one) => app.request(one.method, encoded(one.path), { body: one.body, headers: typed(one) }),
  'in a batch in JSON': (app, one) => inJson(app, one, {}),
  'in an atomicity group': (app, one) => inJson(app, one, { atomicityGroup: 'g' }),
  'in a multipart batch': (app, one) => inMultipart(app, one, false),
  'in a change set': (app, one) => inMultipart(app, one, true),
  later: async (app, one) => {
    const prefer = [one.headers?.prefer, 'respond-async', 'wait=20'].filter((part) => part !== undefined).join(',');
    return app.request(one.method, encoded(one.path), { body: one.body, headers: { ...typed(one), prefer } });
  },
};

/** Those that a store knows of: what comes alone is a transaction by itself, a group has a rule amid one. */
const ofTheStore = ['alone', 'in an atomicity group'];
/**
 * Containers hold a request, whatever it asks and wherever it is stored: it comes in each once, with the last of the types
 * that it asks, on one of the stores.
 */
const everyContainer = globalThis.testStore === 'sqlite' ? Object.keys(containers) : ofTheStore;

async function inJson(app: TestApp, { method, path, body, headers }: Case, group: object) {
  const content = body === undefined ? {} : { body };
  const type = body === undefined ? {} : { 'content-type': headers?.['content-type'] ?? 'application/json' };
  const request = {
    id: '1',
    method,
    url: encoded(path).slice(1),
    headers: { ...type, ...headers },
    ...content,
    ...group,
  };
  const answer = await app.post('/$batch', { requests: [request] });
  const [one] = answer.body?.responses ?? [];
  return { status: one?.status ?? answer.status, text: answer.text };
}

async function inMultipart(app: TestApp, one: Case, isSet: boolean) {
  const isText = one.headers?.['content-type'] !== undefined;
  const headers = isText ? typed(one) : (one.headers ?? {});
  const part = { method: one.method, url: encoded(one.path).slice(1), headers, body: one.body, id: '1' };
  const answer = await app.request('POST', '/$batch', {
    headers: { 'content-type': 'multipart/mixed; boundary=batch_1' },
    body: multipart([isSet ? [part] : part]),
  });
  const [first] = answer.status === 200 ? multipartAnswers(answer) : [];
  const found = Array.isArray(first) ? first[0] : first;
  return { status: found?.status ?? answer.status, text: answer.text };
}

// ----------------------------------------------------------------------------------------------------------- What holds

/** Every kind of segment of the grammar of URLs: one that is added is missing here, and does not compile. */
const segments: Readonly<Record<ResourceSegment['kind'], string>> = {
  name: 'modified',
  key: 'modified',
  keyPath: 'modified',
  filter: 'modified',
  each: 'modified',
  ref: 'modified',
  value: 'modified',
  // A key of several parts looks like a call.
  call: 'modified',
  compoundKey: 'is read as a call',
  count: 'a number is read',
  crossjoin: 'not there',
  all: 'not there',
  root: 'stands in expressions',
  query: 'not there',
  entity: 'is read',
  metadata: 'is read',
  batch: 'is a container here',
};

interface Fixture {
  readonly domain: Domain;
  readonly cases: readonly Case[];
  readonly reset: (app: TestApp) => Promise<void>;
  /** Everything that is stored, with every version. */
  readonly state: (app: TestApp) => Promise<string>;
}

/** Sends changes as one atomicity group: all of them are done. */
async function changeAll(app: TestApp, changes: readonly (readonly [method: string, url: string, body?: object])[]) {
  const requests = changes.map(([method, url, body], at) => ({
    id: String(at),
    atomicityGroup: 'g',
    method,
    url,
    ...(body === undefined ? {} : { body }),
  }));
  const { body } = await app.post('/$batch', { requests });
  expect(body.responses.filter(({ status }: Answer) => status >= 300)).toEqual([]);
}

async function texts(app: TestApp, ...paths: string[]): Promise<string> {
  const answers = await Promise.all(paths.map((path) => app.get(path)));
  expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
  return answers.map((answer) => answer.text).join('\n');
}

const fixtures: Readonly<Record<string, Fixture>> = {
  'the product': {
    domain: product,
    cases: ofProduct,
    reset: async (app) => {
      const connections = set.slice(1);
      const profile = { headline: 'h', skills: ['s'], locale: { language: 'en', country: 'GB' }, summary: '' };
      await changeAll(app, [
        ['DELETE', `${connections}/$each`],
        ['POST', connections, { id: 'a', relevanceScore: 0, profile }],
        ['POST', connections, { id: 'bare', relevanceScore: 0 }],
      ]);
    },
    state: (app) => texts(app, `${set}?$expand=profile`),
  },
  'a model without a module': {
    domain: libraryWithRules,
    cases: ofLibrary,
    reset: async (app) => {
      const inside = { remarks: [{ id: 'r' }], summary: { text: '' } };
      const chapters = [{ number: 1, title: 't', words: ['w'], ...inside }, { number: 2 }];
      const links = { 'writer@odata.bind': "authors('a')", 'writers@odata.bind': ["authors('a')"] };
      await changeAll(app, [
        ...['works', 'authors', 'bookings', 'events'].map((name) => ['DELETE', `${name}/$each`] as const),
        ...['a', 'b'].map((id) => ['POST', 'authors', { id }] as const),
        ['POST', 'works', { code: 'w', title: 't', chapters, ...links }],
        ['POST', 'works', { '@odata.type': '#test.library.Map', code: 'm', scale: 1 }],
        ['POST', 'bookings', { room: 'r', day: '2020-01-01', seats: 1 }],
        ['POST', 'events', { token: '00000000-0000-0000-0000-000000000001', name: 'e' }],
        ['PATCH', 'settings', { lendingTime: 'PT0S', seat: { city: 'c' } }],
      ]);
    },
    state: (app) =>
      texts(
        app,
        '/works?$expand=writer/$ref,writers/$ref,chapters($expand=remarks,summary,editor/$ref)',
        ...['/authors', '/settings', '/bookings', '/events'],
      ),
  },
};

describe.each(Object.entries(fixtures))('rules of entities, in %s', (_, { domain, cases, reset, state }) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, domain);
    await reset(app);
  });
  afterAll(async () => {
    now.refusing.clear();
    await app.stop();
  });

  const bound = ({ path }: Case) =>
    bindPath(parsePath(encoded(path.slice(1).split('?', 1)[0]!)), requestContext(domain.model));

  it('are tried at every place where the service modifies, and at every kind of segment', () => {
    const tried = new Set(cases.map((one) => `${one.method} ${pathTemplate(bound(one)).join('/')}`));
    const described = app.provided(ServiceMetadata).description.modifications;
    // Of the library one set of a kind is enough.
    const known = described.filter(
      ({ path: [root = ''] }) => domain === product || root === 'works' || root === 'settings',
    );
    const missing = known.map(({ method, path }) => `${method} ${path.join('/')}`).filter((one) => !tried.has(one));
    expect(missing).toEqual([]);
    const kinds = Object.values(fixtures)
      .flatMap((fixture) => fixture.cases)
      .flatMap(({ path }) => parsePath(encoded(path.slice(1).split('?', 1)[0]!)).segments.map(({ kind }) => kind));
    const expected = Object.keys(segments).filter((kind) => segments[kind as ResourceSegment['kind']] === 'modified');
    expect(expected.filter((kind) => !new Set<string>(kinds).has(kind))).toEqual([]);
  });

  it('are tried with every method of every kind of property', () => {
    const all = Object.values(fixtures).flatMap(({ domain: { model }, cases: of }) =>
      of.flatMap((one) => {
        const found = addressedProperty(
          bindPath(parsePath(encoded(one.path.slice(1).split('?', 1)[0]!)), requestContext(model)),
        );
        if (found === undefined) return [];
        const { place, isRaw } = found;
        const kind = `${isRaw ? 'raw ' : ''}${place.property.collection ? 'collection' : place.property.type.kind}`;
        return [{ kind, method: one.method, methods: methodsOf(found).filter((method) => !/GET|HEAD/.test(method)) }];
      }),
    );
    for (const { kind, methods } of all) {
      const tried = new Set(all.filter((one) => one.kind === kind).map(({ method }) => method as string));
      expect([kind, methods.filter((method) => !tried.has(method))]).toEqual([kind, []]);
    }
  });

  const refused = cases.flatMap((one) => one.asks.map((type) => [one.method, one.path, type, one] as const));

  it.each(refused)(
    'refuse %s %s, those of %s, and nothing is changed, whatever container it comes in',
    async (...[, , type, one]) => {
      const before = await state(app);
      now.refusing.add(type);
      for (const name of type === one.asks.at(-1) ? everyContainer : ofTheStore) {
        const send = containers[name]!;
        const { status, text: answered } = await send(app, one);
        expect([name, status, answered.includes(refusal.code)]).toEqual([name, 403, true]);
      }
      now.refusing.clear();
      expect(await state(app)).toBe(before);
    },
  );

  const completed = cases
    .filter(({ completes }) => completes !== undefined)
    .map((one) => [one.method, one.path, one] as const);

  it.each(completed)('complete %s %s', async (...[, , one]) => {
    for (const name of ['alone', 'in an atomicity group']) {
      const send = containers[name]!;
      await reset(app);
      now.completes = true;
      const { status, text: answered } = await send(app, one);
      now.completes = false;
      expect([name, [200, 201, 204].includes(status), answered]).toEqual([name, true, answered]);
      for (const [path, value] of Object.entries(one.completes!)) {
        const found: Answer = await app.get(encoded(path));
        expect([name, path, found.body?.value]).toEqual([name, path, value]);
      }
    }
  });
});
