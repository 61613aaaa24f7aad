import { precedence, primaryPrecedence, unaryPrecedence } from './precedence.js';
import type {
  AggregateItem,
  AnnotationSegment,
  ComputeItem,
  ExpandItem,
  Expression,
  GroupbyElement,
  HierarchyReference,
  Literal,
  NamedArgument,
  OrderbyItem,
  PathExpression,
  PathSegment,
  PropertyPath,
  Query,
  ResourcePath,
  ResourceSegment,
  SearchExpression,
  SelectItem,
  Transformation,
  TypeName,
} from './syntax-tree.js';

/** The precedence of an expression; what binds looser than its place asks for stands in parentheses. */
function strengthOf(expression: Expression): number {
  switch (expression.kind) {
    case 'binary':
    case 'logical':
      return operatorStrength(expression.operator);
    case 'unary':
      return unaryPrecedence;
    default:
      return primaryPrecedence;
  }
}

function operatorStrength(operator: string): number {
  return precedence.get(operator) ?? primaryPrecedence;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function printLiteral({ type, text }: Literal): string {
  switch (type) {
    case 'string':
      return quote(text);
    case 'jsonString':
      return JSON.stringify(text);
    case 'duration':
    case 'binary':
    case 'geography':
    case 'geometry':
      return `${type}${quote(text)}`;
    default:
      return text;
  }
}

/** Prints an expression, percent-decoded; `parseExpression` reads it back as the same tree. */
export function printExpression(expression: Expression, least = 0): string {
  const text = printBare(expression);
  return strengthOf(expression) < least ? `(${text})` : text;
}

function printBare(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return printLiteral(expression);
    case 'enum':
      return `${expression.type}'${expression.members.join(',')}'`;
    case 'path':
      return printPathExpression(expression);
    case 'call':
      return `${expression.name}(${printList(expression.arguments)})`;
    case 'cast':
    case 'isof': {
      const operand = expression.operand === undefined ? '' : `${printExpression(expression.operand)},`;
      return `${expression.kind}(${operand}${printType(expression.type)})`;
    }
    case 'case': {
      // The blank keeps a time of day from reaching over the colon.
      const branches = expression.branches.map(
        ({ when, value }) => `${printExpression(when)}: ${printExpression(value)}`,
      );
      return `case(${branches.join(',')})`;
    }
    case 'unary':
      return printUnary(expression.operator, expression.operand);
    case 'binary': {
      const { operator, left, right } = expression;
      const own = operatorStrength(operator);
      return `${printExpression(left, own)} ${operator} ${printExpression(right, own + 1)}`;
    }
    case 'logical': {
      const own = operatorStrength(expression.operator);
      return expression.operands.map((operand) => printExpression(operand, own + 1)).join(` ${expression.operator} `);
    }
    case 'list':
      return `(${printList(expression.items)})`;
    case 'array':
      return `[${printList(expression.items)}]`;
    case 'object': {
      const members = expression.members.map(({ name, value }) => `${JSON.stringify(name)}:${printExpression(value)}`);
      return `{${members.join(',')}}`;
    }
  }
}

function printUnary(operator: 'not' | 'negate', operand: Expression): string {
  if (operator === 'not') return `not ${printExpression(operand, unaryPrecedence)}`;
  const text = printExpression(operand, unaryPrecedence);
  // Without the blank, the sign would become part of a number.
  return /^(?:\d|INF)/.test(text) ? `- ${text}` : `-${text}`;
}

function printList(items: readonly Expression[]): string {
  return items.map((item) => printExpression(item)).join(',');
}

function printType({ name, collection }: TypeName): string {
  return collection ? `Collection(${name})` : name;
}

function printPathExpression({ root, segments }: PathExpression): string {
  const parts: string[] = [];
  if (root !== undefined) {
    parts.push(root.kind === 'alias' ? `@${root.name}` : root.kind === 'variable' ? root.name : `$${root.kind}`);
  }
  for (const segment of segments) appendSegment(parts, segment);
  return parts.join('/');
}

function appendSegment(parts: string[], segment: PathSegment | ResourceSegment): void {
  // A key belongs to the segment before it.
  if (segment.kind === 'key' || segment.kind === 'compoundKey') {
    parts.push(`${parts.pop() ?? ''}${printSegment(segment)}`);
  } else {
    parts.push(printSegment(segment));
  }
}

function printSegment(segment: PathSegment | ResourceSegment): string {
  switch (segment.kind) {
    case 'name':
      return segment.name;
    case 'call':
      return `${segment.name}(${printArguments(segment.arguments)})`;
    case 'key':
      return `(${printExpression(segment.value)})`;
    case 'compoundKey':
      return `(${printArguments(segment.arguments)})`;
    case 'annotation':
      return printAnnotation(segment);
    case 'count': {
      const filter = segment.filter === undefined ? [] : [`$filter=${printExpression(segment.filter)}`];
      const search = segment.search === undefined ? [] : [`$search=${printSearch(segment.search)}`];
      const options = [...filter, ...search];
      return options.length === 0 ? '$count' : `$count(${options.join(';')})`;
    }
    case 'filter':
      return `$filter(${printExpression(segment.predicate)})`;
    case 'lambda': {
      const { operator, variable, predicate } = segment;
      if (variable === undefined || predicate === undefined) return `${operator}()`;
      return `${operator}(${variable}:${printExpression(predicate)})`;
    }
    case 'aggregate':
      return `aggregate(${printAggregateItem(segment.item)})`;
    case 'keyPath':
      return segment.text;
    case 'crossjoin':
      return `$crossjoin(${segment.entitySets.join(',')})`;
    default:
      return `$${segment.kind}`;
  }
}

function printArguments(named: readonly NamedArgument[]): string {
  return named.map(({ name, value }) => `${name}=${printExpression(value)}`).join(',');
}

function printAnnotation({ name, qualifier }: AnnotationSegment): string {
  return `@${name}${qualifier === undefined ? '' : `#${qualifier}`}`;
}

/** Prints a resource path, percent-decoded: a delimiter inside a key segment is not escaped. */
export function printPath({ segments }: ResourcePath): string {
  const parts: string[] = [];
  for (const segment of segments) appendSegment(parts, segment);
  return parts.join('/');
}

/** Prints a search expression. */
export function printSearch(search: SearchExpression, least = 0): string {
  switch (search.kind) {
    case 'term':
      return search.phrase ? `"${search.text.replaceAll(/["\\]/g, '\\$&')}"` : search.text;
    case 'incomplete':
      return quote(search.text);
    case 'not':
      return `NOT ${printSearch(search.operand, 3)}`;
    case 'logical': {
      const own = search.operator === 'or' ? 1 : 2;
      const text = search.operands
        .map((operand) => printSearch(operand, own + 1))
        .join(search.operator === 'or' ? ' OR ' : ' AND ');
      return own < least ? `(${text})` : text;
    }
  }
}

function printCompute({ expression, alias }: ComputeItem): string {
  return `${printExpression(expression)} as ${alias}`;
}

function printOrderby({ expression, descending }: OrderbyItem): string {
  return `${printExpression(expression)}${descending ? ' desc' : ''}`;
}

function printSelect({ path, options }: SelectItem): string {
  const segments = path.map((segment) => {
    switch (segment.kind) {
      case 'star':
        return '*';
      case 'operations':
        return `${segment.namespace}.*`;
      case 'overload':
        return `${segment.name}(${segment.parameters.join(',')})`;
      case 'annotation':
        return printAnnotation(segment);
      case 'name':
        return segment.name;
    }
  });
  return `${segments.join('/')}${printNested(options)}`;
}

function printExpand({ path, suffix, options }: ExpandItem): string {
  const segments = path.map((segment) =>
    segment.kind === 'star' ? '*' : segment.kind === 'annotation' ? printAnnotation(segment) : segment.name,
  );
  return `${[...segments, ...(suffix === undefined ? [] : [suffix])].join('/')}${printNested(options)}`;
}

function printNested(options: Query): string {
  const parts = optionsOf(options);
  return parts.length === 0 ? '' : `(${parts.join(';')})`;
}

/** Prints query options, percent-decoded, with `&` between. */
export function printQuery(query: Query): string {
  const custom = [...(query.custom ?? [])].map(([name, value]) => `${name}=${value}`);
  return [...optionsOf(query), ...custom].join('&');
}

function optionsOf(query: Query): readonly string[] {
  const list = <T>(items: readonly T[] | undefined, print: (item: T) => string): string | undefined =>
    items?.map(print).join(',');
  const values: Readonly<Record<string, string | undefined>> = {
    apply: query.apply === undefined ? undefined : printApply(query.apply),
    compute: list(query.compute, printCompute),
    count: query.count?.toString(),
    deltatoken: query.deltatoken,
    expand: list(query.expand, printExpand),
    filter: query.filter === undefined ? undefined : printExpression(query.filter),
    format: query.format,
    id: query.id,
    index: query.index?.toString(),
    levels: query.levels === Infinity ? 'max' : query.levels?.toString(),
    orderby: list(query.orderby, printOrderby),
    schemaversion: query.schemaversion,
    search: query.search === undefined ? undefined : printSearch(query.search),
    select: list(query.select, printSelect),
    skip: query.skip?.toString(),
    skiptoken: query.skiptoken,
    top: query.top?.toString(),
  };
  const options = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`$${name}=${value}`]));
  const aliases = [...(query.aliases ?? [])].map(([name, value]) => `@${name}=${printExpression(value)}`);
  return [...options, ...aliases];
}

function printPropertyPath({ segments }: PropertyPath): string {
  return segments.map(({ name }) => name).join('/');
}

function printAggregateItem({ expression, method, from, alias }: AggregateItem): string {
  const sources = from.map(
    (source) =>
      ` from ${source.properties.map(printPropertyPath).join(',')}${source.method === undefined ? '' : ` with ${source.method}`}`,
  );
  const by = method === undefined ? '' : ` with ${method}`;
  return `${printExpression(expression)}${by}${sources.join('')}${alias === undefined ? '' : ` as ${alias}`}`;
}

function printHierarchy({ nodes, qualifier, property }: HierarchyReference): string {
  return `${printExpression(nodes)},${qualifier},${printPropertyPath(property)}`;
}

function printGroupbyElement(element: GroupbyElement): string {
  switch (element.kind) {
    case 'propertyPath':
      return printPropertyPath(element);
    case 'rollup':
      return `rollup(${element.all ? '$all,' : ''}${element.levels.map(printPropertyPath).join(',')})`;
    case 'rolluprecursive': {
      const apply = element.apply.length === 0 ? '' : `,${printApply(element.apply)}`;
      return `rolluprecursive(${printHierarchy(element.hierarchy)}${apply})`;
    }
  }
}

/** Prints the value of `$apply`. */
export function printApply(transformations: readonly Transformation[]): string {
  return transformations.map(printTransformation).join('/');
}

function printTransformation(transformation: Transformation): string {
  if (transformation.kind === 'identity') return 'identity';
  if (transformation.kind === 'function') return `${transformation.name}(${printArguments(transformation.arguments)})`;
  const nested =
    transformation.kind === 'nest' && transformation.path !== undefined ? 'addnested' : transformation.kind;
  return `${nested}(${contentOf(transformation).join(',')})`;
}

function contentOf(transformation: Exclude<Transformation, { kind: 'identity' | 'function' }>): readonly string[] {
  const behind = (apply: readonly Transformation[]): string[] => (apply.length === 0 ? [] : [printApply(apply)]);
  switch (transformation.kind) {
    case 'aggregate':
      return transformation.items.map(printAggregateItem);
    case 'groupby':
      return [`(${transformation.elements.map(printGroupbyElement).join(',')})`, ...behind(transformation.apply)];
    case 'compute':
      return transformation.items.map(printCompute);
    case 'concat':
      return transformation.sequences.map(printApply);
    case 'filter':
      return [printExpression(transformation.predicate)];
    case 'search':
      return [printSearch(transformation.search)];
    case 'orderby':
      return transformation.items.map(printOrderby);
    case 'top':
    case 'skip':
      return [transformation.count.toString()];
    case 'expand': {
      const filter = transformation.filter === undefined ? [] : [printTransformation(transformation.filter)];
      return [printPropertyPath(transformation.path), ...filter, ...transformation.nested.map(printTransformation)];
    }
    case 'join':
    case 'outerjoin': {
      const path = transformation.property
        .map((segment) => (segment.kind === 'annotation' ? printAnnotation(segment) : segment.name))
        .join('/');
      return [`${path} as ${transformation.alias}`, ...behind(transformation.apply)];
    }
    case 'nest': {
      const items = transformation.items.map(({ apply, alias }) => `${printApply(apply)} as ${alias}`);
      return transformation.path === undefined ? items : [printPropertyPath(transformation.path), ...items];
    }
    case 'ancestors':
    case 'descendants': {
      const { hierarchy, apply, distance, keepStart } = transformation;
      const rest = [...(distance === undefined ? [] : [`${distance}`]), ...(keepStart ? ['keep start'] : [])];
      return [printHierarchy(hierarchy), printApply(apply), ...rest];
    }
    case 'traverse': {
      const { hierarchy, order, apply, orderby } = transformation;
      return [printHierarchy(hierarchy), order, ...behind(apply), ...orderby.map(printOrderby)];
    }
    default:
      return [printExpression(transformation.quantity), printExpression(transformation.by)];
  }
}
