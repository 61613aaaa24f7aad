import type { FastifyInstance } from 'fastify';

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
    return [...(found?.[1] ?? [])].sort();
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => part === segments[index] || (part.startsWith(':') && segments[index] !== ''))
  );
}
