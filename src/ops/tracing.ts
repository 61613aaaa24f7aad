import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { RequestBegin, RequestEnd, RequestObserver, StatementEnd, StoreObserver } from '../odata/tools.js';
import { about } from './about.js';

const name = 'decorated-profiles';
/** Characters of a statement that are told. */
const mostText = 4000;

/** Whether somebody asks for traces, by the variables of OpenTelemetry. */
export function isTraced({
  OTEL_SDK_DISABLED: disabled,
  OTEL_TRACES_EXPORTER: exporter,
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own,
}: NodeJS.ProcessEnv): boolean {
  if (disabled?.toLowerCase() === 'true') return false;
  return exporter === undefined || exporter === '' ? (endpoint ?? own ?? '') !== '' : exporter !== 'none';
}

/** What a line of the log has of the trace that it belongs to. */
export function loggedTrace(): object {
  const active = trace.getActiveSpan()?.spanContext();
  return active === undefined ? {} : { traceId: active.traceId, spanId: active.spanId };
}

/** What sends the spans. */
export interface Sending {
  /** Sends what was not sent yet. */
  readonly stop: () => Promise<void>;
  /** Where it says from now on that it cannot send them, and that it can again. */
  readonly logTo: (logger: Logger) => void;
}

/**
 * Spans of requests, those inside of batches among them, and of statements, whose text has placeholders in the place of
 * values. What the client says of its trace (`traceparent`, W3C Trace Context) is gone on with.
 */
export class Tracing implements RequestObserver, StoreObserver {
  readonly #tracer: Tracer = trace.getTracer(name, about.version);
  readonly #spans = new WeakMap<object, Span>();

  constructor(readonly sending: Sending) {}

  began(): void {
    // Everything begins in `within`.
  }

  within({ source, method, headers, isInside }: RequestBegin, go: (traceId: string | undefined) => void): void {
    // Parts of a batch are in the span of the batch.
    const parent: Context = isInside ? context.active() : propagation.extract(context.active(), headers);
    const span = this.#tracer.startSpan(method, { kind: isInside ? SpanKind.INTERNAL : SpanKind.SERVER }, parent);
    this.#spans.set(source, span);
    context.with(trace.setSpan(parent, span), () => go(span.spanContext().traceId));
  }

  ended({ source, method, route, status, sent }: RequestEnd): void {
    const span = this.#spans.get(source);
    if (span === undefined) return;
    span.updateName(`${method} ${route}`);
    span.setAttributes({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'http.response.size': sent,
    });
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  statement({ kind, text, milliseconds, error }: StatementEnd): void {
    // What nobody's request asked for is nobody's trace.
    if (trace.getActiveSpan() === undefined) return;
    const now = Date.now();
    const span = this.#tracer.startSpan(kind, { kind: SpanKind.CLIENT, startTime: now - milliseconds });
    span.setAttributes({ 'db.operation.name': kind, 'db.query.text': text.slice(0, mostText) });
    if (error instanceof Error) span.setStatus({ code: SpanStatusCode.ERROR, message: error.name });
    span.end(now);
  }

  committed(): void {
    // A group is of many requests.
  }
}
