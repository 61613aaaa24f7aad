import { ODataError } from '../../protocol/odata-error.js';

/** For how long a count is good, in milliseconds: other processes add to it too. */
const goodFor = 10_000;
const mostTenants = 1000;

interface Counted {
  bytes: number;
  readonly until: number;
}

/**
 * What tenants have of something that is bounded: counted now and then, because that looks at all of it, and in between
 * what this process adds. It is counted anew before anybody is refused; of what other processes add it knows some seconds
 * later.
 */
export class TenantRoom {
  readonly #counted = new Map<string, Counted>();

  /** @param count gives how many bytes a tenant has */
  constructor(private readonly count: (tenant: string) => Promise<number>) {}

  /**
   * Takes room for so many bytes more; fewer than none give some back.
   * @throws ODataError 507
   */
  async take(tenant: string, bytes: number, most: number): Promise<void> {
    let counted = this.#counted.get(tenant);
    const isGood = counted !== undefined && counted.until > Date.now();
    if (!isGood || counted === undefined || counted.bytes + bytes > most) counted = await this.#recount(tenant);
    if (counted.bytes + bytes > most)
      throw new ODataError('noRoomForStreams', 'The tenant has no room for so many bytes of streams.');
    counted.bytes += bytes;
  }

  async #recount(tenant: string): Promise<Counted> {
    const counted = { bytes: await this.count(tenant), until: Date.now() + goodFor };
    if (this.#counted.size >= mostTenants) this.#counted.clear();
    this.#counted.set(tenant, counted);
    return counted;
  }

  /** Has everything counted anew: something is gone. */
  forget(): void {
    this.#counted.clear();
  }
}
