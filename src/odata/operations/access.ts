import type { SetOperation, Settings } from '../options.js';
import type { EntitySet, Singleton } from '../protocol/edm/model.js';
import { ODataError } from '../protocol/odata-error.js';
import type { Caller } from './caller.js';

/** A set or singleton, by its name. */
type Named = Pick<EntitySet | Singleton, 'name'>;

/** What may be done with the sets of a service, and by whom. */
export class Access {
  /** Whether the same holds for every set. */
  readonly isUniform: boolean;

  constructor(private readonly settings: Settings) {
    this.isUniform = Object.values(settings.sets).every(
      ({ allows, permissions, anonymous }) => (allows ?? permissions ?? anonymous) === undefined,
    );
  }

  /** Whether the service allows an operation at all. */
  allows({ name }: Named, operation: SetOperation): boolean {
    return this.settings.sets[name]?.allows?.includes(operation) ?? true;
  }

  /** Whether an update of a member, or of one inside it, makes what is not there, whatever the request says. */
  upserts({ name }: Named): boolean {
    return this.settings.sets[name]?.upserts === true;
  }

  /** Names of the permissions, each of which suffices. @param name of a set; what is of none needs what the service needs */
  permissions(name: string | undefined, kind: 'read' | 'write'): readonly string[] {
    const { permissions, sets } = this.settings;
    return (name === undefined ? undefined : sets[name]?.permissions?.[kind]) ?? permissions[kind];
  }

  /** Whether everyone may read a set. */
  isOpen(name: string | undefined, kind: 'read' | 'write'): boolean {
    return kind === 'read' && name !== undefined && this.settings.sets[name]?.anonymous === true;
  }

  /**
   * @param name of the set that is addressed first; undefined where it is none
   * @throws ODataError 401 where nobody is known, 403 where a permission is missing
   */
  require(caller: Caller, name: string | undefined, kind: 'read' | 'write'): void {
    if (this.isOpen(name, kind)) return;
    if (caller.isAnonymous === true) throw this.unknownCaller();
    const names = this.permissions(name, kind);
    if (names.some((one) => caller.permissions.has(one))) return;
    const challenge = `Bearer realm="${this.settings.realm}", error="insufficient_scope"`;
    throw new ODataError('accessDenied', `The token must carry one of the permissions ${names.join(', ')}.`, {
      headers: { 'www-authenticate': challenge },
    });
  }

  unknownCaller(): ODataError {
    return new ODataError('missingAuthenticationToken', 'The request carries no bearer token.', {
      headers: { 'www-authenticate': `Bearer realm="${this.settings.realm}"` },
    });
  }

  /**
   * Holds what a request does with entities that its URL does not name, in a body or behind a reference.
   * @throws ODataError 401, 403
   */
  requireOperation(caller: Caller, set: Named, operation: SetOperation): void {
    this.require(caller, set.name, operation === 'read' ? 'read' : 'write');
    if (this.allows(set, operation)) return;
    const done = { create: 'created', read: 'read', update: 'changed', delete: 'deleted' }[operation];
    throw new ODataError('operationNotAllowed', `Entities of ${set.name} cannot be ${done}.`);
  }
}
