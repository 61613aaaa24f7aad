import { Readable } from 'node:stream';
import { inTurn } from '../in-turns.js';

/**
 * A body that is written as it is sent: a piece when the one before has been taken, each in a turn of its own of the event
 * loop, so that a large answer keeps neither others waiting nor itself in memory. Where a piece fails the connection is
 * cut: an answer that was begun can only be left malformed (OData 4.01 Protocol 9.5).
 */
export class AnswerStream extends Readable {
  constructor(private readonly pieces: Generator<string, void>) {
    super({ highWaterMark: 65_536 });
  }

  override _read(): void {
    inTurn(() => {
      if (this.destroyed) return;
      try {
        const { done, value } = this.pieces.next();
        this.push(done === true ? null : Buffer.from(value));
      } catch (error) {
        this.destroy(error as Error);
      }
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.pieces.return();
    callback(error);
  }
}
