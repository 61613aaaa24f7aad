import { confirmed } from '../dom/dialog.js';
import { isKey } from '../model/model.js';
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

/** The entity tag of an answer. @param {Answer} answer */
const tagOf = (answer) => headerOf(answer, 'etag') ?? control(answer.json, 'etag') ?? '*';

export class Editing {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /**
   * Merges a change; shows both values where somebody else was first.
   * @param {string} path @param {string} tag @param {Entity} change
   * @returns {Promise<Answer | undefined>} the answer where it is an error that is to be shown
   */
  async save(path, tag, change) {
    const answer = await this.desk.send(asked('PATCH', path, textOf(change), tag));
    if (answer.status === 412) {
      const now = await this.desk.send(asked('GET', path, ''));
      if (now.status < 400 && (await settled(change, entityOf(now))) === 'overwrite')
        return this.save(path, tagOf(now), change);
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
      properties: properties.filter(({ immutable, name }) => !immutable && !isKey(model, type, name)),
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
      properties: propertiesOf(model, type),
      before: {},
      save: async (after, close) => {
        const answer = await this.desk.send(asked('POST', path, textOf(after)));
        if (answer.status >= 400) return answer;
        close();
        this.desk.say(`Created in ${path}: ${summaryOf(answer)}`);
        this.desk.refresh();
        return undefined;
      },
    });
  }

  /** Deletes what a path leads to, after asking. @param {string} path @param {string} tag */
  async remove(path, tag) {
    if (
      !(await confirmed(
        `Delete ${path}?`,
        'It is deleted with everything that it contains. There is no way back.',
        'Delete',
      ))
    )
      return;
    const answer = await this.desk.send(asked('DELETE', path, '', tag));
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
