import { isJsonObject, type JsonValue } from '../protocol/json/json-value.js';
import { JsonSyntaxError, parseJson } from '../protocol/json/parse-json.js';
import { ODataError } from '../protocol/odata-error.js';
import { bodyText } from '../protocol/payload/body-text.js';
import { stringifyJson } from '../protocol/json/stringify-json.js';
import type { PartRequest } from './batch-request.js';
import { replaceReferences, type ValueReference } from './value-references.js';

/** Where the references in a body lead. */
export interface BodyTargets {
  /** URL of the entity that a request created or addressed, relative to the service root. */
  entity(id: string): string;
  value(reference: ValueReference): JsonValue;
}

/** Members whose value is the URL of an entity: bindings, and ids of entities (OData JSON Format 4.01, 4.5.8 and 8.5). */
const entityMember = /@(?:odata\.)?(?:bind|id)$/;
const entityReference = /^\$([\w\-.~]+)$/;

/** The one reference that a text consists of. */
function wholeReference(text: string): ValueReference | undefined {
  let found: ValueReference | undefined;
  if (text.startsWith('$')) {
    replaceReferences(text, (reference) => {
      if (reference.text === text) found = reference;
      return undefined;
    });
  }
  return found;
}

/** The ids in a JSON body that stand where the URL of an entity is due. */
export function entityReferences(body: Buffer): readonly string[] {
  const found: string[] = [];
  resolveBody(
    { body, headers: {}, declared: false, dependsOn: { includes: () => true, length: 1 } },
    {
      entity: (id) => {
        found.push(id);
        return id;
      },
      value: () => null,
    },
  );
  return found;
}

/** What of a request its references are found in. */
type Referring = Pick<PartRequest, 'body' | 'headers' | 'declared'> & {
  readonly dependsOn: Pick<PartRequest['dependsOn'], 'includes' | 'length'>;
};

/**
 * Puts what it refers to into the JSON body of a request: `$<id>` where a URL of an entity is due; and,
 * where the client has declared what the request depends on, in place of any text `$<id>/path`, a value out of that
 * answer. A text that merely looks like that stays as it is.
 */
export function resolveBody(
  { body, headers, dependsOn, declared }: Referring,
  targets: BodyTargets,
): Buffer | undefined {
  const type = headers['content-type'] ?? 'application/json';
  if (body === undefined || dependsOn.length === 0 || !body.includes('"$') || !/json/i.test(type)) return body;
  const found = { any: false };
  const resolved = (value: JsonValue, name: string): JsonValue => {
    if (Array.isArray(value)) return value.map((item) => resolved(item, name));
    if (isJsonObject(value)) {
      return Object.assign(
        Object.create(null) as object,
        Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, key)])),
      );
    }
    if (typeof value !== 'string') return value;
    const [, id] = entityMember.test(name) ? (entityReference.exec(value) ?? []) : [];
    const reference = id === undefined ? wholeReference(value) : { id, path: [], text: value };
    if (reference === undefined || !dependsOn.includes(reference.id)) return value;
    if (id === undefined && (!declared || reference.path.length === 0)) return value;
    found.any = true;
    return id === undefined ? targets.value(reference) : targets.entity(id);
  };
  // What is at fault is left to whoever reads the request.
  const value = soundJson(body);
  if (value === undefined) return body;
  const result = resolved(value, '');
  return found.any ? Buffer.from(stringifyJson(result)) : body;
}

/** The value of a body; undefined where it has a fault. */
function soundJson(body: Buffer): JsonValue | undefined {
  try {
    const { value, duplicates } = parseJson(bodyText(body, undefined, 'json'), 128);
    return duplicates.length > 0 ? undefined : value;
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof ODataError) return undefined;
    throw error;
  }
}
