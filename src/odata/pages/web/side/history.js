import { holdsToken } from '../request/token.js';

/**
 * Queries that were asked for, kept on this machine: never tokens, never bodies, never answers.
 * @typedef {{ method: string, query: string }} Entry
 */

/** Entries that are kept, and the longest query of one. */
const limits = { entries: 50, length: 2000 };

/** The history of one service. */
export class History {
  #name;

  /** @param {string} root of the service @param {Storage} storage */
  constructor(root, storage) {
    this.#name = `odata-explorer-history ${root}`;
    this.storage = storage;
  }

  /** The newest first. @returns {Entry[]} */
  get entries() {
    try {
      const read = JSON.parse(this.storage.getItem(this.#name) ?? '[]');
      const isEntry = (/** @type {any} */ one) => typeof one?.method === 'string' && typeof one?.query === 'string';
      return Array.isArray(read) ? read.filter(isEntry) : [];
    } catch {
      return [];
    }
  }

  /**
   * Keeps a request that was sent, once; one that somebody put a token into, theirs or another, is not kept.
   * @param {Entry} entry @param {string} token
   */
  add({ method, query }, token) {
    if (query.length > limits.length || (token !== '' && query.includes(token)) || holdsToken(query)) return;
    const others = this.entries.filter((one) => one.method !== method || one.query !== query);
    this.#write([{ method, query }, ...others].slice(0, limits.entries));
  }

  clear() {
    this.storage.removeItem(this.#name);
  }

  /** @param {Entry[]} entries */
  #write(entries) {
    try {
      this.storage.setItem(this.#name, JSON.stringify(entries));
    } catch {
      // No room, or no permission: the page works without.
    }
  }
}
