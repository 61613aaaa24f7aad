import type { FastifyInstance } from 'fastify';

/** The routes of the application, to tell which methods a resource knows. */
export class RouteTable {
  readonly #methods = new Map<string, Set<string>>();

  /**
   * Collects every route that is registered from now on, those with a wildcard left out.
   * @param root path of the service root
   */
  constructor(
    instance: FastifyInstance,
    private readonly root: string,
  ) {
    instance.addHook('onRoute', ({ url, method }) => {
      if (url.includes('*')) return;
      const methods = this.#methods.get(url) ?? new Set();
      for (const name of [method].flat()) methods.add(name);
      this.#methods.set(url, methods);
    });
  }

  /**
   * The methods that are registered for a path, sorted; none where no route matches it.
   * @param path keys as segments
   */
  methodsOf(path: string): readonly string[] {
    const segments = (path.length > 1 ? path.replace(/\/$/, '') : path).split('/');
    const found = [...this.#methods].find(([pattern]) => matches(pattern.split('/'), segments));
    return found === undefined ? [] : [...found[1]].sort();
  }

  /** Whether a path has handlers of its own, and is nothing that a model has. */
  isFixed(path: string): boolean {
    return path === this.root || [...this.#methods.keys()].some((one) => one === path.replace(/\/$/, ''));
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => part === segments[index] || (part.startsWith(':') && segments[index] !== ''))
  );
}
