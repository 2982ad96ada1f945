/** The report as a person reads it. */
import type { SenderLoss } from './cluster-act.ts';
import { bold, detail, green, percent, red, sparkline, step, table, yellow } from './print.ts';
import type { DemoReport } from './report.ts';
import type { DemoCheck, QueueSample } from './types.ts';

const seconds = (value: number): string => `${value.toFixed(1)} s`;

const printServers = (report: DemoReport, samples: readonly QueueSample[]): void =>
  table(
    [
      'server',
      'weight',
      'role',
      'accepted',
      'received',
      'deferred',
      'bounced',
      'failovers',
      'queue depth over time (most)',
      'verdict',
    ],
    report.servers.map((server) => [
      server.name,
      String(server.weight),
      server.role,
      String(server.accepted),
      String(server.receivedAtServer),
      percent(server.deferredRate),
      percent(server.bounceRate),
      String(server.failovers),
      `${sparkline(
        samples.map(({ queueDepth }) => queueDepth[server.name] ?? 0),
        28,
      )} (${server.maxQueueDepth})`,
      server.exceedsBounceLimit ? red('rotate out') : green('keep'),
    ]),
  );

const printPhases = (report: DemoReport): void => {
  const names = report.servers.map(({ name }) => name);
  table(
    ['phase', 'time', 'delivered', ...names.map((name) => `${name}: wanted / got`)],
    report.phases.map((phase, index) => [
      [phase.name, ...phase.rotatedOut.map((name) => `${name} rotated out`)].join(', '),
      seconds(phase.seconds),
      String(phase.delivered),
      ...report.servers.map(({ shareByPhase }) => {
        const { wanted, got } = shareByPhase[index]!;
        return `${wanted === null ? 'rising' : percent(wanted)} / ${percent(got)}`;
      }),
    ]),
  );
};

const printSenderLoss = (loss: SenderLoss): void =>
  detail(
    `${loss.killed} was killed with ${loss.lanes} lanes: taken over after ${loss.takenOverAfterSeconds?.toFixed(1) ?? '?'} s, ` +
      `${loss.unknown} recipients left unknown (at most ${loss.unknownAllowed}); ${loss.added} was added on the way.`,
  );

const lineOf = ({ name, holds, detail: words }: DemoCheck): string => {
  if (holds === null) return `${yellow('-     ')} ${name}: not tried, the campaign was over`;
  return `${holds ? green('ok    ') : red('FAILED')} ${name} (${words})`;
};

export const printReport = (report: DemoReport, samples: readonly QueueSample[]): void => {
  step('Report per server');
  printServers(report, samples);
  const out = report.servers.filter(({ exceedsBounceLimit }) => exceedsBounceLimit).map(({ name }) => name);
  if (out.length > 0) detail(`${yellow(out.join(', '))}: bounce rate significantly above 3 %.`);
  step('Shares in each phase');
  printPhases(report);
  step('Check against what the SMTP servers really received');
  for (const check of report.checks) detail(lineOf(check));
  if (report.unknown > 0)
    detail(
      `${report.unknown} unknown: their reply never came after the final dot when a server or a sender was killed; policy HOLD never sends them twice.`,
    );
  if (report.senderLoss) printSenderLoss(report.senderLoss);
  detail(
    bold(
      `${report.recipients} recipients: ${report.accepted} accepted (${report.deferredThenAccepted} of them after a deferral), ${report.bounced} bounced, ` +
        `${report.unknown} unknown; ${report.lost} lost, ${report.duplicates} doubled, ${report.failovers} failovers; ` +
        `${seconds(report.seconds)}, ${report.messagesPerSecond.toFixed(0)} messages/s (the SMTP servers take their time on purpose)`,
    ),
  );
};

/** Says in one line what the checks come to, and gives the exit code: 0 all held, 1 one did not, 3 some were not tried. */
export const printVerdict = ({ checks, recipients }: Pick<DemoReport, 'checks' | 'recipients'>): 0 | 1 | 3 => {
  const untried = checks.filter(({ holds }) => holds === null).length;
  if (checks.some(({ holds }) => holds === false)) {
    console.log(`\n${red('A promise was broken.')}`);
    return 1;
  }
  if (untried === 0) {
    console.log(`\n${green('Every promise held.')}`);
    return 0;
  }
  const promises = `${untried} of ${checks.length} promises ${untried === 1 ? 'was' : 'were'}`;
  const more = Math.max(5_000, recipients * 4);
  console.log(
    `\n${yellow(`${promises} not tried: the campaign was over too soon. The others held. Take more recipients: --recipients ${more}.`)}`,
  );
  return 3;
};
