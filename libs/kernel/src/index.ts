export { AppError, isAppError, messageOf, type ErrorCode } from './app-error.ts';
export { backoffDelay, type BackoffPlan } from './backoff.ts';
export { sleep, systemClock, type Clock } from './clock.ts';
export { isId, newId, timeOfId } from './ids.ts';
export { isPublicAddress } from './public-address.ts';
export { loginSecrets, maskSecrets } from './mask-secrets.ts';
export { seededRandom } from './random.ts';
export { createWakeUp, type WakeUp } from './wake-up.ts';
