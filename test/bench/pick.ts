/** npm run bench -- pick: what one choice of a server costs, beside the plain random choice that most tools make. */
import { seededRandom } from '@sendpool/kernel';
import { createSelector } from '../../apps/sender/src/domain/selection.ts';
import { table } from '../../apps/standalone/demo/print.ts';

/** Nanoseconds a pick at 3 members (selection.spec.ts says what a pick must do). */
const goalNs = 200;
const picks = 500_000;
const rounds = 9;

type PickCost = { readonly members: number; readonly ns: number; readonly randomNs: number; readonly ratio: number };
export type PickReport = { readonly goalNs: number; readonly costs: readonly PickCost[] };

const groups = Array.from({ length: 33 }, (_, index) => `provider-${index}`);

const weightsOf = (members: number): number[] => Array.from({ length: members }, (_, index) => 1 + ((index * 7) % 10));

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

/** Median over rounds: this machine does other things too. */
const nsOf = (pick: (at: number) => number): number => {
  const times = Array.from({ length: rounds }, () => {
    const start = process.hrtime.bigint();
    let sum = 0;
    for (let at = 0; at < picks; at += 1) sum += pick(at);
    if (sum < 0) throw new Error('a pick was none');
    return Number(process.hrtime.bigint() - start) / picks;
  });
  return median(times);
};

const measure = (members: number): PickCost => {
  const selector = createSelector(Array.from({ length: members }, (_, index) => `server-${index}`));
  const weights = weightsOf(members);
  const random = seededRandom(1);
  const ns = nsOf((at) => selector.pick(groups[at % groups.length]!, weights));
  const randomNs = nsOf(() => Math.floor(random() * members));
  return { members, ns, randomNs, ratio: ns / randomNs };
};

export const benchPick = (): PickReport => {
  const costs = [3, 10, 30, 64].map(measure);
  table(
    ['members', 'ns a pick', 'ns of a random choice', 'ratio'],
    costs.map(({ members, ns, randomNs, ratio }) => [
      String(members),
      ns.toFixed(0),
      randomNs.toFixed(0),
      ratio.toFixed(1),
    ]),
  );
  console.log(`goal: at most ${goalNs} ns at 3 members`);
  return { goalNs, costs };
};
