/** How often a store looks after what runs and waits, in milliseconds. */
const interval = 50;

/** Looks after work again and again, as long as there is some; costs nothing where there is none. */
export class Watch {
  #timer: NodeJS.Timeout | undefined;

  /** @param look gives whether there is work to look after */
  constructor(private readonly look: () => boolean) {}

  /** There is work now. */
  start(): void {
    this.#timer ??= setInterval(() => {
      if (!this.look()) this.stop();
    }, interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
