import type { FastifyInstance } from 'fastify';
import { batchPath, servicePath } from './protocol.js';

/** The routes of the application, to tell which methods a resource knows. */
export class RouteTable {
  readonly #methods = new Map<string, Set<string>>();

  /** Collects every route that is registered from now on, those with a wildcard left out. */
  constructor(instance: FastifyInstance) {
    instance.addHook('onRoute', ({ url, method }) => {
      if (url.includes('*')) return;
      const methods = this.#methods.get(url) ?? new Set();
      for (const name of [method].flat()) methods.add(name);
      this.#methods.set(url, methods);
    });
  }

  /** The methods that are registered for a path, sorted; none where no route matches it. */
  methodsOf(path: string): readonly string[] {
    const segments = path.split('/');
    const found = [...this.#methods].find(([pattern]) => matches(pattern.split('/'), segments));
    if (found === undefined) return [];
    // Whatever the model has can be read, through one route with a wildcard.
    const readable = path.startsWith(`${servicePath}/`) && path !== batchPath ? ['GET', 'HEAD'] : [];
    return [...new Set([...found[1], ...readable])].sort();
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => part === segments[index] || (part.startsWith(':') && segments[index] !== ''))
  );
}
