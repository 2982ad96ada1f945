/**
 * Runs seeds of the simulation and prints what broke.
 * `node test/simulation/run.ts [--seed N] [--count N] [--profile BASE] [--plant "no start bit"] [--trace]`
 */
import { parseArgs } from 'node:util';
import { profiles, type Profile } from './plan.ts';
import { plants } from './plants.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    profile: { type: 'string', default: 'BASE' },
    plant: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

const profile = values.profile as Profile;
const makePlant = values.plant === undefined ? undefined : plants[values.plant];
if (!profiles.includes(profile)) throw new Error(`the profiles are ${profiles.join(', ')}`);
if (values.plant !== undefined && makePlant === undefined)
  throw new Error(`the plants are ${Object.keys(plants).join(', ')}`);

const [first, count] = [Number(values.seed), Number(values.count)];
const startedAt = performance.now();
const kinds = new Map<string, { seeds: number; first: number; what: string }>();
let bad = 0;
let events = 0;
for (let seed = first; seed < first + count; seed++) {
  const plant = makePlant?.();
  const result = await simulate({ seed, profile, isTraced: values.trace, ...(plant === undefined ? {} : { plant }) });
  for (const line of result.trace) console.log(line);
  if (values.trace) console.log(JSON.stringify(result.plan), `at rest after ${result.now} ms, ${result.events} events`);
  events += result.events;
  if (result.violations.size > 0) bad++;
  for (const [kind, what] of result.violations) {
    const known = kinds.get(kind) ?? { seeds: 0, first: seed, what };
    kinds.set(kind, { ...known, seeds: known.seeds + 1 });
  }
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(
  `${count} seeds from ${first}, ${profile}: ${bad} broke a promise; ${seconds} s, ${Math.round(events / count)} events a seed`,
);
for (const [kind, { seeds, first: seed, what }] of kinds)
  console.log(`  ${kind}: ${seeds} seeds, first ${seed}: ${what}`);
process.exitCode = bad === 0 ? 0 : 1;
