/**
 * The model of the service, as far as the page needs it, out of its metadata document (OData CSDL JSON 4.01).
 *
 * @typedef {{ name: string, type: string, collection: boolean, navigation: boolean, description: string }} Property
 * @typedef {{ name: string, properties: Map<string, Property>, key: string[] }} StructuredType
 * @typedef {{ name: string, type: string, set: boolean }} Root
 * @typedef {{
 *   roots: Root[],
 *   types: Map<string, StructuredType>,
 *   enums: Map<string, Map<string, string>>,
 *   functions: string[],
 * }} Model
 * @typedef {{ type: string, collection: boolean }} Typed what a path leads to
 */

/** @typedef {Record<string, any>} Json */

/**
 * @param {Json} object
 * @returns {[string, any][]} its members that are no annotations and no keywords
 */
const membersOf = (object) => Object.entries(object).filter(([name]) => !name.startsWith('$') && !name.includes('@'));

/**
 * @param {Json} declared
 * @returns {StructuredType}
 */
function structured(declared, /** @type {string} */ name) {
  /** @type {[string, Property][]} */
  const properties = membersOf(declared).map(([property, { $Kind, $Type = 'Edm.String', $Collection, ...rest }]) => [
    property,
    {
      name: property,
      type: $Type,
      collection: $Collection === true,
      navigation: $Kind === 'NavigationProperty',
      description: rest['@Core.Description'] ?? '',
    },
  ]);
  return { name, properties: new Map(properties), key: declared.$Key ?? [] };
}

/**
 * @param {Json} csdl a metadata document in JSON
 * @returns {Model}
 */
export function readModel(csdl) {
  /** @type {Model} */
  const model = { roots: [], types: new Map(), enums: new Map(), functions: [] };
  /** @type {Map<string, string>} */
  const bases = new Map();
  for (const [namespace, schema] of membersOf(csdl)) {
    for (const [name, declared] of membersOf(schema)) {
      const qualified = `${namespace}.${name}`;
      if (declared.$Kind === 'EntityContainer') {
        model.functions = declared['@Capabilities.FilterFunctions'] ?? [];
        for (const [root, { $Type, $Collection }] of membersOf(declared)) {
          model.roots.push({ name: root, type: $Type, set: $Collection === true });
        }
      } else if (declared.$Kind === 'EnumType') {
        const described = membersOf(declared).map(([member]) => [member, declared[`${member}@Core.Description`] ?? '']);
        model.enums.set(qualified, new Map(/** @type {[string, string][]} */ (described)));
      } else {
        model.types.set(qualified, structured(declared, qualified));
        if (declared.$BaseType !== undefined) bases.set(qualified, declared.$BaseType);
      }
    }
  }
  for (const type of model.types.values()) inherit(model, bases, type);
  return model;
}

/** @param {Model} model @param {Map<string, string>} bases @param {StructuredType} type */
function inherit(model, bases, type) {
  for (let name = bases.get(type.name); name !== undefined; name = bases.get(name)) {
    const base = model.types.get(name);
    if (base === undefined) return;
    type.properties = new Map([...base.properties, ...type.properties]);
    if (type.key.length === 0) type.key = base.key;
  }
}

/**
 * Walks along names of properties; casts are taken as they come.
 * @param {Model} model
 * @param {Typed} from
 * @param {string[]} names
 * @returns {Typed | undefined} undefined where the model has no such path
 */
export function walk(model, from, names) {
  /** @type {Typed} */
  let at = from;
  for (const name of names) {
    if (model.types.has(name)) {
      at = { type: name, collection: at.collection };
      continue;
    }
    const property = model.types.get(at.type)?.properties.get(name);
    if (property === undefined) return undefined;
    at = property;
  }
  return at;
}

/**
 * What a resource path leads to.
 * @param {Model} model
 * @param {string} path behind the service root, keys in either style
 * @returns {Typed | undefined}
 */
export function typeOfPath(model, path) {
  const [first = '', ...segments] = splitPath(path);
  const [, name = '', predicate] = /^([^(]*)(\(.*\))?$/s.exec(first) ?? [];
  const root = model.roots.find((candidate) => candidate.name === name);
  if (root === undefined) return undefined;
  /** @type {Typed | undefined} */
  let at = { type: root.type, collection: root.set && predicate === undefined };
  for (const segment of segments) {
    if (at === undefined) return undefined;
    if (/^\$filter\(/.test(segment)) continue;
    if (segment.startsWith('$')) return undefined;
    const [, property = '', key] = /^([^(]*)(\(.*\))?$/s.exec(segment) ?? [];
    const known = walk(model, at, [property]);
    // Behind a collection of entities stands a key, unless it is a cast.
    if (at.collection && !model.types.has(property)) at = { type: at.type, collection: false };
    else at = known && { type: known.type, collection: known.collection && key === undefined };
  }
  return at;
}

/** @param {string} path @returns {string[]} its segments, split outside of quotes and parentheses */
function splitPath(path) {
  return path.match(/(?:[^/('"]|'(?:[^']|'')*'|\((?:[^()']|'(?:[^']|'')*')*\))+/g) ?? [];
}
