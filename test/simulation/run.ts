/**
 * Runs seeds of the simulation and prints what broke; exit code 1 when anything did.
 * `node test/simulation/run.ts [--seed N] [--count N] [--profile BASE] [--plant "no start bit"] [--first] [--trace]`
 */
import { parseArgs } from 'node:util';
import { profiles, type Profile } from './plan.ts';
import { plants, type Plant } from './plants.ts';
import { restorePlants } from './restore-plants.ts';
import { simulate } from './simulate.ts';

type Order = {
  readonly seed: number;
  readonly count: number;
  readonly profile: Profile;
  readonly plant: string | undefined;
  /** Stop at the first seed that breaks a promise. */
  readonly first: boolean;
  readonly trace: boolean;
};

type Found = { seeds: number; readonly first: number; readonly what: string };

const readOrder = (): Order => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '1' },
      profile: { type: 'string', default: 'BASE' },
      plant: { type: 'string' },
      first: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
    },
  });
  const profile = values.profile as Profile;
  if (!profiles.includes(profile)) throw new Error(`the profiles are ${profiles.join(', ')}`);
  const names = [...Object.keys(plants), ...Object.keys(restorePlants)];
  if (values.plant !== undefined && !names.includes(values.plant))
    throw new Error(`the plants are ${names.join(', ')}`);
  const { plant, first, trace } = values;
  return { seed: Number(values.seed), count: Number(values.count), profile, plant, first, trace };
};

const plantOf = ({ plant }: Order): { plant?: Plant } => {
  if (plant === undefined) return {};
  return { plant: plants[plant]?.() ?? restorePlants[plant]!.plant() };
};

const runSeed = async (order: Order, seed: number): Promise<ReadonlyMap<string, string>> => {
  const result = await simulate({ seed, profile: order.profile, isTraced: order.trace, ...plantOf(order) });
  for (const line of result.trace) console.log(line);
  if (order.trace) console.log(JSON.stringify(result.plan), `at rest after ${result.now} ms, ${result.events} events`);
  return result.violations;
};

const runAll = async (order: Order): Promise<boolean> => {
  const startedAt = performance.now();
  const kinds = new Map<string, Found>();
  let [done, broken] = [0, 0];
  for (let seed = order.seed; seed < order.seed + order.count && !(order.first && broken > 0); seed++) {
    const violations = await runSeed(order, seed);
    done++;
    if (violations.size > 0) broken++;
    for (const [kind, what] of violations) {
      const found = kinds.get(kind) ?? { seeds: 0, first: seed, what };
      kinds.set(kind, { ...found, seeds: found.seeds + 1 });
    }
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${done} seeds from ${order.seed}, ${order.profile}, ${seconds} s: ${broken} broke a promise`);
  for (const [kind, { seeds, first, what }] of kinds) {
    console.log(`  ${kind}: ${seeds} seeds, first ${first}: ${what}`);
    console.log(`    replay: node test/simulation/run.ts --seed ${first} --profile ${order.profile} --trace`);
  }
  return broken === 0;
};

process.exitCode = (await runAll(readOrder())) ? 0 : 1;
