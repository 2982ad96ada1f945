/** The three sending servers of the tutorial. All are SMTP here; amazon-ses stands for its SMTP endpoint. */
import type { DemoServer } from './types.ts';

export const fromDomain = 'news.travel.example';

export const demoServers: DemoServer[] = [
  {
    name: 'smtp-primary',
    weight: 10,
    role: 'Main delivery',
    fromDomain,
    username: 'primary',
    password: 'primary-password',
    deferShare: 0.03,
    bounceShare: 0.005,
  },
  {
    name: 'smtp-backup',
    weight: 5,
    role: 'Secondary',
    fromDomain,
    username: 'backup',
    password: 'backup-password',
    deferShare: 0.03,
    bounceShare: 0.008,
  },
  {
    name: 'amazon-ses',
    weight: 3,
    role: 'Overflow',
    fromDomain,
    username: 'ses-smtp-user',
    password: 'ses-smtp-password',
    deferShare: 0.02,
    bounceShare: 0.055,
  },
];
