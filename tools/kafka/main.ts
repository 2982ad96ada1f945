/** npm run kafka: a throw-away broker for development. Prints its EVENT_LOG_URL, and stops at Ctrl-C or when standard input closes. */
import { messageOf } from '@sendpool/kernel';
import { startBroker } from './broker.ts';

try {
  const broker = await startBroker();
  console.log(broker.url);
  const stop = async (): Promise<never> => {
    await broker.stop();
    process.exit(0);
  };
  process.stdin.resume().once('end', () => void stop());
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
} catch (error) {
  console.error(messageOf(error));
  process.exit(1);
}
