import type { JsonValue } from '../json/json-value.js';
import type { Annotation, AnnotationValue, ModelPath, QualifiedByAlias } from './annotation.js';
import { record } from './annotation.js';
import { declarationsOf } from './declarations.js';
import { storedMembers } from './enum-values.js';
import type { EntityType, ItemType, Model, NavigationProperty, Property, StructuredType, Term } from './model.js';
import type { SaidAnnotations, SaidValue, Schema } from './schema.js';
import { knownVocabularies, type Vocabulary, vocabularies } from './vocabularies.js';

/** An element that is annotated: its name for errors, its kind as `AppliesTo` names it, and the type where its paths begin. */
interface Element {
  readonly what: string;
  readonly kind: string;
  readonly from?: StructuredType | undefined;
}

function isExpression(value: object): value is Exclude<AnnotationValue, null | boolean | number | string> {
  return 'kind' in value;
}

/** Reads what elements of a model are annotated with, and holds it to the model (OData CSDL 4.01, 14). */
class AnnotationReader {
  readonly #used = new Set<Vocabulary>();

  constructor(
    private readonly schema: Schema,
    private readonly model: Model,
  ) {}

  /** The vocabularies that are used beside those that every document has. */
  get used(): readonly Vocabulary[] {
    return [...this.#used].filter((one) => !vocabularies.includes(one));
  }

  isUsed = false;

  read(said: SaidAnnotations | undefined, element: Element): readonly Annotation[] | undefined {
    if (said === undefined) return undefined;
    this.isUsed = true;
    const all = Object.entries(said).map(([name, value]) => this.#annotation(name, value, element));
    return all.length === 0 ? undefined : all;
  }

  #annotation(name: string, said: SaidValue, element: Element): Annotation {
    const [term = '', qualifier, ...more] = name.split('#');
    const isNamed = qualifier === undefined || /^[\p{L}_][\p{L}\p{Nd}_]{0,127}$/u.test(qualifier);
    if (!isNamed || more.length > 0) throw new Error(`${element.what}: '${name}' has a qualifier that is none`);
    const own = this.#term(term, element);
    const value = this.#value(said, element);
    if (own !== undefined) this.#checkOwn(own, value, element);
    return { term: term as QualifiedByAlias, ...(qualifier === undefined ? {} : { qualifier }), value };
  }

  /** The term of the schema that a name is of; undefined of another vocabulary, which is included. */
  #term(name: string, { what }: Element): Term | undefined {
    const { namespace } = this.schema;
    if (name.startsWith(`${namespace}.`)) {
      const own = this.model.terms.get(name.slice(namespace.length + 1));
      if (own === undefined) throw new Error(`${what}: the schema has no term '${name}'`);
      return own;
    }
    const [alias = '', ...rest] = name.split('.');
    this.#use(alias, rest.length === 1 && rest[0] !== '' ? '' : `: '${name}' is no term`, what);
    return undefined;
  }

  #use(alias: string, fault: string, what: string): void {
    const found = [...this.schema.vocabularies, ...knownVocabularies].find((one) => one.alias === alias);
    if (fault !== '') throw new Error(`${what}${fault}`);
    if (found === undefined)
      throw new Error(`${what}: there is no vocabulary '${alias}'; make it known by \`schema.use\``);
    this.#used.add(found);
  }

  #value(said: SaidValue, element: Element): AnnotationValue {
    if (said === null || typeof said !== 'object') return said;
    if (Array.isArray(said)) return said.map((item: SaidValue) => this.#value(item, element));
    if (isExpression(said)) {
      if ('path' in said) this.#checkPath(said, element);
      if ('type' in said && said.kind === 'member') this.#use(said.type.split('.')[0] ?? '', '', element.what);
      return said;
    }
    const { '@type': type, ...members } = said as Readonly<Record<string, SaidValue>>;
    if (typeof type === 'string') this.#use(type.split('.')[0] ?? '', '', element.what);
    const values = Object.entries(members).map(([name, inner]) => {
      if (name.startsWith('@')) this.#annotation(name.slice(1), inner, element);
      return [name, this.#value(inner, element)] as const;
    });
    return record(Object.fromEntries(values), typeof type === 'string' ? (type as QualifiedByAlias) : undefined);
  }

  // -------------------------------------------------------------------------------------------------------- Paths

  /** 14.4.1: each segment is a member of what the one before leads to, a type cast, or an annotation. */
  #checkPath({ kind, path }: ModelPath, { what, from }: Element): void {
    const fail = (reason: string): never => {
      throw new Error(`${what}: the path '${path}' ${reason}`);
    };
    if (from === undefined) return fail('has no type to begin at');
    let type: StructuredType | undefined = from;
    let last: Property | NavigationProperty | undefined;
    const segments = path.split('/').filter((segment, at) => !(at === 0 && segment === ''));
    for (const [at, segment] of segments.entries()) {
      if (segment.includes('@')) {
        if (at < segments.length - 1 || kind !== 'AnnotationPath') return fail(`has an annotation in it: '${segment}'`);
        return this.#checkAnnotationPath(segment, { what, from: type }, fail);
      }
      if (segment === '$count') continue;
      if (type === undefined) return fail(`goes on behind a value: '${segment}'`);
      const cast = this.#castTo(type, segment);
      if (cast !== undefined) type = cast;
      else {
        last = type.properties.get(segment) ?? type.navigation?.get(segment);
        if (last === undefined) return fail(`leads to nothing: ${type.name} has no '${segment}'`);
        const next: ItemType = last.type;
        type = next.kind === 'entity' || next.kind === 'complex' ? next : undefined;
      }
    }
    if (kind === 'PropertyPath' && last?.kind !== 'property') return fail('leads to no property');
    if (kind === 'NavigationPropertyPath' && last?.kind !== 'navigation')
      return fail('leads to no navigation property');
    if (kind === 'AnnotationPath') return fail('leads to no annotation');
  }

  #castTo(type: StructuredType, name: string): StructuredType | undefined {
    return (type.derived as readonly StructuredType[]).find(({ qualifiedName }) => qualifiedName === name);
  }

  /** The element must have the annotation: of the type where the path begins or leads to, or of the member before it. */
  #checkAnnotationPath(
    segment: string,
    { what, from }: { readonly what: string; readonly from: StructuredType | undefined },
    fail: (reason: string) => never,
  ): void {
    const [member = '', name = ''] = segment.split('@');
    const [term = ''] = name.split('#');
    this.#term(term, { what, kind: '' });
    let owner: StructuredType | undefined = from;
    let key = '';
    if (member !== '') {
      const property = from?.navigation?.get(member);
      const own = property ?? from?.properties.get(member);
      if (own === undefined) fail(`leads to nothing: '${member}'`);
      if (property === undefined) key = member;
      else owner = property.type;
    }
    for (let one: StructuredType | undefined = owner; one !== undefined; one = one.baseType)
      if (declarationsOf(one.class).annotations.get(key)?.[name] !== undefined) return;
    fail(`leads to an annotation that is not there: '${name}'`);
  }

  // -------------------------------------------------------------------------------------------------- Own terms

  #checkOwn({ name, property, appliesTo }: Term, value: AnnotationValue, { what, kind }: Element): void {
    if (appliesTo.length > 0 && !appliesTo.includes(kind))
      throw new Error(`${what}: ${name} is for ${appliesTo.join(', ')}, not for ${kind}`);
    if (!this.#fits(property, value)) throw new Error(`${what}: what ${name} is given is no value of its type`);
  }

  #fits(property: Property, value: AnnotationValue): boolean {
    if (value === null) return property.nullable && !property.collection;
    if (Array.isArray(value)) {
      const items = value as readonly AnnotationValue[];
      return (
        property.collection && items.every((item) => (item === null ? property.nullable : this.#one(property, item)))
      );
    }
    return this.#isPath(value) || (!property.collection && this.#one(property, value));
  }

  #isPath(value: AnnotationValue): boolean {
    return typeof value === 'object' && value !== null && 'path' in value;
  }

  #one({ type, rules }: Property, value: AnnotationValue): boolean {
    if (this.#isPath(value)) return true;
    if (type.kind === 'complex') {
      if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'record') return false;
      return Object.entries(value.values).every(([name, inner]) => {
        const member = type.properties.get(name);
        return member !== undefined && this.#fits(member, inner);
      });
    }
    const json = jsonOf(value);
    if (type.kind === 'enum') return typeof json === 'string' && storedMembers(type, json) !== undefined;
    const read = type.read(json, { ieee754Compatible: true });
    return read !== undefined && rules.every((rule) => rule.accepts(read));
  }
}

/** A constant as a body would say it. */
function jsonOf(value: AnnotationValue): JsonValue {
  if (typeof value !== 'object' || value === null || !('text' in value)) return value as JsonValue;
  return ['Decimal', 'Float', 'Int'].includes(value.type) ? Number(value.text) : value.text;
}

/** Elements whose annotations are said beside them. */
function annotateType(reader: AnnotationReader, type: StructuredType): void {
  const { annotations } = declarationsOf(type.class);
  if (annotations.size === 0) return;
  const kind = type.kind === 'entity' ? 'EntityType' : 'ComplexType';
  annotateMembers(reader, type, { annotations, name: type.name, from: type, kind });
}

function annotateMembers(
  reader: AnnotationReader,
  members: StructuredType,
  about: {
    readonly annotations: ReadonlyMap<string, SaidAnnotations>;
    readonly name: string;
    readonly from: StructuredType | undefined;
    readonly kind: string;
    readonly self?: object;
  },
): void {
  const { annotations, name, from, kind, self = members } = about;
  for (const [member, said] of annotations) {
    if (member === '') {
      Object.assign(self, { annotations: reader.read(said, { what: name, kind, from }) });
      continue;
    }
    const navigation = members.navigation?.get(member);
    const element = navigation ?? members.properties.get(member);
    const what = `${name}.${member}`;
    if (element === undefined) throw new Error(`${what}: is annotated, and has no @Property`);
    const ofMember = self !== members ? 'Parameter' : navigation === undefined ? 'Property' : 'NavigationProperty';
    Object.assign(element, { annotations: reader.read(said, { what, kind: ofMember, from }) });
  }
}

/**
 * Puts on every element of a model what its declaration annotates it with.
 * @throws Error naming the element, where a term, a vocabulary or a path is not there
 */
export function annotateModel(model: Model, schema: Schema, saidOf: ReadonlyMap<string, SaidAnnotations>): void {
  const reader = new AnnotationReader(schema, model);
  const { annotations, containerAnnotations } = schema.texts;
  for (const type of [...model.entityTypes.values(), ...model.complexTypes.values()]) annotateType(reader, type);
  for (const type of schema.enums) {
    if (type.said !== undefined)
      Object.assign(type, { annotations: reader.read(type.said, { what: type.name, kind: 'EnumType' }) });
    const members = [...(type.saidOfMembers ?? [])].map(([member, said]) => {
      const element = { what: `${type.name}.${member}`, kind: 'Member' };
      return [member, reader.read(said, element) ?? []] as const;
    });
    if (members.length > 0) Object.assign(type, { memberAnnotations: new Map(members) });
  }
  for (const type of schema.definitions)
    if (type.said !== undefined)
      Object.assign(type, { annotations: reader.read(type.said, { what: type.name, kind: 'TypeDefinition' }) });
  for (const operation of model.operations.all) {
    const { parameters, kind, name, binding } = operation;
    const said = declarationsOf(operation.class).annotations;
    const from = binding?.type.kind === 'entity' || binding?.type.kind === 'complex' ? binding.type : undefined;
    const ofKind = kind === 'action' ? 'Action' : 'Function';
    annotateMembers(reader, parameters, { annotations: said, name, from, kind: ofKind, self: operation });
  }
  for (const { name, property } of model.terms.values()) {
    const said = declarationsOf(schema.terms.find((one) => one.name === name)?.class ?? Object).annotations.get(name);
    if (said !== undefined) Object.assign(property, { annotations: reader.read(said, { what: name, kind: 'Term' }) });
  }
  for (const place of [...model.entitySets.values(), ...model.singletons.values()] as readonly Placed[]) {
    const kind = place.isSingleton === true ? 'Singleton' : 'EntitySet';
    const said = saidOf.get(place.name);
    if (said !== undefined)
      Object.assign(place, { annotations: reader.read(said, { what: place.name, kind, from: place.type }) });
  }
  Object.assign(model, {
    ...(annotations === undefined
      ? {}
      : { annotations: reader.read(annotations, { what: schema.namespace, kind: 'Schema' }) }),
    ...(containerAnnotations === undefined
      ? {}
      : { containerAnnotations: reader.read(containerAnnotations, { what: 'Container', kind: 'EntityContainer' }) }),
    ...(reader.used.length === 0 ? {} : { vocabularies: reader.used }),
    ...(reader.isUsed ? { isAnnotated: true } : {}),
  });
}

interface Placed {
  readonly isSingleton?: boolean;
  readonly name: string;
  readonly type: EntityType;
}
