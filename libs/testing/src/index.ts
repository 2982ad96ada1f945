export { makeCertificate, type Certificate } from './certificate.ts';
export type { Behaviour, Fault, SinkStage, Situation } from './faults.ts';
export { startSink, type ReceivedMail, type Sink, type SinkOptions } from './sink.ts';
