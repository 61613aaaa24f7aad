import type { Settings } from '../options.js';
import type { Property } from '../protocol/edm/model.js';
import { parametersOf } from '../protocol/edm/operations.js';
import { requireCondition, refuseConditions, type Precondition, unheld } from '../protocol/headers/precondition.js';
import { isJsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { dtoValue } from '../protocol/payload/dto.js';
import { versionMember } from '../protocol/payload/stored-entity.js';
import { ExpressionBinder } from '../protocol/query/expression/bind-expression.js';
import { type BoundCall, type BoundPath, endOf, plainShape, type Shape, single } from '../protocol/query/bound.js';
import { canonicalPath } from '../protocol/query/canonical-path.js';
import type { RequestContext } from '../protocol/query/request-context.js';
import { Call } from './call.js';
import { callParameters, type CallParameters } from './call-parameters.js';
import type { Entities } from './entities.js';
import { addressedType, addressText, entityAddress } from './entity-address.js';
import type { EntityRequest } from './entity-request.js';
import { refuse } from './entity-updates.js';
import { LiveEntities, LiveEntity, type Workplace } from './live-entities.js';
import type { OperationBook } from './operation-book.js';
import { type Given, OperationResults, pathOfAddress, resultProperty } from './operation-results.js';
import { OwnValues } from './own-values.js';
import { withoutReferences } from './reference-path.js';

const noOptions = { search: undefined, order: [], skip: undefined, top: undefined, count: false };

/** One call on its way: what is called, for whom, with what. */
interface Calling {
  readonly call: BoundCall;
  readonly workplace: Workplace;
  readonly parameters: CallParameters;
  readonly context: RequestContext;
  readonly precondition: Precondition;
}

/** Calls actions and functions (OData 4.01 Protocol 11.5): binds them, reads their parameters, and has them done. */
export class OperationCalls {
  readonly #results: OperationResults;

  constructor(
    private readonly settings: Settings,
    private readonly entities: Entities,
    private readonly book: OperationBook,
  ) {
    this.#results = new OperationResults(new OwnValues(settings.model));
  }

  /**
   * Does what is called; of an action, with what `answer` makes of it, in one transaction.
   * @throws ODataError 400 with every fault of the parameters, 404, 412, and what the handler refuses with
   */
  async run<T>(
    call: BoundCall,
    { request, context }: { readonly request: EntityRequest; readonly context: RequestContext },
    answer: (given: Given) => Promise<T>,
  ): Promise<T> {
    const { operation, on } = call;
    const { caller, protocol } = request;
    const { precondition } = protocol;
    const isAction = operation.kind === 'action';
    const isOfOne = on !== undefined && !on.type.collection && on.suffix !== 'each';
    if (!isOfOne) refuseConditions(precondition);
    else if (isAction && this.settings.requiresEntityTag) requireCondition(precondition);
    const parameters = callParameters(call, request, context);
    const workplace = { model: this.settings.model, entities: this.entities, caller, mayChange: isAction };
    const calling = { call, workplace, parameters, context, precondition };
    const done = async (): Promise<T> => {
      await this.entities.holdLinked(parameters.links, caller);
      return answer(await this.#given(calling));
    };
    return isAction ? this.entities.atomically(done) : done();
  }

  async #given(calling: Calling): Promise<Given> {
    const { call, workplace } = calling;
    const on = call.on && (await withoutReferences(call.on, this.entities, workplace.caller));
    if (on?.suffix === 'each') return this.#ofEach(calling, on);
    return this.#ofOne(calling, on);
  }

  /** 11.5.2: for each member by itself, all or nothing. */
  async #ofEach(calling: Calling, on: BoundPath): Promise<Given> {
    const { call, workplace } = calling;
    const { operation } = call;
    if (operation.result?.collection === true)
      throw new ODataError(
        'notImplemented',
        `A collection of collections, as ${operation.name} gives them, is not implemented.`,
      );
    const members = await new LiveEntities(workplace, { ...on, suffix: undefined }).all();
    const all: unknown[] = [];
    for (const { address } of members)
      all.push(await this.#raw({ ...calling, precondition: {} }, pathOfAddress(address)));
    if (operation.result === undefined) return { kind: 'nothing' };
    const { type } = operation.result;
    const several = { ...operation, result: { ...operation.result, collection: true } };
    const given = type.kind === 'entity' ? all.filter((one) => one !== null && one !== undefined) : all;
    const first = members[0]?.address;
    return this.#results.of(several, given, first === undefined ? on : pathOfAddress(first));
  }

  async #ofOne(calling: Calling, on: BoundPath | undefined): Promise<Given> {
    const { operation } = calling.call;
    if (operation.expression !== undefined && on !== undefined) {
      const value = await this.#computed(calling, on);
      if (value === null && operation.result?.nullable !== true)
        throw new ODataError('resourceNotFound', `The function ${operation.name} has no result.`);
      return value === null ? { kind: 'nothing' } : { kind: 'value', property: resultProperty(operation), value };
    }
    return this.#results.of(operation, await this.#raw(calling, on), on);
  }

  /** What the handler gives; of what the store computes, its JSON. */
  async #raw(calling: Calling, on: BoundPath | undefined): Promise<unknown> {
    const { operation } = calling.call;
    if (operation.expression !== undefined && on !== undefined) {
      const value = await this.#computed(calling, on);
      return dtoValue(resultProperty(operation), value, 'exact');
    }
    const { workplace, parameters } = calling;
    const bound = on === undefined ? undefined : await this.#bound(calling, on);
    return this.book.handlerOf(operation)(new Call(workplace, parameters.values, bound));
  }

  /** What an operation is bound to, as its handler gets it. @throws ODataError 404, 412 */
  async #bound(calling: Calling, on: BoundPath): Promise<unknown> {
    const { workplace } = calling;
    const isOfSet = on.steps.length === 0 && on.type.collection;
    if (!isOfSet) await this.#hold(calling, on);
    if (on.type.item?.kind === 'entity')
      return on.type.collection
        ? new LiveEntities(workplace, on)
        : new LiveEntity(workplace, entityAddress(on), addressedType(on));
    const value = await this.#read(calling, on, plainShape(endOf(on)));
    const last = on.steps.at(-1)?.property as Property;
    const owner = new LiveEntity(workplace, entityAddress(on), addressedType(on));
    return { value: dtoValue(last, value, 'exact'), owner };
  }

  /** Sees to it that the entity is there, of the version that is asked for; of an action, that nobody else changes it. */
  async #hold({ call, workplace, precondition }: Calling, on: BoundPath): Promise<void> {
    const { caller } = workplace;
    const address = entityAddress(on);
    const what = addressText(address);
    if (call.operation.kind === 'action') {
      const locked = await this.entities.lock(address, precondition, caller);
      if (typeof locked === 'string') refuse(locked, what, precondition);
      return;
    }
    const found = await this.entities.find(address, caller);
    if (found === undefined) return refuse('missing', what);
    const failed = unheld(precondition, found[versionMember]);
    if (failed !== undefined) refuse('refused', what, failed);
    if (address.conditions.length === 0) return;
    const owner = {
      ...on,
      steps: on.steps.filter(
        ({ property, key }) => property.kind === 'navigation' && (!property.collection || key !== undefined),
      ),
    };
    const instance = endOf(owner);
    const type = single(instance.type);
    const path = { ...owner, type, suffix: undefined };
    const shape = { ...plainShape(instance), select: new Map<string, never>() };
    const read = { path, collection: { item: instance, filters: [], ...noOptions }, shape, page: undefined };
    const result = await this.entities.readBack(read, caller);
    if (result.kind !== 'one' || !isJsonObject(result.value)) refuse('missing', what);
  }

  async #read({ workplace }: Calling, on: BoundPath, shape: Shape): Promise<JsonValue> {
    const path = { ...on, suffix: undefined };
    const collection = { item: endOf(on), filters: [], ...noOptions };
    const found = await this.entities.readBack({ path, collection, shape, page: undefined }, workplace.caller);
    if (found.kind !== 'one' || !found.present) return refuse('missing', canonicalPath(on).text);
    return found.value;
  }

  /** What the store computes. */
  async #computed(calling: Calling, on: BoundPath): Promise<JsonValue> {
    const { call, context, parameters, workplace } = calling;
    const { operation } = call;
    const instance = endOf(on);
    const start = { kind: 'member' as const, instance, path: [], type: single(instance.type) };
    const computed = new Map(
      parametersOf(operation).map((one) => {
        const { name, type: item, collection } = one as Property;
        const value = parameters.stored[name] ?? null;
        return [name, { expression: { kind: 'literal' as const, value, type: { item, collection } }, cost: 1 }];
      }),
    );
    const about = { ...context, subject: operation.name, current: instance, it: instance, start, computed };
    const expression = new ExpressionBinder({ ...about, inside: [operation] }).ofFunction(operation);
    if (on.type.item?.kind === 'entity') await this.#hold(calling, on);
    const shape = {
      ...plainShape(instance),
      select: new Map<string, never>(),
      computed: [{ name: 'value', expression }],
    };
    const value = await this.#read({ ...calling, workplace }, on, shape);
    return isJsonObject(value) ? (value.value ?? null) : null;
  }
}
