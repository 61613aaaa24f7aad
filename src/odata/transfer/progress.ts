/** How often a line is written, in milliseconds: to a terminal, where it is written over, and elsewhere. */
const intervals = { terminal: 200, log: 10_000 } as const;

/** Tells on standard error how far something has come. */
export class Progress {
  #last = Date.now();

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  report(text: string): void {
    const now = Date.now();
    if (now - this.#last < (this.stream.isTTY ? intervals.terminal : intervals.log)) return;
    this.#last = now;
    this.stream.write(this.stream.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Ends the line that was written over, and says the last word. */
  end(text: string): void {
    this.stream.write(`${this.stream.isTTY ? '\r\x1b[K' : ''}${text}\n`);
  }
}
