import { confirmed } from '../dom/dialog.js';
import { isKey, kindsOf } from '../model/model.js';
import { control } from '../model/paths.js';
import { headersOf, noSwitches } from '../request/headers.js';
import { isObject, textOf } from '../request/json.js';
import { headerOf, summaryOf } from '../request/send.js';
import { changeOf } from './change.js';
import { settled } from './conflict.js';
import { openForm } from './form.js';

/**
 * Changes of entities by hand: each with the version that was seen, so that nobody overwrites what they have not seen.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Property} Property
 * @typedef {import('../request/send.js').Answer} Answer
 * @typedef {import('../request/send.js').Asked} Asked
 * @typedef {Record<string, unknown>} Entity
 * @typedef {{ send: (asked: Asked) => Promise<Answer>, say: (text: string) => void, refresh: () => void }} Desk
 */

/** @param {string} method @param {string} query @param {string} body @param {string} [ifMatch] @returns {Asked} */
export function asked(method, query, body, ifMatch = '') {
  return { method, query, body, headers: headersOf({ ...noSwitches, maxVersion: '4.01', ifMatch }, body !== '') };
}

/** @param {Answer} answer @returns {Entity} */
const entityOf = ({ json }) => (isObject(json) ? json : {});

/** The entity tag of an answer; undefined where it says none, as without metadata. @param {Answer} answer */
export const tagOf = (answer) => headerOf(answer, 'etag') ?? control(answer.json, 'etag');

/** Whether what somebody saw is what is there. @param {Entity} seen @param {Entity} now */
const isAsSeen = (seen, now) =>
  Object.entries(seen).every(([name, value]) => textOf(value ?? null) === textOf(now[name] ?? null));

/** What is said where no answer says it. */
const changedMeanwhile = { status: 412, json: { error: { message: 'It was changed meanwhile.' } } };

export class Editing {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /**
   * Merges a change; shows both values where somebody else was first. Where the version that was seen is not known, what was
   * seen is compared with what is there.
   * @param {string} path @param {string | undefined} tag of the version that was seen @param {Entity} change
   * @param {Entity} [seen] the values that the change is of
   * @returns {Promise<Answer | undefined>} the answer where it is an error that is to be shown
   */
  async save(path, tag, change, seen = {}) {
    const answer = tag === undefined ? undefined : await this.desk.send(asked('PATCH', path, textOf(change), tag));
    if (answer === undefined || answer.status === 412) {
      const now = await this.desk.send(asked('GET', path, ''));
      if (now.status >= 400) return now;
      const isSeen = answer === undefined && isAsSeen(seen, entityOf(now));
      const decision = isSeen ? 'overwrite' : await settled(change, entityOf(now));
      if (decision === 'overwrite') return this.save(path, tagOf(now) ?? '*', change);
      // Who wants to think about it keeps what was typed, and is told of it again.
      if (decision === 'later') return answer ?? { ...now, ...changedMeanwhile };
      this.desk.refresh();
      return undefined;
    }
    if (answer.status >= 400) return answer;
    this.desk.say(`Changed ${path}: ${summaryOf(answer)}`);
    this.desk.refresh();
    return undefined;
  }

  /**
   * Opens a form on an entity, or on one property of it, as it is now.
   * @param {Model} model @param {string} path @param {string} type @param {string} [only] name of the property
   */
  async edit(model, path, type, only) {
    const answer = await this.desk.send(asked('GET', path, ''));
    if (answer.status >= 400) return this.desk.say(`${path}: ${summaryOf(answer)}`);
    const before = entityOf(answer);
    const actual = control(before, 'type')?.replace(/^.*#/, '') ?? type;
    const properties = propertiesOf(model, model.types.has(actual) ? actual : type, only);
    await openForm({
      model,
      title: `Edit ${only === undefined ? path : `${path}/${only}`}`,
      act: 'Save',
      properties: () => properties.filter(({ immutable, name }) => !immutable && !isKey(model, type, name)),
      before,
      save: async (after, close) => {
        const change = changeOf(before, after);
        if (Object.keys(change).length === 0) return (close(), undefined);
        const refused = await this.save(path, tagOf(answer), change);
        if (refused === undefined) close();
        return refused;
      },
    });
  }

  /** Opens a form for a new member of a collection. @param {Model} model @param {string} path @param {string} type */
  async create(model, path, type) {
    await openForm({
      model,
      title: `Create in ${path}`,
      act: 'Create',
      types: kindsOf(model, type),
      properties: (chosen) => propertiesOf(model, chosen || type),
      before: {},
      save: async (after, close, chosen) => {
        const typed = chosen === type || chosen === '' ? after : { '@type': `#${chosen}`, ...after };
        const answer = await this.desk.send(asked('POST', path, textOf(typed)));
        if (answer.status >= 400) return answer;
        close();
        this.desk.say(`Created in ${path}: ${summaryOf(answer)}`);
        this.desk.refresh();
        return undefined;
      },
    });
  }

  /** Deletes what a path leads to, after asking. @param {string} path @param {string | undefined} tag */
  async remove(path, tag) {
    if (
      !(await confirmed(
        `Delete ${path}?`,
        'It is deleted with everything that it contains. There is no way back.',
        'Delete',
      ))
    )
      return;
    const answer = await this.desk.send(asked('DELETE', path, '', tag ?? '*'));
    this.desk.say(
      `Delete ${path}: ${summaryOf(answer)}${answer.status === 412 ? '. It was changed meanwhile: look at it again.' : ''}`,
    );
    this.desk.refresh();
  }
}

/** @param {Model} model @param {string} type @param {string} [only] @returns {Property[]} what can be typed */
function propertiesOf(model, type, only) {
  return [...(model.types.get(type)?.properties.values() ?? [])].filter(
    ({ name, navigation, computed, type: of }) =>
      !navigation && !computed && of !== 'Edm.Stream' && (only === undefined || name === only),
  );
}
