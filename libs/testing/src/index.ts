export { makeCertificate, type Certificate } from './certificate.ts';
export type { Behaviour, Fault, SinkStage, Situation } from './faults.ts';
export { behaviourOf, ruleFor, shareOf, type SinkRule } from './rules.ts';
export { readCutMails, readMailLog, startSinkProcess, type SinkConfig, type SinkProcess } from './sink-process.ts';
export { startSink, type ReceivedMail, type Sink, type SinkOptions } from './sink.ts';
export { startSesFake, type SesFake, type SesFakeOptions, type SesFault, type SesMail } from './ses-fake.ts';
export { limitsTowards, outcomeRecord, poolRecord, serverRecord, statusRecord } from './records.ts';
