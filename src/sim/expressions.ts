// MongoDB's expressions and filters, as far as the production statements use them; anything else throws. Existing
// libraries compare objects and arrays without order, and the statements under test depend on it.
import { type Document, ObjectId } from "mongodb";
import { isPlain, same } from "../terms/same.ts";

export interface Scope {
  root: Document;
  now: Date;
  vars: Record<string, unknown>;
}

export const MISSING: undefined = undefined;

/** A deep copy: nothing of a document is shared across the border. */
export function clone<T>(value: T): T;
export function clone(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => clone(one));
  if (value instanceof Date) return new Date(value.getTime());
  if (!isPlain(value)) return value;
  const copy: Document = {};
  for (const key of Object.keys(value)) if (value[key] !== undefined) copy[key] = clone(value[key]);
  return copy;
}

const RANK = (value: unknown): number => {
  if (value === undefined) return 0;
  if (value === null) return 1;
  if (typeof value === "number") return 2;
  if (typeof value === "string") return 3;
  if (isPlain(value)) return 4;
  if (Array.isArray(value)) return 5;
  if (value instanceof ObjectId) return 7;
  if (typeof value === "boolean") return 8;
  return value instanceof Date ? 9 : 6;
};

/** BSON's order of values: by type, then within it. */
export function compare(a: unknown, b: unknown): number {
  const ranks = RANK(a) - RANK(b);
  if (ranks !== 0) return ranks;
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  if (a instanceof ObjectId && b instanceof ObjectId)
    return a.toHexString() < b.toHexString() ? -1 : Number(!a.equals(b));
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a === null || a === undefined) return 0;
  if (isPlain(a) && isPlain(b)) return compareFields(Object.entries(a), Object.entries(b));
  throw new Error(`compare: not needed so far for ${JSON.stringify(a)}`);
}

/** By type, name and value of one field after the other; the shorter first. */
function compareFields(a: [string, unknown][], b: [string, unknown][]): number {
  for (const [at, [name, value]] of a.entries()) {
    const other = b[at];
    if (!other) return 1;
    const order = RANK(value) - RANK(other[1]) || compare(name, other[0]) || compare(value, other[1]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The value at a dotted path; arrays are looked through as filters do. */
export function valueAt(value: unknown, path: string): unknown {
  const dot = path.indexOf(".");
  const [name, rest] = dot < 0 ? [path, ""] : [path.slice(0, dot), path.slice(dot + 1)];
  if (Array.isArray(value)) {
    const all = value.map((one) => valueAt(one, path)).filter((one) => one !== undefined);
    return all.length > 0 ? all : undefined;
  }
  if (!isPlain(value)) return undefined;
  const inner: unknown = value[name];
  return rest === "" ? inner : valueAt(inner, rest);
}

/** The same text for values that are the same. */
export function keyOfValue(value: unknown): string {
  return JSON.stringify(value);
}

type Operator = (argument: unknown, scope: Scope) => unknown;

const list = (argument: unknown, scope: Scope): unknown[] =>
  Array.isArray(argument) ? argument.map((one) => evaluate(one, scope)) : [evaluate(argument, scope)];
const numeric = (value: unknown): number => (value instanceof Date ? value.getTime() : Number(value));
const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const truthy = (value: unknown) => value !== false && value !== null && value !== undefined && value !== 0;

/** $max, $min: over the arguments, or over one array; missing values do not count. */
function extreme(argument: unknown, scope: Scope, sign: 1 | -1): unknown {
  const values = list(argument, scope).flatMap((one) => (Array.isArray(argument) ? [one] : asArray(one)));
  const present = values.filter((one) => one !== undefined && one !== null);
  return present.length === 0
    ? null
    : present.reduce((best, one) => (sign * compare(one, best) > 0 ? one : best));
}

function add(argument: unknown, scope: Scope): unknown {
  const values = list(argument, scope);
  const sum = values.reduce<number>((total, one) => total + numeric(one), 0);
  return values.some((one) => one instanceof Date) ? new Date(sum) : sum;
}

const comparison =
  (holds: (order: number) => boolean): Operator =>
  (argument, scope) => {
    const [a, b] = list(argument, scope);
    return holds(compare(a, b));
  };

const OPERATORS: Record<string, Operator> = {
  $literal: (argument) => clone(argument),
  $cond: (argument, scope) => {
    const [condition, yes, no] = asArray(argument);
    return evaluate(truthy(evaluate(condition, scope)) ? yes : no, scope);
  },
  $ifNull: (argument, scope) => {
    const values = asArray(argument);
    for (const one of values) {
      const value = evaluate(one, scope);
      if (value !== null && value !== undefined) return value;
    }
    return evaluate(values.at(-1), scope);
  },
  $eq: (argument, scope) => {
    const [a, b] = list(argument, scope);
    return same(a, b);
  },
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $and: (argument, scope) => list(argument, scope).every(truthy),
  $or: (argument, scope) => list(argument, scope).some(truthy),
  $not: (argument, scope) => !list(argument, scope).some(truthy),
  $in: (argument, scope) => {
    const [value, among] = list(argument, scope);
    return asArray(among).some((one) => same(one, value));
  },
  $objectToArray: (argument, scope) =>
    Object.entries(evaluate(argument, scope) ?? {}).map(([k, v]) => ({ k, v })),
  $arrayToObject: (argument, scope) =>
    Object.fromEntries(
      asArray(evaluate(argument, scope)).map((one) => (isPlain(one) ? [one["k"], one["v"]] : [])),
    ),
  $filter: (argument, scope) => {
    const { input, cond } = argument as { input: unknown; cond: unknown };
    return asArray(evaluate(input, scope)).filter((one) =>
      truthy(evaluate(cond, { ...scope, vars: { ...scope.vars, this: one } })),
    );
  },
  $add: add,
  $subtract: (argument, scope) => {
    const [from, what] = list(argument, scope);
    if (!(from instanceof Date)) return numeric(from) - numeric(what);
    return what instanceof Date ? from.getTime() - what.getTime() : new Date(from.getTime() - numeric(what));
  },
  $multiply: (argument, scope) =>
    list(argument, scope).reduce<number>((product, one) => product * numeric(one), 1),
  $pow: (argument, scope) => {
    const [base, exponent] = list(argument, scope);
    return numeric(base) ** numeric(exponent);
  },
  $max: (argument, scope) => extreme(argument, scope, 1),
  $min: (argument, scope) => extreme(argument, scope, -1),
  $concatArrays: (argument, scope) => list(argument, scope).flatMap(asArray),
  $concat: (argument, scope) => list(argument, scope).join(""),
  $dateToString: (argument, scope) => {
    const { date, format } = argument as { date: unknown; format: string };
    const instant = evaluate(date, scope);
    if (format !== "%Y-%m") throw new Error(`$dateToString: ${format} is not known here`);
    return instant instanceof Date ? instant.toISOString().slice(0, 7) : null;
  },
  $first: (argument, scope) => asArray(evaluate(argument, scope))[0],
  $mergeObjects: (argument, scope) => Object.assign({}, ...list(argument, scope).filter(isPlain)),
  $setUnion: (argument, scope) => {
    const union: unknown[] = [];
    for (const one of list(argument, scope).flatMap(asArray))
      if (!union.some((other) => same(other, one))) union.push(one);
    return union;
  },
  $setDifference: (argument, scope) => {
    const [all, without] = list(argument, scope).map(asArray);
    return (all ?? []).filter((one) => !(without ?? []).some((other) => same(one, other)));
  },
  $sortArray: (argument, scope) => {
    const { input, sortBy } = argument as { input: unknown; sortBy: number };
    return [...asArray(evaluate(input, scope))].sort((a, b) => compare(a, b) * sortBy);
  },
  $let: (argument, scope) => {
    const { vars, in: body } = argument as { vars: Document; in: unknown };
    const own = Object.fromEntries(
      Object.entries(vars).map(([name, value]) => [name, evaluate(value, scope)]),
    );
    return evaluate(body, { ...scope, vars: { ...scope.vars, ...own } });
  },
};

export function evaluate(expression: unknown, scope: Scope): unknown {
  if (typeof expression === "string" && expression.startsWith("$")) return reference(expression, scope);
  if (Array.isArray(expression)) return expression.map((one) => evaluate(one, scope) ?? null);
  if (!isPlain(expression)) return expression;
  const [name, ...others] = Object.keys(expression);
  if (name?.startsWith("$")) {
    const operator = OPERATORS[name];
    if (!operator || others.length > 0) throw new Error(`expression: ${name} is not known here`);
    return operator(expression[name], scope);
  }
  const value: Document = {};
  for (const [key, one] of Object.entries(expression)) {
    const evaluated = evaluate(one, scope);
    if (evaluated !== undefined) value[key] = evaluated;
  }
  return value;
}

function reference(text: string, scope: Scope): unknown {
  if (!text.startsWith("$$")) return valueAt(scope.root, text.slice(1));
  const [name = "", ...path] = text.slice(2).split(".");
  if (name === "REMOVE") return undefined;
  const value = name === "NOW" ? scope.now : name === "ROOT" ? scope.root : scope.vars[name];
  if (name !== "NOW" && name !== "ROOT" && !Object.hasOwn(scope.vars, name))
    throw new Error(`expression: no variable ${name}`);
  return path.length === 0 ? value : valueAt(value, path.join("."));
}

const FILTERS: Record<string, (value: unknown, wanted: unknown) => boolean> = {
  $in: (value, wanted) => asArray(wanted).some((one) => equals(value, one)),
  $ne: (value, wanted) => !equals(value, wanted),
  $nin: (value, wanted) => !asArray(wanted).some((one) => equals(value, one)),
  $exists: (value, wanted) => (value !== undefined) === wanted,
  $gt: (value, wanted) => RANK(value) === RANK(wanted) && compare(value, wanted) > 0,
  $gte: (value, wanted) => RANK(value) === RANK(wanted) && compare(value, wanted) >= 0,
  $lt: (value, wanted) => RANK(value) === RANK(wanted) && compare(value, wanted) < 0,
  $lte: (value, wanted) => RANK(value) === RANK(wanted) && compare(value, wanted) <= 0,
};

function equals(value: unknown, wanted: unknown): boolean {
  if (wanted === null) return value === null || value === undefined;
  return same(value, wanted) || (Array.isArray(value) && value.some((one) => same(one, wanted)));
}

export function matches(document: Document, filter: Document, now: Date): boolean {
  return Object.entries(filter).every(([path, wanted]: [string, unknown]) => {
    if (wanted === undefined) return true; // ignoreUndefined
    if (path === "$or") return asArray(wanted).some((one) => isPlain(one) && matches(document, one, now));
    if (path === "$expr") return truthy(evaluate(wanted, { root: document, now, vars: {} }));
    if (path.startsWith("$")) throw new Error(`filter: ${path} is not known here`);
    const value = valueAt(document, path);
    if (isPlain(wanted) && Object.keys(wanted)[0]?.startsWith("$")) {
      return Object.entries(wanted).every(([name, argument]: [string, unknown]) => {
        const operator = FILTERS[name];
        if (!operator) throw new Error(`filter: ${name} is not known here`);
        return operator(value, argument);
      });
    }
    return equals(value, isPlain(wanted) ? clone(wanted) : wanted);
  });
}
