/** The command line of a program that a person runs: help is printed, and what is not understood is never guessed at. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { messageOf } from '@sendpool/kernel';

const help = { help: { type: 'boolean', short: 'h' } } as const;

type Parsed<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; strict: true; allowPositionals: true }>
>;

/** What is in the line, or the end that it leads to: 0 after help, 2 when it is not understood. */
export type CommandLine<Options extends ParseArgsOptionsConfig> =
  | { ok: true; values: Parsed<Options>['values']; words: string[] }
  | { ok: false; exitCode: 0; text: string }
  | { ok: false; exitCode: 2; reason: string; text: string };

/** `words` is how many words without dashes it takes at most. */
export const parseCommandLine = <const Options extends ParseArgsOptionsConfig>(
  { usage, options, words = 0 }: { usage: string; options: Options; words?: number },
  args: readonly string[],
): CommandLine<Options> => {
  if (args.includes('--help') || args.includes('-h')) return { ok: false, exitCode: 0, text: usage };
  try {
    const parsed = parseArgs({
      args: [...args],
      options: { ...options, ...help },
      allowPositionals: true,
      strict: true,
    });
    const [strange] = parsed.positionals.slice(words);
    if (strange !== undefined) throw new Error(`${strange} is not understood`);
    return { ok: true, values: parsed.values, words: parsed.positionals };
  } catch (error) {
    const [reason = ''] = messageOf(error).split(/\. (?:Did you|To specify)|\n/); // node's own advice is about its parser
    return { ok: false, exitCode: 2, reason, text: `${reason}\n\n${usage}` };
  }
};

/** Ends the process after help (0) and with a line that is not understood (2): nothing has been started yet. */
export const readCommandLine = <const Options extends ParseArgsOptionsConfig>(definition: {
  usage: string;
  options: Options;
  words?: number;
}): { values: Parsed<Options>['values']; words: string[] } => {
  const line = parseCommandLine(definition, process.argv.slice(2));
  if (line.ok) return line;
  (line.exitCode === 0 ? console.log : console.error)(line.text);
  process.exit(line.exitCode);
};

/** Ends the process with 2: an option has a value that cannot be used. */
export const refuseCommandLine = (reason: string, usage: string): never => {
  console.error(`${reason}\n\n${usage}`);
  process.exit(2);
};
