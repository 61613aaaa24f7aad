import type {
  EntitySet,
  EntityType,
  Model,
  NavigationProperty,
  Property,
  Singleton,
  StructuredType,
} from '../edm/model.js';
import { makesKeys, takesKeys } from '../edm/key-text.js';
import { deltaFunction } from '../edm/set-functions.js';
import { hasHierarchies } from '../edm/hierarchies.js';
import { hierarchyFunctions } from '../query/expression/bind-hierarchy.js';
import { isSearchable } from '../query/bind-search.js';
import { filterFunctions } from '../query/expression/functions.js';
import { isOrdered } from '../query/value-types.js';
import type { SystemQueryOption } from '../uri/query-options.js';
import { odataVersions } from '../versions.js';
import {
  type Annotation,
  annotations,
  type AnnotationRecord,
  members,
  navigationPath,
  propertyPath,
} from '../edm/annotation.js';
import { record } from '../edm/annotation.js';
import { permissions, schemeName } from './permissions.js';
import {
  type BatchDescription,
  type CustomHeader,
  type Modification,
  modificationOf,
  type ServiceDescription,
} from './service-description.js';

/** The key of an entity in the path of a modification. */
const key = '{key}';

function customHeaders(headers: readonly CustomHeader[]): readonly AnnotationRecord[] | undefined {
  if (headers.length === 0) return undefined;
  return headers.map(({ name, description }) => record({ Name: name, Description: description, Required: false }));
}

function queryOptions(options: readonly SystemQueryOption[]): AnnotationRecord {
  return record({
    ExpandSupported: options.includes('expand'),
    SelectSupported: options.includes('select'),
    ComputeSupported: options.includes('compute'),
    FilterSupported: options.includes('filter'),
    SearchSupported: options.includes('search'),
    SortSupported: options.includes('orderby'),
  });
}

/** How many levels of entities lie inside those of a type: as deep can be expanded; endlessly where they refer to others. */
function expandableDepth(type: EntityType): number {
  const depths = [...type.navigation.values()].map(({ containsTarget, type: inner }) =>
    containsTarget ? 1 + expandableDepth(inner) : Infinity,
  );
  return Math.max(0, ...depths);
}

/** The part of a type's properties, its own and those of its single-valued complex properties, that fits; as paths. */
function pathsOf(type: StructuredType, fits: (property: Property) => boolean, prefix = ''): readonly string[] {
  return [...type.properties.values()].flatMap((property) => {
    const path = `${prefix}${property.name}`;
    const inner = property.type.kind === 'complex' && !property.collection ? property.type : undefined;
    return [...(fits(property) ? [path] : []), ...(inner === undefined ? [] : pathsOf(inner, fits, `${path}/`))];
  });
}

function hasNoOrder({ type, collection }: Property): boolean {
  return !collection && type.kind === 'primitive' && !isOrdered({ item: type, collection });
}

/** Whether a body can carry entities that are inside. */
function canCarry({ navigation }: EntityType): boolean {
  return [...navigation.values()].some(({ containsTarget }) => containsTarget);
}

/**
 * The keys that the service makes, by their paths: where the client gives none, or always where there is one entity. What
 * the type itself says to be computed needs no other word.
 */
function keysMadeIn(
  type: EntityType,
  prefix = '',
  term = 'Core.ComputedDefaultValue',
): readonly (readonly [string, string])[] {
  const own = makesKeys(type) ? type.key.filter((name) => type.properties.get(name)?.computed === false) : [];
  const inner = [...type.navigation.values()]
    .filter(({ containsTarget }) => containsTarget)
    .flatMap(({ name, type: contained, collection }) =>
      keysMadeIn(contained, `${prefix}${name}/`, collection ? 'Core.ComputedDefaultValue' : 'Core.Computed'),
    );
  return [...own.map((name) => [`${prefix}${name}`, term] as const), ...inner];
}

/** What reading a collection of a type can be asked for (Capabilities). */
function queryCapabilities(type: EntityType, options: readonly SystemQueryOption[]) {
  const has = (option: SystemQueryOption): boolean => options.includes(option);
  const searchable = has('search') && isSearchable(type);
  return {
    FilterRestrictions: record({ Filterable: has('filter'), RequiresFilter: false }),
    SortRestrictions: record({
      Sortable: has('orderby'),
      NonSortableProperties: pathsOf(type, hasNoOrder).map(propertyPath),
    }),
    SearchRestrictions: record({
      Searchable: searchable,
      UnsupportedExpressions: searchable ? members('Capabilities.SearchExpressions', 'none') : undefined,
    }),
    TopSupported: has('top'),
    SkipSupported: has('skip'),
  };
}

/** What can be asked of a set by `$apply` (vocabulary Aggregation). */
function applySupport(model: Model): AnnotationRecord {
  return record({
    Transformations: hasHierarchies(model) ? [...transformations, ...ofHierarchies] : transformations,
    Rollup: members('Aggregation.RollupType', 'MultipleHierarchies'),
    From: true,
  });
}

/** The transformations that are there for every set, and those for what is related to nodes of a hierarchy. */
const transformations = [
  'aggregate',
  'groupby',
  'concat',
  'identity',
  'filter',
  'search',
  'nest',
  'addnested',
  'join',
  'outerjoin',
  'compute',
  'bottomcount',
  'bottomsum',
  'bottompercent',
  'topcount',
  'topsum',
  'toppercent',
  'orderby',
  'top',
  'skip',
];
const ofHierarchies = ['ancestors', 'descendants', 'traverse'];

function insertRestrictions(insert: Modification | undefined): AnnotationRecord {
  if (insert === undefined) return record({ Insertable: false });
  return record({
    Insertable: true,
    TypecastSegmentSupported: true,
    Permissions: permissions(insert.scopes),
    QueryOptions: queryOptions(insert.options),
    CustomHeaders: customHeaders(insert.headers),
    Description: insert.description,
  });
}

/** What an update can be beside a change of one entity at its own URL. */
interface UpdateWays {
  readonly upsertable: boolean;
  /** A delta payload can be sent to the collection. */
  readonly delta?: boolean;
  /** Its members can be changed by `$each`, behind filters. */
  readonly each?: boolean;
}

function updateRestrictions(
  [update, ...others]: readonly Modification[],
  { upsertable, delta = false, each = false }: UpdateWays,
): AnnotationRecord {
  if (update === undefined) return record({ Updatable: false });
  return record({
    Updatable: true,
    Upsertable: upsertable,
    DeltaUpdateSupported: delta,
    // Two are not said: without it PATCH is meant and PUT possible, and there are tools that read one only.
    UpdateMethod: others.length === 0 ? members('Capabilities.HttpMethod', update.method) : undefined,
    FilterSegmentSupported: each,
    TypecastSegmentSupported: true,
    Permissions: permissions(update.scopes),
    QueryOptions: queryOptions(update.options),
    Description: update.description,
  });
}

function deleteRestrictions(removal: Modification | undefined, each = false): AnnotationRecord {
  if (removal === undefined) return record({ Deletable: false });
  return record({
    Deletable: true,
    FilterSegmentSupported: each,
    TypecastSegmentSupported: true,
    Permissions: permissions(removal.scopes),
    Description: removal.description,
  });
}

function batchSupport({ formats, continueOnError, references, conditions }: BatchDescription): AnnotationRecord {
  return record({
    Supported: true,
    ContinueOnErrorSupported: continueOnError,
    ReferencesInRequestBodiesSupported: references.inBodies,
    ReferencesAcrossChangeSetsSupported: references.acrossChangeSets,
    EtagReferencesSupported: references.toETags,
    RequestDependencyConditionsSupported: conditions,
    SupportedFormats: formats,
  });
}

/** Annotations of entity sets and singletons: what can be done with them (vocabularies Core and Capabilities). */
export class Capabilities {
  constructor(
    private readonly model: Model,
    private readonly service: ServiceDescription,
  ) {}

  ofContainer(): readonly Annotation[] {
    const { formats, encodings, headers, reads, batch, asynchronous } = this.service;
    const nested = reads.collection;
    return annotations({
      'Core.ODataVersions': odataVersions.join(' '),
      'Capabilities.ConformanceLevel': members('Capabilities.ConformanceLevelType', 'Advanced'),
      'Capabilities.SupportedFormats': formats,
      'Capabilities.SupportedMetadataFormats': ['application/xml', 'application/json'],
      'Capabilities.AcceptableEncodings': encodings,
      'Capabilities.AsynchronousRequestsSupported': asynchronous,
      'Capabilities.BatchSupported': batch !== undefined,
      'Capabilities.BatchSupport': batch && batchSupport(batch),
      'Capabilities.CrossJoinSupported': true,
      'Capabilities.KeyAsSegmentSupported': true,
      'Capabilities.QuerySegmentSupported': true,
      'Capabilities.AnnotationValuesInQuerySupported': true,
      'Capabilities.FilterFunctions': hasHierarchies(this.model)
        ? [...filterFunctions, ...hierarchyFunctions]
        : filterFunctions,
      'Capabilities.SelectSupport': record({
        Supported: reads.entity.includes('select'),
        InstanceAnnotationsSupported: false,
        Filterable: nested.includes('filter'),
        Searchable: nested.includes('search'),
        TopSupported: nested.includes('top'),
        SkipSupported: nested.includes('skip'),
        ComputeSupported: nested.includes('compute'),
        Countable: nested.includes('count'),
        Sortable: nested.includes('orderby'),
      }),
      'Capabilities.CustomHeaders': customHeaders(headers),
      'Authorization.Authorizations': [
        record({ Name: schemeName, Scheme: 'bearer', BearerFormat: 'JWT' }, 'Authorization.Http'),
      ],
      'Authorization.SecuritySchemes': [record({ Authorization: schemeName, RequiredScopes: [] })],
    });
  }

  /** Operations that are only available where it is said that they are. */
  #explicit(name: string): readonly string[] | undefined {
    const found = this.model.operations.all.filter(({ onlyOn }) => onlyOn?.has(name) === true);
    return found.length === 0 ? undefined : [...new Set(found.map(({ qualifiedName }) => qualifiedName))];
  }

  ofEntitySet({ name, type }: EntitySet): readonly Annotation[] {
    const { reads, requiresEntityTag } = this.service;
    const query = queryCapabilities(type, reads.set);
    const insert = modificationOf(this.service, 'POST', [name]);
    const updates = this.#updates([name, key]);
    const update = updates[0];
    return annotations({
      // The versions are no properties: an empty list says that ETags are needed and not how they are made.
      'Core.OptimisticConcurrency': requiresEntityTag && update !== undefined ? [] : undefined,
      'Core.ExplicitOperationBindings': this.#explicit(name),
      'Capabilities.IndexableByKey': true,
      ...Object.fromEntries(Object.entries(query).map(([term, value]) => [`Capabilities.${term}`, value])),
      'Capabilities.ComputeSupported': reads.set.includes('compute'),
      'Aggregation.ApplySupported': reads.set.includes('apply') ? applySupport(this.model) : undefined,
      'Capabilities.CountRestrictions': record({ Countable: reads.set.includes('count') }),
      'Capabilities.ExpandRestrictions': this.#expandRestrictions(type),
      'Capabilities.ReadRestrictions': record({
        ...this.#readable(name, { TypecastSegmentSupported: true }),
        ReadByKeyRestrictions: record(this.#readable(name)),
      }),
      'Capabilities.InsertRestrictions': insertRestrictions(insert),
      'Capabilities.DeepInsertSupport':
        insert && record({ Supported: type.navigation.size > 0, ContentIDSupported: canCarry(type) }),
      'Capabilities.UpdateRestrictions': updateRestrictions(updates, {
        upsertable: insert !== undefined && this.service.upserts(name) && takesKeys(type),
        delta: modificationOf(this.service, 'PATCH', [name]) !== undefined,
        each: true,
      }),
      'Capabilities.DeepUpdateSupport':
        update && record({ Supported: type.navigation.size > 0, ContentIDSupported: canCarry(type) }),
      'Capabilities.DeleteRestrictions': deleteRestrictions(modificationOf(this.service, 'DELETE', [name, key]), true),
      'Capabilities.ChangeTracking': this.#changeTracking(type),
      'Capabilities.NavigationRestrictions': this.#navigation(type, [name, key]),
      'Capabilities.CollectionPropertyRestrictions': this.#collections(type, [name, key]),
    });
  }

  /** Whether a set or singleton is read, and by whom. */
  #readable(name: string, others: { readonly TypecastSegmentSupported?: boolean } = {}) {
    const scopes = this.service.readScopes(name);
    return {
      Readable: this.service.isReadable(name),
      ...others,
      ...(scopes.length === 0 ? {} : { Permissions: permissions(scopes) }),
    };
  }

  /** What can stand in a query whose changes are tracked: every property, and what is contained. */
  #changeTracking(type: EntityType): AnnotationRecord {
    const delta = this.service.functions.find(({ name }) => name === deltaFunction.name);
    if (delta === undefined) return record({ Supported: false });
    const all = (): boolean => true;
    const contained = [...type.navigation.values()].filter(({ containsTarget }) => containsTarget);
    const inside = contained.filter(({ collection }) => !collection);
    const filterable = [
      ...pathsOf(type, all),
      ...inside.flatMap(({ name, type: inner }) => pathsOf(inner, all, `${name}/`)),
    ];
    return record({
      Supported: true,
      FilterableProperties: delta.options.includes('filter') ? filterable.map(propertyPath) : [],
      ExpandableProperties: delta.options.includes('expand') ? contained.map(({ name }) => navigationPath(name)) : [],
    });
  }

  ofSingleton({ name, type }: Singleton): readonly Annotation[] {
    return annotations({
      'Core.ExplicitOperationBindings': this.#explicit(name),
      'Capabilities.ExpandRestrictions': this.#expandRestrictions(type),
      'Capabilities.ReadRestrictions': record(this.#readable(name)),
      'Capabilities.UpdateRestrictions': updateRestrictions(this.#updates([name]), { upsertable: false }),
      'Capabilities.NavigationRestrictions': this.#navigation(type, [name]),
      'Capabilities.CollectionPropertyRestrictions': this.#collections(type, [name]),
    });
  }

  /** Annotations by target path: keys, of which the service makes what a client does not send, or all. */
  external(): ReadonlyMap<string, readonly Annotation[]> {
    const targets = new Map<string, readonly Annotation[]>();
    for (const { name, type } of this.model.entitySets.values()) {
      if (modificationOf(this.service, 'POST', [name]) === undefined) continue;
      for (const [path, term] of keysMadeIn(type)) targets.set(`${name}/${path}`, annotations({ [term]: true }));
    }
    return targets;
  }

  /** What updates an entity: PATCH, PUT. */
  #updates(path: readonly string[]): readonly Modification[] {
    return (['PATCH', 'PUT'] as const)
      .map((method) => modificationOf(this.service, method, path))
      .filter((found) => found !== undefined);
  }

  #expandRestrictions(type: EntityType): AnnotationRecord {
    const depth = expandableDepth(type);
    const expandable = this.service.reads.entity.includes('expand') && depth > 0;
    return record({
      Expandable: expandable,
      MaxLevels: expandable && depth < Infinity ? depth : undefined,
      StreamsExpandable: false,
    });
  }

  /** What can be done with the entities that entities contain. */
  #navigation(type: EntityType, owner: readonly string[]): AnnotationRecord | undefined {
    if (type.navigation.size === 0) return undefined;
    return record({
      Navigability: members('Capabilities.NavigationType', 'Recursive'),
      RestrictedProperties: [...type.navigation.values()].map((property) => this.#contained(property, owner)),
    });
  }

  #contained({ name, type, collection, target }: NavigationProperty, owner: readonly string[]): AnnotationRecord {
    const { service } = this;
    const path = [...owner, name];
    // What is referred to is modified as the member of its set that it is.
    const one = target === undefined ? (collection ? [...path, key] : path) : [target.name, key];
    const updates = this.#updates(one);
    // 11.4.4: what is contained, single-valued and not there is made by an update; members are where the set has it so.
    const makesMembers = service.upserts(owner[0] ?? '') && takesKeys(type);
    const upsertable = target === undefined && (!collection || makesMembers);
    return record({
      NavigationProperty: navigationPath(name),
      ...(collection ? { ...queryCapabilities(type, service.reads.collection), IndexableByKey: true } : {}),
      ReadRestrictions: record(this.#readable(target?.name ?? owner[0] ?? '')),
      InsertRestrictions: insertRestrictions(modificationOf(service, 'POST', path)),
      UpdateRestrictions: updateRestrictions(updates, {
        upsertable,
        delta: collection && modificationOf(service, 'PATCH', path) !== undefined,
        each: collection,
      }),
      DeleteRestrictions: deleteRestrictions(modificationOf(service, 'DELETE', one), collection),
      OptimisticConcurrencyControl: updates.length > 0,
    });
  }

  /** Collections of values are modified by their own URL where the entity that they are in is. */
  #collections(type: EntityType, owner: readonly string[]): readonly AnnotationRecord[] | undefined {
    const isCollection = ({ collection }: Property): boolean => collection;
    const places = [
      ...pathsOf(type, isCollection).map((path) => [path, owner] as const),
      ...[...type.navigation.values()]
        .filter(({ collection, containsTarget }) => containsTarget && !collection)
        .flatMap(({ name, type: inner }) =>
          pathsOf(inner, isCollection, `${name}/`).map((path) => [path, [...owner, name]] as const),
        ),
    ];
    if (places.length === 0) return undefined;
    const options = this.service.reads.collection;
    return places.map(([path, entity]) => {
      const changeable = this.#updates(entity).length > 0;
      return record({
        CollectionProperty: propertyPath(path),
        FilterRestrictions: record({ Filterable: options.includes('filter') }),
        SortRestrictions: record({ Sortable: options.includes('orderby') }),
        SearchRestrictions: record({ Searchable: options.includes('search') }),
        TopSupported: options.includes('top'),
        SkipSupported: options.includes('skip'),
        Insertable: changeable,
        Updatable: changeable,
        Deletable: changeable,
      });
    });
  }
}
