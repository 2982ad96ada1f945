/** Misbehaviour as data, for a sink in a process of its own: which share of the recipients meets which fault. */
import type { Behaviour, Fault, Situation } from './faults.ts';

export type SinkRule = {
  fault: Fault;
  /** 0 to 1, default 1. Shares of the rules of one list lie side by side, so two rules never meet the same recipient. */
  share?: number;
  /**
   * FIRST_TIME: only until this sink has refused the recipient once, as greylisting does. Default ALWAYS.
   * BY_CHANCE: `share` of all mails, whoever gets them; such rules are asked before the others, in their order.
   */
  when?: 'ALWAYS' | 'FIRST_TIME' | 'BY_CHANCE';
};

/** A number in [0, 1) that depends on the text alone (FNV-1a, mixed), the same in every process. */
export const shareOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
};

/** Before RCPT there is no recipient: then connection and mail are the dice. */
const subjectOf = ({ to, connection, count }: Situation): string => (to === '' ? `${connection}/${count}` : to);

type Slice = { rule: SinkRule; from: number; to: number; seen: Set<string> };

const isByChance = ({ when }: SinkRule): boolean => when === 'BY_CHANCE';

const slicesOf = (rules: readonly SinkRule[]): Slice[] => {
  let from = 0;
  const lasting = rules.filter((rule) => !isByChance(rule));
  return lasting.map((rule) => {
    const slice = { rule, from, to: from + (rule.share ?? 1), seen: new Set<string>() };
    from = slice.to;
    return slice;
  });
};

/** The rule decides by the address alone, so a test can say beforehand what happens to whom. */
export const ruleFor = (rules: readonly SinkRule[], address: string): SinkRule | undefined => {
  const at = shareOf(address);
  return slicesOf(rules).find(({ from, to }) => at >= from && at < to)?.rule;
};

/** `random` gives numbers in [0, 1), for the rules BY_CHANCE. */
export const behaviourOf = (rules: readonly SinkRule[], random: () => number = Math.random): Behaviour => {
  const chances = rules.filter(isByChance);
  const slices = slicesOf(rules);
  return (situation) => {
    const struck = chances.find(({ fault, share = 1 }) => fault.at === situation.stage && random() < share);
    if (struck !== undefined) return struck.fault;
    const subject = subjectOf(situation);
    const at = shareOf(subject);
    const slice = slices.find(({ from, to }) => at >= from && at < to);
    if (slice === undefined || slice.rule.fault.at !== situation.stage) return undefined;
    if (slice.rule.when === 'FIRST_TIME') {
      if (slice.seen.has(subject)) return undefined;
      slice.seen.add(subject);
    }
    return slice.rule.fault;
  };
};
