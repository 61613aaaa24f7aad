import cors, { type FastifyCorsOptions, type FastifyCorsOptionsDelegate } from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Headers of answers that the script of a page may read beside those that it always may. */
const exposedHeaders = [
  'Accept-Ranges',
  'Allow',
  'AsyncResult',
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Location',
  'OData-EntityId',
  'OData-Version',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'client-request-id',
  'request-id',
];

/**
 * Lets pages of other origins call the service from a browser (the CORS protocol of the Fetch standard). A caller is known
 * by a token in a header that the page sets itself: neither cookies nor other credentials of the browser are asked for.
 * @param origins `https://app.example.com`, or `*` for any
 */
export async function allowOrigins(instance: FastifyInstance, origins: readonly string[]): Promise<void> {
  const open: FastifyCorsOptions = {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'],
    exposedHeaders,
    maxAge: 600,
  };
  const delegator: FastifyCorsOptionsDelegate = ({ method, headers }: FastifyRequest, done) => {
    // OPTIONS without its headers is no preflight, but a method that is not there.
    const isOther = method === 'OPTIONS' && headers['access-control-request-method'] === undefined;
    done(null, headers.origin === undefined || isOther ? { origin: false } : open);
  };
  // The route for OPTIONS that the plugin makes too is in the way of the one that answers whatever has no other.
  const withoutRoutes = Object.create(instance, { options: { value: () => withoutRoutes } }) as FastifyInstance;
  await new Promise<void>((resolve, reject) => {
    cors(withoutRoutes, { delegator }, (error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
  instance.addHook('onSend', (_request, reply, payload, done) => {
    // Whoever wrote the answer has said what else it depends on.
    const vary = reply.getHeader('vary');
    if (vary === undefined || !/\borigin\b/i.test(String(vary)))
      reply.header('vary', vary === undefined ? 'Origin' : `${String(vary)}, Origin`);
    done(null, payload);
  });
}
