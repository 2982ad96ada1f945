export { askSesAccount, type SesAccount, type SesAccountAnswer } from './account.ts';
export { defaultTimeouts as defaultSesTimeouts, type SesTimeouts } from './exchange.ts';
export type { SesServer } from './server.ts';
export { createSesTransport, type SesTransport } from './transport.ts';
