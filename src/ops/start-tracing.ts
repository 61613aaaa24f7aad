import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
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
import { ToldExporter } from './told-exporter.js';
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

/** The variables that name the collector. */
const endpoints = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;

/** @throws EnvironmentError where a URL of the collector is none that can be asked */
function checkEndpoints(variables: NodeJS.ProcessEnv): void {
  const isWrong = (url: string | undefined): boolean =>
    url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? '');
  const wrong = endpoints.filter((name) => isWrong(variables[name]));
  if (wrong.length > 0)
    throw new EnvironmentError(wrong.map((name) => `${name} must be a URL of http or https: http://collector:4318`));
}

/**
 * Makes what reads variables of its own, and would only warn somebody who listens.
 * @throws EnvironmentError with every warning
 */
function withoutWarnings<T>(make: () => T): T {
  const warnings: string[] = [];
  const ignore = (): void => undefined;
  const warn = (text: string): void => void warnings.push(text.replace(/^Configuration: /, ''));
  const listener = { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(listener, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  try {
    const made = make();
    if (warnings.length > 0) throw new EnvironmentError(warnings);
    return made;
  } finally {
    diag.disable();
  }
}

function exporterOf({ OTEL_TRACES_EXPORTER: name = 'otlp', ...variables }: NodeJS.ProcessEnv): SpanExporter {
  if (name === 'console') return new ConsoleSpanExporter();
  if (name !== 'otlp') throw new EnvironmentError(['OTEL_TRACES_EXPORTER must be otlp, console or none']);
  const protocol = variables.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? variables.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/json';
  if (protocol !== 'http/json')
    throw new EnvironmentError(['OTEL_EXPORTER_OTLP_PROTOCOL must be http/json, which collectors take on port 4318']);
  checkEndpoints(variables);
  return withoutWarnings(() => new OTLPTraceExporter());
}

/** Those that say something: one that is empty counts as absent. */
function saidVariables(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
}

/**
 * Begins to trace, as the variables of OpenTelemetry say.
 * @throws EnvironmentError where they say what is not served
 */
export function startTracing(environment: NodeJS.ProcessEnv): Tracing {
  const variables = saidVariables(environment);
  const exporter = new ToldExporter(exporterOf(variables));
  const own = resourceFromAttributes({ 'service.name': 'decorated-profiles', 'service.version': about.version });
  const provider = new TracerProvider({
    sampler: samplerOf(variables),
    resource: defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return new Tracing({ stop: () => provider.shutdown(), logTo: (logger) => exporter.logTo(logger) });
}
