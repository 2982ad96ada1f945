/** Reads a PromQL expression (the part of the language that rules and panels here use), and says which metrics and labels it names. Throws on what it cannot read. */

export type Selector = { readonly metric: string; readonly labels: readonly string[]; readonly isRange: boolean };
export type Promql = {
  readonly selectors: readonly Selector[];
  /** Labels named in by(), on(), ignoring() and group_left(). */
  readonly grouping: readonly string[];
};

type Token = { readonly kind: 'NAME' | 'NUMBER' | 'DURATION' | 'TEXT' | 'SIGN'; readonly text: string };
type Value = 'SCALAR' | 'VECTOR' | 'RANGE';
type State = { readonly tokens: readonly Token[]; at: number; selectors: Selector[]; grouping: string[] };

const forms =
  /\s*(?:(?<DURATION>\d+(?:ms|[smhdwy]))|(?<NUMBER>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(?<NAME>[A-Za-z_:][\w:]*)|(?<TEXT>"(?:[^"\\]|\\.)*")|(?<SIGN>=~|!~|!=|==|>=|<=|[-+*/%^(){}[\],=<>]))/y;

const tokensOf = (text: string): Token[] => {
  const source = text.trim();
  const tokens: Token[] = [];
  forms.lastIndex = 0;
  while (forms.lastIndex < source.length) {
    const at = forms.lastIndex;
    const groups = forms.exec(source)?.groups;
    const found = groups && Object.entries(groups).find(([, value]) => value !== undefined);
    if (found === undefined) throw new Error(`cannot read ${JSON.stringify(source.slice(at, at + 20))}`);
    tokens.push({ kind: found[0] as Token['kind'], text: found[1] });
  }
  return tokens;
};

const aggregations = new Set(['sum', 'min', 'max', 'avg', 'count', 'topk', 'bottomk', 'quantile', 'stddev', 'group']);
/** What each function takes, and gives a vector. */
const functions: Readonly<Record<string, readonly Value[]>> = {
  rate: ['RANGE'],
  irate: ['RANGE'],
  increase: ['RANGE'],
  delta: ['RANGE'],
  deriv: ['RANGE'],
  changes: ['RANGE'],
  max_over_time: ['RANGE'],
  min_over_time: ['RANGE'],
  absent: ['VECTOR'],
  clamp_min: ['VECTOR', 'SCALAR'],
  histogram_quantile: ['SCALAR', 'VECTOR'],
  vector: ['SCALAR'],
};
const binary: readonly (readonly string[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const peek = (state: State): string => state.tokens[state.at]?.text ?? '';
const next = (state: State): Token => {
  const token = state.tokens[state.at];
  if (token === undefined) throw new Error('it ends too early');
  state.at++;
  return token;
};
const expect = (state: State, wanted: string): void => {
  const { text } = next(state);
  if (text !== wanted) throw new Error(`${wanted} is wanted, not ${text}`);
};
const takeIf = (state: State, ...texts: string[]): boolean => {
  if (!texts.includes(peek(state))) return false;
  state.at++;
  return true;
};

const list = (state: State, item: () => void, end: string): void => {
  while (!takeIf(state, end)) {
    item();
    if (peek(state) !== end) expect(state, ',');
  }
};

const labelList = (state: State): void => {
  expect(state, '(');
  list(state, () => state.grouping.push(next(state).text), ')');
};

const matchers = (state: State): string[] => {
  const labels: string[] = [];
  if (!takeIf(state, '{')) return labels;
  const matcher = (): void => {
    labels.push(next(state).text);
    if (!['=', '!=', '=~', '!~'].includes(next(state).text)) throw new Error('a matcher has no operator');
    if (next(state).kind !== 'TEXT') throw new Error('a label is compared with what is no text');
  };
  list(state, matcher, '}');
  return labels;
};

const selector = (state: State, metric: string): Value => {
  const labels = matchers(state);
  const isRange = takeIf(state, '[');
  if (isRange) {
    if (next(state).kind !== 'DURATION') throw new Error('a range is no duration');
    expect(state, ']');
  }
  if (takeIf(state, 'offset') && next(state).kind !== 'DURATION') throw new Error('an offset is no duration');
  state.selectors.push({ metric, labels, isRange });
  return isRange ? 'RANGE' : 'VECTOR';
};

const check = (name: string, wanted: readonly Value[], given: readonly Value[]): void => {
  if (wanted.join() !== given.join()) throw new Error(`${name} takes ${wanted.join()}, not ${given.join()}`);
};

const callArguments = (state: State): Value[] => {
  const given: Value[] = [];
  expect(state, '(');
  list(state, () => given.push(expression(state, 0)), ')');
  return given;
};

const aggregation = (state: State, name: string): Value => {
  const group = (): boolean => takeIf(state, 'by', 'without');
  const isBefore = group();
  if (isBefore) labelList(state);
  const given = callArguments(state);
  if (!isBefore && group()) labelList(state);
  check(name, ['topk', 'bottomk', 'quantile'].includes(name) ? ['SCALAR', 'VECTOR'] : ['VECTOR'], given);
  return 'VECTOR';
};

const call = (state: State, name: string): Value => {
  const wanted = functions[name];
  if (wanted === undefined) throw new Error(`${name} is no function that is known here`);
  check(name, wanted, callArguments(state));
  return 'VECTOR';
};

const primary = (state: State): Value => {
  const token = next(state);
  if (token.kind === 'NUMBER') return 'SCALAR';
  if (token.text === '-') return primary(state);
  if (token.text === '(') {
    const value = expression(state, 0);
    expect(state, ')');
    return value;
  }
  if (token.kind !== 'NAME') throw new Error(`${token.text} begins nothing`);
  if (aggregations.has(token.text)) return aggregation(state, token.text);
  return peek(state) === '(' ? call(state, token.text) : selector(state, token.text);
};

const modifiers = (state: State): void => {
  takeIf(state, 'bool');
  if (takeIf(state, 'on', 'ignoring')) labelList(state);
  if (takeIf(state, 'group_left', 'group_right') && peek(state) === '(') labelList(state);
};

const expression = (state: State, level: number): Value => {
  if (level === binary.length) return primary(state);
  let value = expression(state, level + 1);
  while (takeIf(state, ...binary[level]!)) {
    modifiers(state);
    const other = expression(state, level + 1);
    if (value === 'RANGE' || other === 'RANGE') throw new Error('a range is calculated with');
    value = value === 'SCALAR' && other === 'SCALAR' ? 'SCALAR' : 'VECTOR';
  }
  return value;
};

export const readPromql = (text: string): Promql => {
  const state: State = { tokens: tokensOf(text), at: 0, selectors: [], grouping: [] };
  const value = expression(state, 0);
  if (state.at < state.tokens.length) throw new Error(`${peek(state)} is left over`);
  if (value === 'RANGE') throw new Error('a range cannot be drawn');
  return { selectors: state.selectors, grouping: state.grouping };
};
