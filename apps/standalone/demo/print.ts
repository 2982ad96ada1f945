/** How the demo speaks: numbered steps, a progress bar, and tables. */
import Table from 'cli-table3';

const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const paint = (code: number) => (text: string) => (colour ? `\u001B[${code}m${text}\u001B[0m` : text);
export const bold = paint(1);
export const green = paint(32);
export const red = paint(31);
export const yellow = paint(33);

let stepNumber = 0;
export const step = (text: string): void => {
  stepNumber += 1;
  console.log(`\n${bold(`${stepNumber}. ${text}`)}`);
};
export const detail = (text: string): void => console.log(`   ${text}`);

export const percent = (share: number | null, digits = 1): string =>
  share === null ? '-' : `${(share * 100).toFixed(digits)} %`;

export const table = (head: string[], rows: string[][]): void => {
  const drawn = new Table({ head: head.map((text) => bold(text)), style: { head: [], border: [] } });
  drawn.push(...rows);
  console.log(drawn.toString());
};

const levels = '▁▂▃▄▅▆▇█';
/** Numbers over time as a line of blocks, `width` characters wide at most. */
export const sparkline = (values: readonly number[], width = 40): string => {
  if (values.length === 0) return '';
  const size = Math.max(1, Math.ceil(values.length / width));
  const groups = Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    Math.max(...values.slice(index * size, (index + 1) * size)),
  );
  const top = Math.max(1, ...groups);
  return groups.map((value) => levels[Math.min(7, Math.floor((value / top) * 7.99))]).join('');
};

let lastPlainTwentieth = -1;
/** One line that is drawn over on a terminal; elsewhere a line for each 5 %. */
export const progressBar = (done: number, text: string): void => {
  const width = 30;
  const filled = Math.round(done * width);
  const line = `   [${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${percent(done).padStart(7)}  ${text}`;
  if (process.stdout.isTTY) process.stdout.write(`\r\u001B[2K${line}`);
  else if (Math.floor(done * 20) > lastPlainTwentieth) {
    lastPlainTwentieth = Math.floor(done * 20);
    console.log(line);
  }
};

/** Leaves the progress bar standing and goes on below it. */
export const endOfBar = (): void => {
  if (process.stdout.isTTY) process.stdout.write('\n');
};
