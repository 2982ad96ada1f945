/** Starts a throw-away PostgreSQL for development, prints its URL, and stops when standard input closes or a signal comes. */
import { startCluster } from './cluster.ts';

const cluster = await startCluster();
console.log(cluster.url);
const stop = async (): Promise<never> => {
  await cluster.stop();
  process.exit(0);
};
process.stdin.resume().once('end', () => void stop());
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
