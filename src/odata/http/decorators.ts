import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller as CallerOfRequest } from '../operations/caller.js';
import type { EntitySet, EntityType } from '../protocol/edm/model.js';
import type { Change, NewEntity } from '../protocol/payload/change.js';
import { readChange, readNewEntity } from '../protocol/payload/read-body.js';
import { type DeltaItem, readDelta } from '../protocol/payload/read-delta.js';
import { ODataError } from '../protocol/odata-error.js';
import { parseEntityTags, type Precondition, restrict } from '../protocol/headers/precondition.js';
import { isSystemSegment } from '../protocol/uri/entity-path.js';
import { bodyFormatOf, header, type Protocol, protocolOf, servicePath } from './protocol.js';
import { refuseConditions } from '../operations/refuse-conditions.js';
import { parseBody } from './request-body.js';

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>();
}

/** The path of a request behind the service root, keys as segments, still percent-encoded. */
function pathOf(request: FastifyRequest): string {
  const [path = ''] = request.url.slice(servicePath.length + 1).split('?', 1);
  return path;
}

/** Injects who sent the request. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => (requestOf(context) as FastifyRequest & { user: CallerOfRequest }).user,
);

/** Injects the protocol of the request: versions, format, preferences, preconditions, query options. */
export const OData = createParamDecorator((_: unknown, context: ExecutionContext): Protocol =>
  protocolOf(requestOf(context)),
);

/** Injects one header of the request. */
export const Header = createParamDecorator((name: string, context: ExecutionContext) =>
  header(requestOf(context), name),
);

/**
 * Injects the key of the addressed member of an entity set. In the key-as-segment style a segment that begins with `$` is
 * none: what `$count` and the like address is not built.
 */
export const EntityKey = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const request = requestOf(context);
  const { id } = request.params as { id: string };
  const [, segment = ''] = pathOf(request).split('/');
  if (!segment.startsWith('$')) return id;
  if (isSystemSegment(id)) throw new ODataError('notImplemented', `'${id.slice(0, 80)}' is not implemented.`);
  throw new ODataError('resourceNotFound', `There is no resource at '${id.slice(0, 80)}'.`);
});

/** An update, and the conditions under which it may happen: those of the headers and that of the body. */
export interface ConditionalChange extends Change {
  readonly precondition: Precondition;
}

function changeIn(type: EntityType, context: ExecutionContext, mode: 'merge' | 'replace'): ConditionalChange {
  const request = requestOf(context);
  const change = readChange(type, parseBody(request), bodyFormatOf(request), { entityUrl: pathOf(request), mode });
  const { precondition } = protocolOf(request);
  const heeded = etagInBody(request, change.etag);
  return { ...change, precondition: heeded === undefined ? precondition : restrict(precondition, heeded) };
}

/** 11.4.1.1: an ETag inside the body counts where the client says that the body is of 4.01. */
export function etagInBody(
  request: FastifyRequest,
  etag: string | undefined,
): ReturnType<typeof parseEntityTags> | undefined {
  const counts = etag !== undefined && header(request, 'odata-version')?.trim() === '4.01';
  return counts ? parseEntityTags(etag, '@etag') : undefined;
}

/** Injects the body as a change of an entity of the given type; every fault of it is reported, with its path. */
export const ChangeOf = createParamDecorator((type: EntityType, context: ExecutionContext) =>
  changeIn(type, context, 'merge'),
);

/**
 * Injects the body as changes of several members of the given set; every fault of it is reported, with its path. The set
 * itself has no ETag.
 */
export const DeltaOf = createParamDecorator((set: EntitySet, context: ExecutionContext) =>
  deltaIn(requestOf(context), set),
);

/** The body of a request as changes of the members of a set. */
export function deltaIn(request: FastifyRequest, set: EntitySet): readonly DeltaItem[] {
  const { precondition, preferences } = protocolOf(request);
  refuseConditions(precondition);
  const format = { ...bodyFormatOf(request), continueOnError: preferences.continueOnError };
  return readDelta(set, parseBody(request), format);
}

/** Injects the body as what an entity of the given type is to become; every fault of it is reported, with its path. */
export const ReplacementOf = createParamDecorator((type: EntityType, context: ExecutionContext) =>
  changeIn(type, context, 'replace'),
);

/** Injects the body as a new entity of the given type, what it contains inline; every fault of it is reported. */
export const NewEntityOf = createParamDecorator((type: EntityType, context: ExecutionContext): NewEntity => {
  const request = requestOf(context);
  return readNewEntity(type, parseBody(request), bodyFormatOf(request));
});
