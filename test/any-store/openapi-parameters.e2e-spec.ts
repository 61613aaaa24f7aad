import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { profiles } from '../../src/app.module.js';
import { library } from '../models/library.js';
import { TestApp } from '../support/test-app.js';

describe.each(Object.entries({ profiles, library }))('what operations of a model take: %s', (_, domain) => {
  let app: TestApp;
  let document: any;
  beforeAll(async () => {
    app = await TestApp.start({}, domain);
    document = (await app.get('/openapi.json', { as: null })).body;
  });
  afterAll(() => app.stop());

  it('is what is described, operation by operation', () => {
    const nameOf = (parameter: { $ref?: string; name?: string }): string =>
      parameter.$ref?.split('/').at(-1) ?? `{${parameter.name}}`;
    const taken = Object.entries<any>(document.paths).flatMap(([path, { parameters = [], ...item }]) =>
      Object.entries<any>(item).map(([method, operation]) => {
        const all = [...parameters, ...(operation.parameters ?? [])].map(nameOf);
        return `${method.toUpperCase()} ${path}: ${all.join(', ')}`;
      }),
    );
    expect(taken).toMatchSnapshot();
  });
});
