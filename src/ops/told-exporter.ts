import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';

/** Sends spans by another exporter, and says in the log when they cannot be sent, and when they can again: once each. */
export class ToldExporter implements SpanExporter {
  #logger: Logger | undefined;
  #isFailing = false;
  #lost = 0;

  constructor(private readonly exporter: SpanExporter) {}

  logTo(logger: Logger): void {
    this.#logger = logger;
  }

  export(spans: ReadableSpan[], onResult: (result: ExportResult) => void): void {
    this.exporter.export(spans, (result) => {
      // It is said of no request, though the timer was set while one was answered.
      context.with(ROOT_CONTEXT, () => this.#tell(spans.length, result));
      onResult(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }

  #tell(count: number, { code, error }: ExportResult): void {
    if (code === ExportResultCode.SUCCESS) {
      if (this.#isFailing) this.#logger?.info({ lost: this.#lost }, 'traces are sent again');
      [this.#isFailing, this.#lost] = [false, 0];
      return;
    }
    this.#lost += count;
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#logger?.warn({ reason: reasonOf(error) }, 'traces cannot be sent, and are lost until they can');
  }
}

/** What is wrong, in a line; of a name with several addresses that of the first one. */
function reasonOf(error: Error | undefined): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0] as Error);
  return error?.message ?? 'nobody says why';
}
