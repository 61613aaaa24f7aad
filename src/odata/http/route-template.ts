import type { EntityType, Model } from '../protocol/edm/model.js';

/** Navigation properties in a row at most: models may lead in circles. */
const mostSteps = 4;

const systemSegment = /^\$(count|ref|value|each|filter|search|orderby)\b/;
const keyAt = /\(|%28/;

/** What stands before paths that only the model can read, and before those of which a part is asked by a body. */
const before: ReadonlySet<string | undefined> = new Set(['$each', '$query']);

/**
 * The template of a path of the model, `set/{key}/navigation/{property}/$value`: keys, types, properties and whatever is not
 * the model's own have names in the place of values. There are a few for each set and contained entity, whatever clients ask
 * for.
 * @param path behind the service root, keys as segments
 */
export function templateOf(model: Model, path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const asksByBody = segments[0] === '$query';
  if (before.has(segments[0])) segments.shift();
  const [rootName = '', rootKey] = (segments.shift() ?? '').split(keyAt);
  const set = model.entitySets.get(rootName) ?? model.singletons.get(rootName);
  if (set === undefined) return '{path}';
  const walk = new Walk(rootName, set.type, set.isSingleton !== true);
  if (rootKey !== undefined) walk.key();
  for (const segment of segments) walk.step(segment);
  return asksByBody ? `${walk.template}/$query` : walk.template;
}

/** Walks along a path. */
class Walk {
  #text: string;
  #type: EntityType | undefined;
  #takesKey: boolean;
  #steps = 0;
  #system = '';

  constructor(name: string, type: EntityType, isCollection: boolean) {
    this.#text = name;
    this.#type = type;
    this.#takesKey = isCollection;
  }

  get template(): string {
    return this.#text + this.#system;
  }

  key(): void {
    if (this.#takesKey) this.#text += '/{key}';
    this.#takesKey = false;
  }

  step(segment: string): void {
    const system = systemSegment.exec(segment);
    if (system !== null) {
      this.#system = `/$${system[1]}`;
      return;
    }
    const [name = '', key] = segment.split(keyAt);
    // A type says nothing of where it is.
    if (this.#type === undefined || name.includes('.')) return;
    const navigation = this.#type.navigation.get(name);
    if (this.#takesKey && key === undefined) {
      if (name === 'delta') this.#system = '/delta';
      else this.key();
    } else if (navigation !== undefined && this.#steps < mostSteps) {
      this.#steps += 1;
      this.#text += `/${name}`;
      [this.#type, this.#takesKey] = [navigation.type, navigation.collection];
      if (key !== undefined) this.key();
    } else this.#leave();
  }

  /** Behind a property everything is the property's. */
  #leave(): void {
    this.#text += '/{property}';
    this.#type = undefined;
  }
}
