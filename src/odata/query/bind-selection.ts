import type { EntityType, StructuredType } from '../edm/model.js';
import { ODataError } from '../odata-error.js';
import type { Selection } from '../payload/selection.js';
import type { QueryOptions, SystemQueryOption } from '../uri/query-options.js';

/** Splits at a separator outside of parentheses. */
function splitOutside(text: string, separator: string, option: SystemQueryOption): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
    if (depth < 0) break;
  }
  if (depth !== 0) throw invalid('its parentheses do not match', option);
  parts.push(text.slice(start));
  return parts.map((part) => part.trim());
}

function invalid(reason: string, option: SystemQueryOption): ODataError {
  return new ODataError('invalidQueryOption', `The query option ${option} is not valid: ${reason}.`, {
    target: option,
  });
}

function notImplemented(feature: string, option: SystemQueryOption): ODataError {
  return new ODataError('queryOptionNotImplemented', `${feature} is not implemented.`, { target: option });
}

type MutableSelect = Map<string, { select?: MutableSelect }>;

function addPath(type: StructuredType, path: readonly string[], select: MutableSelect): void {
  const [name = '', ...rest] = path;
  if (name.includes('.')) throw notImplemented(`The qualified name '${name}' in $select`, '$select');
  if (/[@$(*]/.test(name)) throw notImplemented(`'${name.slice(0, 80)}' in $select`, '$select');
  const property = type.properties.get(name);
  const isNavigation = type.kind === 'entity' && type.navigation.has(name);
  if (property === undefined && !isNavigation) {
    throw invalid(`the type ${type.qualifiedName} has no property '${name.slice(0, 80)}'`, '$select');
  }
  const known = select.get(name);
  if (rest.length === 0) {
    select.set(name, {});
    return;
  }
  if (property?.type.kind !== 'complex') throw invalid(`'${name}' has no properties to select`, '$select');
  // `a,a/b` selects all of `a`, whatever the order.
  if (known !== undefined && known.select === undefined) return;
  const nested: MutableSelect = known?.select ?? (new Map() as MutableSelect);
  addPath(property.type, rest, nested);
  select.set(name, { select: nested });
}

function bindSelect(type: StructuredType, text: string): Selection['select'] {
  const select: MutableSelect = new Map();
  let all = false;
  for (const item of splitOutside(text, ',', '$select')) {
    if (item === '*') all = true;
    else addPath(type, item.split('/'), select);
  }
  return all ? undefined : select;
}

function bindExpandItem(type: EntityType, item: string): readonly (readonly [string, Selection])[] {
  if (item === '*') return [...type.navigation.keys()].map((name) => [name, {}] as const);
  const [, name = '', options] = /^([^()]*)(?:\((.*)\))?$/s.exec(item) ?? [];
  if (name.includes('/') || name.includes('.')) throw notImplemented(`'${name.slice(0, 80)}' in $expand`, '$expand');
  const navigation = type.navigation.get(name);
  if (navigation === undefined) {
    throw invalid(`the type ${type.qualifiedName} has no navigation property '${name.slice(0, 80)}'`, '$expand');
  }
  return [[name, options === undefined ? {} : bindNested(navigation.type, options)]];
}

function bindNested(type: EntityType, text: string): Selection {
  const options = new Map<SystemQueryOption, string>();
  for (const part of splitOutside(text, ';', '$expand')) {
    const [, name = '', value = ''] = /^\$?(\w+)=(.*)$/s.exec(part) ?? [];
    const option = `$${name.toLowerCase()}`;
    if (option !== '$select' && option !== '$expand')
      throw notImplemented(`'${part.slice(0, 80)}' inside $expand`, '$expand');
    if (options.has(option)) throw invalid(`'${option}' stands twice`, '$expand');
    options.set(option, value);
  }
  return bindSelection(type, options);
}

/**
 * Binds `$select` and `$expand` to an entity type (OData 4.01 Protocol 11.2.5.1 and 11.2.5.2): property paths, `*`,
 * and `$select` and `$expand` inside an expanded property.
 * @throws ODataError 400 for what the model does not have, 501 for what is not implemented
 */
export function bindSelection(type: EntityType, options: QueryOptions): Selection {
  const [selectText, expandText] = [options.get('$select'), options.get('$expand')];
  const select = selectText === undefined ? undefined : bindSelect(type, selectText);
  const items = expandText === undefined ? [] : splitOutside(expandText, ',', '$expand');
  const expand = new Map(items.flatMap((item) => bindExpandItem(type, item)));
  return { ...(select === undefined ? {} : { select }), ...(expand.size === 0 ? {} : { expand }) };
}
