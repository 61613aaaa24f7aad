import type { ItemType } from '../../edm/model.js';
import type { TypeFamily } from '../../edm/primitive-types.js';
import { isNumeric } from './functions.js';

/** What a type can be cast to beside text, itself, and numbers from numbers. */
const others: Readonly<Partial<Record<TypeFamily, readonly TypeFamily[]>>> = {
  date: ['dateTimeOffset'],
  dateTimeOffset: ['date', 'timeOfDay'],
};

/**
 * Whether a single value of a type can be cast to another one (OData 4.01 URL Conventions 5.1.1.10.1). Where it cannot,
 * whatever the value is, the cast fails, and is null: no store is asked for it.
 */
export function isCastable(from: ItemType, to: ItemType): boolean {
  if (from === undefined || from === to) return true;
  const [source, target] = [from, to].map((type) => (type?.kind === 'primitive' ? type.family : undefined));
  if (to?.kind === 'enum') return source === 'integer' || source === 'string';
  if (from.kind === 'enum') return target === 'integer' || target === 'string';
  if (from.kind !== 'primitive' || to?.kind !== 'primitive') return false;
  if (isNumeric(from)) return isNumeric(to) || target === 'string';
  if (from.family === to.family || target === 'string') return true;
  if (source === 'string') return target !== 'geo';
  return others[from.family]?.includes(to.family) ?? false;
}
