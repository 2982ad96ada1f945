/** The plan of a pool in whole messages and in words, and the check of what is asked. */
import { checkSenderDomain } from './check-host.ts';
import { checkEachOnce, checkProvider } from './check-limits.ts';
import { checkWhole } from './check-text.ts';
import type { Steps } from './in-turns.ts';
import { assumedPerConnection, planServersOf, steadyFrom, type PlanView } from './plan-server.ts';
import { planOf, type Binding, type Plan, type PlanServer } from './plan.ts';
import { createFaults, type Refusal } from './result.ts';

export type PlanArguments = {
  readonly recipients: number;
  readonly providers?: readonly { readonly provider: string; readonly share: number }[] | null;
  readonly fromDomain?: string | null;
};

export type PlannedServer = {
  readonly serverId: string;
  /** Whole messages, expected; of all servers together the recipients, when the plan has an end. */
  readonly messages: number;
  /** messages / recipients, 0 to 1: of the whole messages, so that both say the same of few recipients. */
  readonly share: number;
  /** At the start. */
  readonly messagesPerSecond: number;
  readonly assumedPerSecond: number | null;
};

export type BindingLimit = Binding & { readonly words: string };

export type PoolPlan = {
  readonly recipients: number;
  readonly seconds: number | null;
  readonly finishesAt: Date | null;
  /** Of all servers together, at the start. */
  readonly messagesPerSecond: number;
  readonly servers: readonly PlannedServer[];
  readonly limits: readonly BindingLimit[];
  readonly words: readonly string[];
};

const maxProviders = 20;
const slack = 1e-6;

/** All that is wrong with the question; paths begin with the argument. */
export const planFaults = ({ recipients, providers, fromDomain }: PlanArguments): readonly Refusal[] => {
  const faults = createFaults();
  faults.take(['recipients'], checkWhole(recipients, [1, 2_000_000_000]), 1);
  if (fromDomain) faults.take(['fromDomain'], checkSenderDomain(fromDomain), '');
  const list = providers ?? [];
  if (list.length > maxProviders) faults.add(['providers'], `Give at most ${maxProviders} mailbox providers.`);
  checkEachOnce(faults, ['providers'], list);
  for (const [at, { provider, share }] of list.entries()) {
    faults.take(['providers', `${at}`, 'provider'], checkProvider(provider), '');
    if (!(share >= 0 && share <= 1))
      faults.add(['providers', `${at}`, 'share'], `Give a share from 0 to 1, not ${share}.`);
  }
  if (list.reduce((sum, { share }) => sum + share, 0) > 1 + slack)
    faults.add(['providers'], 'The shares are more than 1 together.');
  return faults.errors;
};

/** What no entry names is of the provider `other`. Nothing is known of the recipients when none is named: no limit to a provider counts then. */
const wholeProviders = (given: NonNullable<PlanArguments['providers']>): { provider: string; share: number }[] => {
  if (given.length === 0) return [{ provider: '', share: 1 }];
  const named = given.filter(({ provider, share }) => provider !== 'other' && share > 0);
  const rest = 1 - named.reduce((sum, { share }) => sum + share, 0);
  return rest > slack ? [...named, { provider: 'other', share: rest }] : named;
};

/** Whole numbers with the sum of the parts, each next to its part (largest remainders). */
export const wholeMessages = (parts: readonly number[]): number[] => {
  const whole = parts.map(Math.floor);
  const sum = parts.reduce((total, part) => total + part, 0);
  let rest = Math.round(sum) - whole.reduce((total, part) => total + part, 0);
  const byRemainder = [...parts.keys()].sort(
    (one, other) => parts[other]! - whole[other]! - (parts[one]! - whole[one]!),
  );
  for (const at of byRemainder) if (rest-- > 0) whole[at]! += 1;
  return whole;
};

const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 });

const bindingWords = (
  { serverId, limit, provider }: Binding,
  { servers, waits }: { servers: PlanView['servers']; waits: boolean },
) => {
  const to = provider === null ? '' : ` to ${provider}`;
  const effect = waits ? 'its messages wait for it' : 'the excess goes to the other servers';
  return `${servers.get(serverId)?.name ?? serverId} reaches its limit ${limit}${to}; ${effect}.`;
};

const assumptions = (view: PlanView, servers: readonly PlanServer[]): string[] =>
  servers
    .filter(({ weight, assumedPerSecond }) => weight > 0 && assumedPerSecond !== null)
    .map(({ serverId, assumedPerSecond }) => {
      const name = view.servers.get(serverId)!.name;
      return `${name} declares no rate: ${number(assumedPerSecond!)} messages a second are assumed, ${assumedPerConnection} for each connection.`;
    });

const notes = (servers: readonly PlanServer[], { providers }: PlanArguments, day: number): string[] => {
  const able = servers.filter(({ weight }) => weight > 0);
  const leftOut = !providers?.length && able.some((server) => server.providers.size > 0);
  const hasQuota = able.some((server) => server.quotaOn(day) !== null);
  return [
    ...(leftOut
      ? ['Limits towards single mailbox providers are left out, since `providers` does not say their shares.']
      : []),
    ...(hasQuota ? ['Nothing is taken off the daily limits for what was sent today already.'] : []),
  ];
};

const limitsOf = (view: PlanView, plan: Plan, servers: readonly PlanServer[]): PoolPlan['limits'] =>
  plan.limits.map((binding) => {
    const waits = servers.find(({ serverId }) => serverId === binding.serverId)!.waits;
    return { ...binding, words: bindingWords(binding, { servers: view.servers, waits }) };
  });

const plannedOf = (plan: Plan, servers: readonly PlanServer[], recipients: number): PlannedServer[] => {
  const messages = wholeMessages(plan.messages);
  return servers.map(({ serverId, assumedPerSecond }, at) => ({
    serverId,
    messages: messages[at]!,
    share: messages[at]! / recipients,
    messagesPerSecond: plan.ratesAtStart[at]!,
    assumedPerSecond,
  }));
};

/** `asked` has no faults; `now` in milliseconds since 1970. */
export const planPool = function* (view: PlanView, asked: PlanArguments, now: number): Steps<PoolPlan> {
  const servers = planServersOf(view);
  const { recipients } = asked;
  const question = { servers, recipients, providers: wholeProviders(asked.providers ?? []), now };
  const plan = yield* planOf({ ...question, steadyFrom: steadyFrom(view.servers.values(), now) });
  const never = plan.whyNever === null ? [] : [plan.whyNever];
  return {
    recipients,
    seconds: plan.seconds,
    finishesAt: plan.seconds === null ? null : new Date(now + plan.seconds * 1000),
    messagesPerSecond: plan.ratesAtStart.reduce((sum, rate) => sum + rate, 0),
    servers: plannedOf(plan, servers, recipients),
    limits: limitsOf(view, plan, servers),
    words: [...never, ...assumptions(view, servers), ...notes(servers, asked, now)],
  };
};
