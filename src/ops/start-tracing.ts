import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { EnvironmentError } from '../config/read-environment.js';
import { about } from './about.js';
import { Tracing } from './tracing.js';

/** Which requests are traced, by `OTEL_TRACES_SAMPLER`. */
function samplerOf({
  OTEL_TRACES_SAMPLER: name = 'parentbased_always_on',
  OTEL_TRACES_SAMPLER_ARG: argument = '1',
}: NodeJS.ProcessEnv): Sampler {
  const ratio = Number(argument);
  const isRatio = name.endsWith('traceidratio');
  if (isRatio && !(ratio >= 0 && ratio <= 1))
    throw new EnvironmentError(['OTEL_TRACES_SAMPLER_ARG must be a share from 0 to 1']);
  const [, parentBased = '', kind = ''] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(name) ?? [];
  const samplers = new Map<string, () => Sampler>([
    ['always_on', () => new AlwaysOnSampler()],
    ['always_off', () => new AlwaysOffSampler()],
    ['traceidratio', () => new TraceIdRatioBasedSampler(ratio)],
  ]);
  const root = samplers.get(kind)?.();
  if (root === undefined)
    throw new EnvironmentError([
      'OTEL_TRACES_SAMPLER must be always_on, always_off or traceidratio, with or without parentbased_ before it',
    ]);
  return parentBased === '' ? root : new ParentBasedSampler({ root });
}

function exporterOf({ OTEL_TRACES_EXPORTER: name = 'otlp', ...variables }: NodeJS.ProcessEnv): SpanExporter {
  if (name === 'console') return new ConsoleSpanExporter();
  if (name !== 'otlp' && name !== '')
    throw new EnvironmentError(['OTEL_TRACES_EXPORTER must be otlp, console or none']);
  const protocol = variables.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? variables.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/json';
  if (protocol !== 'http/json')
    throw new EnvironmentError(['OTEL_EXPORTER_OTLP_PROTOCOL must be http/json, which collectors take on port 4318']);
  return new OTLPTraceExporter();
}

/**
 * Begins to trace, as the variables of OpenTelemetry say.
 * @throws EnvironmentError where they say what is not served
 */
export function startTracing(variables: NodeJS.ProcessEnv): Tracing {
  const own = resourceFromAttributes({ 'service.name': 'decorated-profiles', 'service.version': about.version });
  const provider = new TracerProvider({
    sampler: samplerOf(variables),
    resource: defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: exporterOf(variables) })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return new Tracing(() => provider.shutdown());
}
