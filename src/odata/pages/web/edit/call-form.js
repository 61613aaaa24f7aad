import { walk } from '../model/model.js';
import { memberPath } from '../model/paths.js';
import { callOf } from '../model/samples.js';
import { asked } from './editing.js';
import { openForm } from './form.js';

/**
 * The call of an action or a function, with a field for each parameter.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Operation} Operation
 * @typedef {import('../model/model.js').Parameter} Parameter
 * @typedef {import('../request/send.js').Answer} Answer
 * @typedef {import('../request/send.js').Asked} Asked
 * @typedef {Record<string, unknown>} Values
 * @typedef {{ operation: Operation, place: string | undefined, member?: string | undefined }} Call `place` is what it is
 *   bound to, or the set of it where `member` names a type: its key is asked for
 */

/** @param {string} name @param {{ type: string, collection: boolean, nullable: boolean, description: string }} declared */
const fieldOf = (name, declared) => ({
  ...declared,
  name,
  navigation: false,
  maxLength: undefined,
  computed: false,
  immutable: false,
});

/** What names a member, as fields under the names that URLs have for it. @param {Model} model @param {string} type */
const keyOf = (model, type) =>
  (model.types.get(type)?.key ?? []).map(({ name, path }) => {
    const property = walk(model, { type, collection: false }, path);
    const description = `Names the one of ${type} that it is about.`;
    return {
      path,
      field: fieldOf(`${name} (key)`, {
        type: 'Edm.String',
        ...property,
        collection: false,
        nullable: false,
        description,
      }),
    };
  });

/** An answer that nobody had to be asked for. @param {string[]} missing names of parameters @returns {Answer} */
const missingAnswer = (missing) => {
  const details = missing.map((target) => ({ target, message: 'This needs a value.' }));
  const error = { message: 'Something is missing.', details };
  return { status: 400, statusText: '', ms: 0, size: 0, headers: [], text: '', json: { error }, bytes: undefined };
};

/** Whether a call needs to be told anything. @param {Call} call */
export const needsForm = ({ operation, member }) => operation.parameters.length > 0 || member !== undefined;

/**
 * Opens the form of a call, and makes it.
 * @param {Model} model @param {Call} call
 * @param {{ send: (asked: Asked) => Promise<Answer>, show: (asked: Asked, answer: Answer) => void }} desk
 */
export async function openCall(model, { operation, place, member }, { send, show }) {
  const key = member === undefined ? [] : keyOf(model, member);
  const parameters = operation.parameters.map((one) => fieldOf(one.name, one));
  const required = [
    ...key.map(({ field }) => field.name),
    // An action's service says itself what is missing; a function is not found without them.
    ...operation.parameters
      .filter((one) => !operation.action && !one.optional && !one.nullable)
      .map(({ name }) => name),
  ];
  await openForm({
    model,
    title: `Call ${operation.name}`,
    act: 'Call',
    properties: () => [...key.map(({ field }) => field), ...parameters],
    before: {},
    save: async (given, close) => {
      const missing = required.filter((name) => given[name] === undefined);
      if (missing.length > 0) return missingAnswer(missing);
      const entity = key.map(({ path, field }) => nested(path, given[field.name])).reduce(merged, {});
      const bound = member === undefined ? place : memberPath(model, place ?? '', entity);
      const own = operation.parameters.filter(
        ({ name }) => given[name] !== undefined || !(operation.action || isLeft(name)),
      );
      const { method, query, body } = callOf(
        operation,
        bound,
        new Map(own.map(({ name }) => [name, given[name] ?? null])),
      );
      const request = asked(method, query, body);
      const answer = await send(request);
      if (answer.status >= 400) return answer;
      close();
      show(request, answer);
      return undefined;
    },
  });

  /** @param {string} name */
  function isLeft(name) {
    return operation.parameters.find((one) => one.name === name)?.optional === true;
  }
}

/** @param {string[]} path @param {unknown} value @returns {Values} */
const nested = ([first = '', ...rest], value) => ({ [first]: rest.length === 0 ? value : nested(rest, value) });

/** @param {Values} one @param {Values} other @returns {Values} both, what is inside of either too */
function merged(one, other) {
  const both = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const before = /** @type {Values | undefined} */ (both[name]);
    both[name] = before === undefined ? value : merged(before, /** @type {Values} */ (value));
  }
  return both;
}
