import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { type Fault, ODataError } from '../odata-error.js';
import type { Body, BodyFormat } from './body-format.js';
import { control } from './control-information.js';

/** Which collection a body is of. */
export interface CollectionBody {
  /** Of an entity set its name; what else there is has a path that is not compared. */
  readonly name?: string;
  readonly isDelta: boolean;
}

/** 10.2 and 10.17: of the collection, with whatever select-list; a delta also of none. */
function contextFault({ name, isDelta }: CollectionBody, context: JsonValue): Fault | undefined {
  const [, fragment = ''] = typeof context === 'string' ? context.split('#') : [];
  const of = fragment.replace(/(^|\/)\$delta$/, '');
  const said = /^[^(/]+/.exec(of)?.[0];
  const isOfIt = said === undefined ? isDelta : name === undefined || said === name;
  if (isOfIt && (of !== fragment) === isDelta) return undefined;
  const place = name ?? '…';
  const end = isDelta ? `'#${place}/$delta' or '#$delta'` : `'#${place}'`;
  const message = `The context of ${isDelta ? 'a delta payload' : 'a whole collection'} ends in ${end}.`;
  return { code: 'valueNotAllowed', target: '@context', message };
}

/** What of a payload is not of its items. */
function faultsOutside(of: CollectionBody, body: JsonObject, duplicates: readonly string[]): readonly Fault[] {
  const faults: Fault[] = [];
  const context = control(body, 'context');
  const fault = context === undefined ? undefined : contextFault(of, context);
  if (fault !== undefined) faults.push(fault);
  for (const member of Object.keys(body)) {
    if (member === 'value' || member.includes('@')) continue;
    const target = member.slice(0, 80);
    faults.push({ code: 'propertyNotFound', target, message: `Only 'value' can stand here, not '${target}'.` });
  }
  for (const path of duplicates)
    faults.push({ code: 'duplicateMember', target: path, message: `'${path}' stands twice in its object.` });
  if (!Array.isArray(body.value))
    faults.push({ code: 'typeMismatch', target: 'value', message: "'value' must be an array." });
  return faults;
}

/**
 * The items of a body that is a collection of entities, whole or a delta payload; and what is wrong around them.
 * @throws ODataError 400 where it is none
 */
export function openCollection(
  body: Body,
  { version }: BodyFormat,
  of: CollectionBody,
): { readonly value: readonly JsonValue[]; readonly faults: readonly Fault[] } {
  if (version === '4.0') {
    const what = of.isDelta ? 'A delta payload is updated' : 'A collection of entities is replaced';
    throw new ODataError('invalidVersion', `${what} in OData 4.01 only.`, { target: 'OData-Version' });
  }
  if (!isJsonObject(body.value)) throw new ODataError('bodyNotObject', 'The body must be one JSON object.');
  const outside = body.duplicates.filter((one) => !/^value\/\d+\//.test(one));
  const { value } = body.value;
  return { value: Array.isArray(value) ? value : [], faults: faultsOutside(of, body.value, outside) };
}
