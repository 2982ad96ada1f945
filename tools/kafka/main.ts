/** npm run kafka: a throw-away broker for development. Prints its EVENT_LOG_URL, and stops at Ctrl-C or when standard input closes. */
import { messageOf } from '@sendpool/kernel';
import { readCommandLine } from '@sendpool/service';
import { startBroker } from './broker.ts';

const usage = `npm run kafka

Starts a throw-away Kafka broker, prints its EVENT_LOG_URL, and stops at Ctrl-C or when standard input closes.
Needs Java 17 or newer, and Maven once.`;

readCommandLine({ usage, options: {} });
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
