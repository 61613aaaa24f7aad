import { describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { createLogger } from './logging.js';

/** The line that is written of an object. */
function lineOf(object: object): string {
  const logger = createLogger('info');
  // pino names the stream of a logger by this symbol.
  const { streamSym } = pino.symbols as unknown as { readonly streamSym: symbol };
  const streams = logger as unknown as Record<symbol, { write: (line: string) => boolean }>;
  const stream = streams[streamSym]!;
  const written = jest.spyOn(stream, 'write').mockReturnValue(true);
  logger.info(object, 'said');
  const [line = ''] = written.mock.calls.at(-1) ?? [];
  written.mockRestore();
  return line;
}

describe('the log', () => {
  it.each([
    { req: { method: 'GET', headers: { authorization: 'Bearer secret' } } },
    { headers: { cookie: 'secret' } },
    { request: { method: 'GET', authorization: 'Bearer secret' } },
  ])('never has what authorizes: %j', (object) => {
    const line = lineOf(object);
    expect(JSON.parse(line)).toMatchObject({ msg: 'said' });
    expect(line).not.toMatch(/secret|authorization|headers/);
  });

  it('has what else there is', () => {
    expect(JSON.parse(lineOf({ req: { method: 'GET' }, status: 200 }))).toMatchObject({
      req: { method: 'GET' },
      status: 200,
    });
  });
});
