import { Edm, type PrimitiveType, type TypeFamily } from '../../edm/primitive-types.js';
import type { Expression } from '../../uri/syntax-tree.js';
import { type BoundExpression, isNull, single } from '../bound.js';
import { compatible, isStructured, nameOf } from '../value-types.js';
import { bindPair } from './bind-comparison.js';
import { startOf } from './bind-member-path.js';
import { bindOverloaded } from './bind-overloaded.js';
import type { Binder } from './binding.js';
import { overloads } from './functions.js';
import { isDefined } from './is-defined.js';
import { refuseProperty } from './members.js';
import { faultOfPattern } from './pattern.js';

const boolean = single(Edm.Boolean);

/** What the functions of geography and geometry take and give, and what each of both kinds is called. */
const geoFunctions = {
  'geo.distance': { takes: ['Point', 'Point'], names: ['distanceOnSphere', 'distanceInPlane'], gives: Edm.Double },
  'geo.length': { takes: ['LineString'], names: ['lengthOnSphere', 'lengthInPlane'], gives: Edm.Double },
  'geo.intersects': { takes: ['Point', 'Polygon'], names: ['intersects', 'intersects'], gives: Edm.Boolean },
} as const;

/** Functions of parts of a moment that differ with its offset. */
const ofCalendar: ReadonlySet<string> = new Set(['year', 'month', 'day', 'hour', 'minute', 'date', 'time']);

/** A canonical function (5.1.1.4 to 5.1.1.11). */
export function bindCall(binder: Binder, node: Expression & { kind: 'call' }): BoundExpression {
  switch (node.canonical) {
    case 'now':
      return momentOf(binder.context.now.toISOString());
    case 'mindatetime':
      return momentOf('0001-01-01T00:00:00Z');
    case 'maxdatetime':
      return momentOf('9999-12-31T23:59:59.999999999999Z');
    case 'hassubset':
    case 'hassubsequence':
      return bindHasSub(binder, node);
    case 'geo.distance':
    case 'geo.intersects':
    case 'geo.length':
      return bindGeo(binder, node);
    case 'isdefined':
      return bindIsDefined(binder, node);
    default: {
      const wanted = overloads.get(node.canonical)?.[0]?.takes;
      const values = node.arguments.map((argument, index) => binder.expression(argument, expectedBy(wanted?.[index])));
      if (node.canonical === 'matchespattern') checkPattern(binder, node, values[1]);
      if (node.canonical === 'substring') checkLength(binder, node, values[2]);
      const told = ofLiteral(binder, node.canonical, node.arguments[0]);
      if (told !== undefined && node.arguments.length === 1) return told;
      return bindOverloaded(binder, node.canonical, node, values);
    }
  }
}

/** What a literal in the place of an argument is cast to: where only one family fits, and it is not text. */
function expectedBy(families: readonly TypeFamily[] | undefined): PrimitiveType | undefined {
  const [only, ...others] = families ?? [];
  if (others.length > 0) return undefined;
  switch (only) {
    case 'duration':
      return Edm.Duration;
    case 'dateTimeOffset':
      return Edm.DateTimeOffset;
    case 'integer':
      return Edm.Int32;
    default:
      return undefined;
  }
}

/** 5.1.1.5.7: a negative length is a bad request; where only some rows have it so, theirs is null. */
function checkLength(binder: Binder, node: Expression & { kind: 'call' }, length: BoundExpression | undefined): void {
  const isNegative = length?.kind === 'literal' && length.value !== null && Number(length.value) < 0;
  if (isNegative) binder.fail(node.arguments[2] ?? node, 'a length cannot be negative');
}

/** 5.1.1.7.1; the dialect is RE2, whose time is linear in the length of the text. */
function checkPattern(binder: Binder, node: Expression & { kind: 'call' }, pattern: BoundExpression | undefined): void {
  if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string') return;
  const fault = faultOfPattern(pattern.value);
  if (fault !== undefined) binder.fail(node.arguments[1] ?? node, `this is no regular expression of RE2: ${fault}`);
}

/**
 * What a literal says that its stored form does not. Protocol 11.4.1.2: moments are kept in UTC, so that parts of one
 * with another offset would be those of another day or hour than the ones that it names. Its offset, and a leap second,
 * are what is written.
 */
function ofLiteral(binder: Binder, name: string, argument: Expression | undefined): BoundExpression | undefined {
  const alias = argument?.kind === 'path' && argument.root?.kind === 'alias' ? argument.root.name : undefined;
  const literal = alias === undefined ? argument : binder.context.aliases.get(alias);
  if (argument === undefined || literal?.kind !== 'literal' || literal.type !== 'dateTimeOffset') return undefined;
  const number = (value: number): BoundExpression => ({ kind: 'literal', value, type: single(Edm.Int32) });
  if (name === 'second' && /:60(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.test(literal.text)) return number(60);
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(literal.text) ?? [];
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1);
  if (offset === 0) return undefined;
  if (name === 'totaloffsetminutes') return number(offset);
  return ofCalendar.has(name) ? binder.fail(argument, 'moments are kept in UTC: say this one with Z') : undefined;
}

/** 5.1.1.11: each takes values of geography, or of geometry. */
function bindGeo(binder: Binder, node: Expression & { kind: 'call' }): BoundExpression {
  const values = node.arguments.map((argument) => geoValue(binder, argument));
  const types = values.map(({ type }) => (type.item?.kind === 'primitive' && !type.collection ? type.item.name : ''));
  const kind = types[0]?.startsWith('Edm.Geography') === true ? 'Geography' : 'Geometry';
  const { takes, names, gives } = geoFunctions[node.canonical as keyof typeof geoFunctions];
  const isTaken = takes.every((shape, index) => types[index] === `Edm.${kind}${shape}`);
  if (!isTaken) {
    const given = values.map(({ type }) => nameOf(type)).join(' and ');
    return binder.fail(node, `'${node.canonical}' does not take ${given}`);
  }
  const other = values.findIndex((value) => value.kind !== 'member' && value.kind !== 'literal');
  if (other >= 0) return binder.notBuilt(node.arguments[other] ?? node, 'a computed value of geography or geometry');
  const [onSphere, inPlane] = names;
  return { kind: 'call', name: kind === 'Geography' ? onSphere : inPlane, arguments: values, type: single(gives) };
}

function geoValue(binder: Binder, node: Expression): BoundExpression {
  const alias = node.kind === 'path' && node.root?.kind === 'alias' ? node.root.name : undefined;
  const literal = alias === undefined ? node : binder.context.aliases.get(alias);
  const isGeo = literal?.kind === 'literal' && (literal.type === 'geography' || literal.type === 'geometry');
  if (!isGeo) return binder.expression(node);
  binder.context.budget.spend(1, binder.context.subject);
  return binder.literals.geo(literal);
}

/** Data Aggregation 3.7: whether an instance has a property, null or not. */
function bindIsDefined(binder: Binder, node: Expression & { kind: 'call' }): BoundExpression {
  const [path] = node.arguments;
  const isPath = path?.kind === 'path' && path.segments.every(({ kind }) => kind === 'name');
  if (!isPath || path.root?.kind === 'alias') return binder.fail(node, 'isdefined takes the path of a property');
  const { type } = startOf(binder, path);
  if (!isStructured(type.item) || type.collection || path.segments.length === 0)
    return binder.fail(node, 'isdefined takes the path of a property');
  return isDefined(path, {
    start: startOf(binder, path),
    bind: (segments) => binder.expression({ ...path, segments }),
    refuse: (segment, within) => refuseProperty(binder, segment, within, segment.name),
  });
}

function momentOf(text: string): BoundExpression {
  return { kind: 'literal', value: Edm.DateTimeOffset.parse(text) ?? null, type: single(Edm.DateTimeOffset) };
}

function bindHasSub(binder: Binder, node: Expression & { kind: 'call' }): BoundExpression {
  const [first, second] = node.arguments as [Expression, Expression];
  const [left, right] = bindPair(binder, first, second);
  // 5.1.1.4: null in, null out.
  if (isNull(left) || isNull(right)) return { kind: 'literal', value: null, type: boolean };
  const values = [left, right];
  const collections = values.every(({ type }) => type.collection && !isStructured(type.item));
  if (!collections || !compatible(left.type.item, right.type.item)) {
    return binder.fail(node, `${node.canonical} takes two collections of one primitive type`);
  }
  const name = node.canonical === 'hassubset' ? 'hasSubset' : 'hasSubsequence';
  return { kind: 'call', name, arguments: values, type: boolean };
}
