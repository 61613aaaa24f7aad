/**
 * The model of the service, as far as the pages need it, out of its metadata document (OData CSDL JSON 4.01).
 *
 * @typedef {{
 *   name: string, type: string, collection: boolean, navigation: boolean, description: string, nullable: boolean,
 *   maxLength: number | undefined, computed: boolean, immutable: boolean,
 * }} Property
 * @typedef {{ name: string, node: string }} Hierarchy a qualifier, and the path of what names a node
 * @typedef {{ name: string, path: string[] }} KeyPart what a part is called in URLs, and where its value stands
 * @typedef {{
 *   name: string, properties: Map<string, Property>, key: KeyPart[], description: string, entity: boolean,
 *   stream: boolean, abstract: boolean, base: string | undefined, hierarchies: Hierarchy[],
 * }} StructuredType
 * @typedef {{
 *   name: string, type: string, set: boolean, description: string,
 *   insertable: boolean, updatable: boolean, deletable: boolean,
 * }} Root
 * @typedef {{ name: string, type: string, collection: boolean, nullable: boolean, optional: boolean, description: string }} Parameter
 * @typedef {{
 *   name: string, action: boolean, binding: Typed | undefined, parameters: Parameter[], returns: Typed | undefined,
 *   description: string,
 * }} Operation the name is qualified where it is bound, that of its import where it is not
 * @typedef {{
 *   roots: Root[],
 *   types: Map<string, StructuredType>,
 *   enums: Map<string, Map<string, string>>,
 *   flags: Set<string>,
 *   functions: string[],
 *   operations: Operation[],
 *   description: string,
 * }} Model
 * @typedef {{ type: string, collection: boolean }} Typed what a path leads to
 */

/** @typedef {Record<string, any>} Json */

/**
 * @param {Json} object
 * @returns {[string, any][]} its members that are no annotations and no keywords
 */
const membersOf = (object) => Object.entries(object).filter(([name]) => !name.startsWith('$') && !name.includes('@'));

/** @param {Json} declared @returns {Typed} */
const typed = ({ $Type = 'Edm.String', $Collection }) => ({ type: $Type, collection: $Collection === true });

/** @param {Json} declared @returns {string} */
const descriptionOf = (declared) => declared['@Core.Description'] ?? '';

/** @param {string} name @param {Json} declared @returns {Property} */
function propertyOf(name, declared) {
  return {
    name,
    ...typed(declared),
    navigation: declared.$Kind === 'NavigationProperty',
    description: descriptionOf(declared),
    nullable: declared.$Nullable === true,
    maxLength: typeof declared.$MaxLength === 'number' ? declared.$MaxLength : undefined,
    computed: declared['@Core.Computed'] === true,
    immutable: declared['@Core.Immutable'] === true,
  };
}

/** @param {string | Record<string, string>} part one with an alias is an object (CSDL JSON 4.01, 6.5) @returns {KeyPart} */
function keyPartOf(part) {
  const [name = '', path = ''] = typeof part === 'string' ? [part, part] : (Object.entries(part)[0] ?? []);
  return { name, path: path.split('/') };
}

/** @param {string} name @param {Json} declared @returns {StructuredType} */
function structured(name, declared) {
  const properties = membersOf(declared).map(([property, value]) => [property, propertyOf(property, value)]);
  return {
    name,
    properties: new Map(/** @type {[string, Property][]} */ (properties)),
    key: (declared.$Key ?? []).map(keyPartOf),
    description: descriptionOf(declared),
    entity: declared.$Kind === 'EntityType',
    stream: declared.$HasStream === true,
    abstract: declared.$Abstract === true,
    base: declared.$BaseType,
    hierarchies: hierarchiesOf(declared),
  };
}

/** Recursive hierarchies of a type (OData Data Aggregation 4.0, 5.5.2). @param {Json} declared @returns {Hierarchy[]} */
const hierarchiesOf = (declared) =>
  Object.entries(declared).flatMap(([term, value]) => {
    const name = /^@(?:Org\.OData\.)?Aggregation(?:\.V1)?\.RecursiveHierarchy#(\w+)$/.exec(term)?.[1];
    return name === undefined ? [] : [{ name, node: String(value.NodeProperty) }];
  });

/** What is not denied can be done. @param {unknown} declared @returns {boolean} */
const canOf = (declared) => declared !== false;

/** @param {string} name @param {Json} declared @returns {Root} */
function rootOf(name, declared) {
  return {
    name,
    type: declared.$Type,
    set: declared.$Collection === true,
    description: descriptionOf(declared),
    insertable: declared.$Collection === true && canOf(declared['@Capabilities.InsertRestrictions']?.Insertable),
    updatable: canOf(declared['@Capabilities.UpdateRestrictions']?.Updatable),
    deletable: declared.$Collection === true && canOf(declared['@Capabilities.DeleteRestrictions']?.Deletable),
  };
}

/** @param {string} name @param {Json} overload @returns {Operation} */
function operationOf(name, overload) {
  /** @type {Json[]} */
  const declared = overload.$Parameter ?? [];
  const parameters = declared.map((one) => ({
    name: String(one.$Name),
    ...typed(one),
    nullable: one.$Nullable === true,
    optional: one['@Core.OptionalParameter'] !== undefined,
    description: descriptionOf(one),
  }));
  const isBound = overload.$IsBound === true;
  return {
    name,
    action: overload.$Kind === 'Action',
    binding: isBound ? parameters[0] : undefined,
    parameters: isBound ? parameters.slice(1) : parameters,
    returns: overload.$ReturnType === undefined ? undefined : typed(overload.$ReturnType),
    description: descriptionOf(overload),
  };
}

/** @param {Model} model @param {Json} container @param {Map<string, Json[]>} overloads by qualified name */
function readContainer(model, container, overloads) {
  model.functions = container['@Capabilities.FilterFunctions'] ?? [];
  for (const [name, declared] of membersOf(container)) {
    const imported = declared.$Action ?? declared.$Function;
    if (imported === undefined) {
      model.roots.push(rootOf(name, declared));
      continue;
    }
    const unbound = (overloads.get(imported) ?? []).filter(({ $IsBound }) => $IsBound !== true);
    const described = unbound.map((one) => ({
      ...one,
      '@Core.Description': descriptionOf(one) || descriptionOf(declared),
    }));
    model.operations.push(...described.map((one) => operationOf(name, one)));
  }
}

/**
 * @param {Json} csdl a metadata document in JSON
 * @returns {Model}
 */
export function readModel(csdl) {
  /** @type {Model} */
  const model = {
    roots: [],
    types: new Map(),
    enums: new Map(),
    flags: new Set(),
    functions: [],
    operations: [],
    description: '',
  };
  /** @type {Map<string, Json[]>} */
  const overloads = new Map();
  /** @type {Json[]} */
  const containers = [];
  const schemas = membersOf(csdl);
  for (const [namespace, schema] of schemas) {
    model.description ||= descriptionOf(schema);
    for (const [name, declared] of membersOf(schema)) {
      const qualified = `${namespace}.${name}`;
      if (Array.isArray(declared)) overloads.set(qualified, declared);
      else if (declared.$Kind === 'EntityContainer') containers.push(declared);
      else if (declared.$Kind === 'EnumType') readEnumeration(model, qualified, declared);
      else if (declared.$Kind === 'EntityType' || declared.$Kind === 'ComplexType')
        model.types.set(qualified, structured(qualified, declared));
    }
  }
  for (const container of containers) readContainer(model, container, overloads);
  for (const [name, declared] of overloads) {
    const bound = declared.filter(({ $IsBound }) => $IsBound === true);
    model.operations.push(...bound.map((one) => operationOf(name, one)));
  }
  for (const type of model.types.values()) inherit(model, type);
  for (const [, schema] of schemas) markComputed(model, schema.$Annotations ?? {});
  return model;
}

/** @param {Model} model @param {string} name @param {Json} declared */
function readEnumeration(model, name, declared) {
  const described = membersOf(declared).map(([member]) => [member, declared[`${member}@Core.Description`] ?? '']);
  model.enums.set(name, new Map(/** @type {[string, string][]} */ (described)));
  if (declared.$IsFlags === true) model.flags.add(name);
}

/** @param {Model} model @param {StructuredType} type */
function inherit(model, type) {
  for (let name = type.base; name !== undefined; name = model.types.get(name)?.base) {
    const base = model.types.get(name);
    if (base === undefined) return;
    // Copies, because what is computed may be so in one of the types only.
    const inherited = [...base.properties].map(([property, value]) => [property, { ...value }]);
    type.properties = new Map([.../** @type {[string, Property][]} */ (inherited), ...type.properties]);
    if (type.key.length === 0) type.key = base.key;
    type.stream ||= base.stream;
    type.hierarchies = [...type.hierarchies, ...base.hierarchies];
  }
}

/** What is computed where a container says so, for the types at the ends of its paths. @param {Model} model @param {Json} annotations by target */
function markComputed(model, annotations) {
  for (const [target, values] of Object.entries(annotations)) {
    const [, root = '', ...names] = target.split('/');
    const found = model.roots.find(({ name }) => name === root);
    const last = names.pop();
    const owner = found && walk(model, { type: found.type, collection: false }, names);
    const property = last === undefined ? undefined : model.types.get(owner?.type ?? '')?.properties.get(last);
    if (property !== undefined && values['@Core.Computed'] === true) property.computed = true;
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

/** @param {Model} model @param {string} type @param {string} ancestor @returns {boolean} whether the one is, or derives from, the other */
export function isKindOf(model, type, ancestor) {
  for (let name = /** @type {string | undefined} */ (type); name !== undefined; name = model.types.get(name)?.base) {
    if (name === ancestor) return true;
  }
  return false;
}

/** The types that a value of a declared type may have, that one first. @param {Model} model @param {string} type @returns {string[]} their names */
export function kindsOf(model, type) {
  const derived = [...model.types.keys()].filter((name) => name !== type && isKindOf(model, name, type));
  return [type, ...derived].filter((name) => model.types.get(name)?.abstract === false);
}

/** Whether a property is a part of the key of a type. @param {Model} model @param {string} type @param {string} property */
export const isKey = (model, type, property) =>
  model.types.get(type)?.key.some(({ path }) => path.length === 1 && path[0] === property) === true;

/** How a type is written. @param {Typed} typed @returns {string} */
export const nameOf = ({ type, collection }) => (collection ? `Collection(${type})` : type);
