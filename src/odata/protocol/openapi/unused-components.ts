import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';

/** Every reference in a part of a document. */
function refsIn(value: JsonValue): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(refsIn);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === '$ref' && typeof inner === 'string' ? [inner] : refsIn(inner),
  );
}

/** A document without the components that no operation leads to: which there are depends on the model. */
export function withoutUnused(document: JsonObject): JsonObject {
  const { components, ...others } = document;
  const kinds = Object.entries(components as JsonObject) as [string, JsonObject][];
  const byRef = new Map(
    kinds.flatMap(([kind, named]) => Object.entries(named).map(([name, one]) => [`#/components/${kind}/${name}`, one])),
  );
  const used = new Set(refsIn(others));
  // A set gives what is added while it is walked.
  for (const pointer of used) for (const inner of refsIn(byRef.get(pointer) ?? null)) used.add(inner);
  const kept = kinds.map(([kind, named]) => {
    const isUsed = ([name]: [string, JsonValue]): boolean =>
      kind === 'securitySchemes' || used.has(`#/components/${kind}/${name}`);
    return [kind, Object.fromEntries(Object.entries(named).filter(isUsed))] as const;
  });
  return { ...others, components: Object.fromEntries(kept) };
}
