/** For specs: a server and a pool in which everything is said, with what a spec wants to be different; and the result of a plan. */
import { defaultRotateOut, type RotationVerdict } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import type { Steps } from './in-turns.ts';
import { defaultLimits } from './limits.ts';
import { neverOut, type Pool, type PoolMember, type Rotation } from './pool.ts';
import type { SendingServer } from './sending-server.ts';
import type { SesAccount } from './ses.ts';

/** Active and verified. */
export const serverWith = (change: Partial<SendingServer> = {}): SendingServer => ({
  id: newId(),
  revision: 1,
  name: newId(),
  kind: 'SMTP',
  state: 'ACTIVE',
  host: 'smtp.example.com',
  port: 25,
  tls: 'NONE',
  username: null,
  password: null,
  caCertificate: null,
  fromDomains: ['example.com'],
  limits: defaultLimits,
  warmUp: null,
  ses: null,
  verification: { status: 'PASSED', at: new Date(0), failedStage: null, message: null },
  deletedAt: null,
  ...change,
});

export const accountWith = (change: Partial<SesAccount> = {}): SesAccount => ({
  sendingEnabled: true,
  productionAccess: true,
  maxSendRate: 14,
  max24HourSend: 50_000,
  sentLast24Hours: 120,
  enforcementStatus: 'HEALTHY',
  checkedAt: new Date('2026-11-24T12:00:00Z'),
  ...change,
});

export const sesServerWith = (change: Partial<SendingServer> = {}): SendingServer =>
  serverWith({
    kind: 'SES',
    host: 'email.eu-central-1.amazonaws.com',
    port: 443,
    tls: 'IMPLICIT',
    ses: { region: 'eu-central-1', configurationSet: 'main', account: accountWith() },
    ...change,
  });

export const memberWith = (serverId: string, weight: number, rotation: Partial<Rotation> = {}): PoolMember => ({
  serverId,
  weight,
  role: null,
  rotation: { ...neverOut, ...rotation },
});

export const poolWith = (members: readonly PoolMember[], change: Partial<Pool> = {}): Pool => ({
  id: newId(),
  revision: 1,
  name: newId(),
  whenBusy: 'KEEP_WEIGHTS',
  isp: 'SPREAD',
  rotateOut: defaultRotateOut,
  members,
  deletedAt: null,
  ...change,
});

export const verdictWith = (change: Partial<RotationVerdict> = {}): RotationVerdict => ({
  id: newId(),
  kind: 'EJECT',
  poolId: newId(),
  serverId: newId(),
  campaignIds: [],
  at: 1_000_000,
  evidence: {
    rule: 'SIGNIFICANT',
    window: 500,
    sends: 500,
    bounced: 40,
    rate: 0.08,
    lowerBound: 0.05,
    needed: 0.062,
    restRate: 0.01,
    z: 7.5,
  },
  words: '8 % of 500 sends bounced',
  ...change,
});

/** The result of a calculation that is taken to its end at once. */
export const resultOf = <T>(steps: Steps<T>): T => {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};
