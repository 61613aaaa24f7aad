/** How often a line is written, in milliseconds: to a terminal, where it is written over, and elsewhere. */
const intervals = { terminal: 200, log: 10_000 } as const;

function inWords(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

/** Tells on standard error how far something has come. */
export class Progress {
  readonly #begun = Date.now();
  #last = Date.now();

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  /**
   * @param what is counted, `lines imported`
   * @param share of the whole that is done, from 0 to 1, where that is known
   */
  report(done: number, what: string, share?: number): void {
    const now = Date.now();
    if (now - this.#last < (this.stream.isTTY ? intervals.terminal : intervals.log)) return;
    this.#last = now;
    const seconds = (now - this.#begun) / 1000;
    const left = share === undefined || share <= 0 ? '' : `, about ${inWords((seconds * (1 - share)) / share)} left`;
    const text = `${done} ${what}, ${Math.round(done / seconds)} a second${left}`;
    this.stream.write(this.stream.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Ends the line that was written over, and says the last word. */
  end(text: string): void {
    this.stream.write(`${this.stream.isTTY ? '\r\x1b[K' : ''}${text}\n`);
  }
}
