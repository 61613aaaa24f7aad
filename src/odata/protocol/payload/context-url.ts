import type { ODataVersion } from '../versions.js';
import type { MadeItems, Selection } from './selection.js';

/** Of what a query has made: the properties that are in every value, or that there are none (Data Aggregation 3.1.1). */
function madeItems({ list, plainList }: MadeItems, others: readonly string[], version: ODataVersion, prefix: string) {
  const all = [...(version === '4.0' ? plainList : list).map((name) => `${prefix}${name}`), ...others];
  return all.length === 0 ? [`${prefix}@Core.AnyStructure`] : all;
}

function items(selection: Selection, version: ODataVersion, prefix: string): readonly string[] {
  const selected = [...(selection.select ?? [])].flatMap(([name, nested]) =>
    nested.select === undefined && nested.computed === undefined && nested.made === undefined
      ? [`${prefix}${name}`]
      : items(nested, version, `${prefix}${name}/`),
  );
  const computed = [...(selection.computed?.keys() ?? [])];
  // 10.7 and 10.8: without $select, `*` says that the declared properties are there beside the computed ones.
  const star = computed.length > 0 && selection.select === undefined ? [`${prefix}*`] : [];
  const added = [...computed, ...(selection.dynamic ?? []), ...(selection.annotations ?? [])].map(
    (name) => `${prefix}${name}`,
  );
  const expanded = [...(selection.expand ?? [])].flatMap(([name, nested]) => {
    if (nested.only !== undefined || selection.made?.sometimes.includes(name) === true) return [];
    const list = items(nested, version, '');
    // 10.10: 4.0 leaves out an expanded property without nested $select or $expand, 4.01 writes it with `()`.
    return version === '4.0' && list.length === 0 ? [] : [`${prefix}${name}(${list.join(',')})`];
  });
  const { made } = selection;
  if (made !== undefined && selection.select === undefined)
    return madeItems(made, [...added, ...expanded], version, prefix);
  return [...star, ...selected, ...added, ...expanded];
}

/**
 * The select-list of a context URL, in parentheses, or nothing where everything is selected
 * (OData 4.01 Protocol 10.7 to 10.10).
 */
export function selectList(selection: Selection, version: ODataVersion): string {
  const list = items(selection, version, '');
  return list.length === 0 ? '' : `(${list.join(',')})`;
}
