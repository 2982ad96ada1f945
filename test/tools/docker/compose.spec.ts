/** Each rule for compose.yaml bites. */
import { eachIsFound, type Spoiling } from './spoil.ts';

const compose = 'docker/compose.yaml';

const spoilings: Spoiling[] = [
  { what: 'a missing variable', file: compose, from: /CONFIG_URL: .*/, to: '', fault: /gateway needs CONFIG_URL/ },
  {
    what: 'a missing state folder',
    file: compose,
    from: / +STATE_DIR: \/state\n/,
    to: '',
    fault: /scheduler needs STATE_DIR/,
  },
  {
    what: 'an unknown variable',
    file: compose,
    from: 'STATS_URL:',
    to: 'STATISTICS_URL:',
    fault: /gateway knows no STATISTICS_URL/,
  },
  {
    what: 'a value out of range',
    file: compose,
    from: '${LANES:-12}',
    to: '${LANES:-0}',
    fault: /scheduler does not accept the value of LANES/,
  },
  {
    what: 'a secret',
    file: compose,
    from: /&internal .*/,
    to: `&internal ${'x'.repeat(32)}`,
    fault: /config has INTERNAL_SECRET written down/,
  },
  {
    what: 'a secret as standard',
    file: compose,
    from: /POSTGRES_PASSWORD:\?[^}]*/,
    to: 'POSTGRES_PASSWORD:-secret',
    fault: /postgres has POSTGRES_PASSWORD written/,
  },
  {
    what: 'a login in the URL',
    file: compose,
    from: 'kafka://kafka',
    to: 'kafka://me:pass@kafka',
    fault: /EVENT_LOG_URL written down/,
  },
  {
    what: 'a root to write on',
    file: compose,
    from: 'read_only: true',
    to: 'read_only: false',
    fault: /sender has a root/,
  },
  {
    what: 'capabilities',
    file: compose,
    from: 'cap_drop: [ALL]',
    to: 'cap_drop: [NET_RAW]',
    fault: /sender keeps capabilities/,
  },
  {
    what: 'privileges',
    file: compose,
    from: 'no-new-privileges:true',
    to: 'no-new-privileges:false',
    fault: /sender may gain/,
  },
  { what: 'no memory limit', file: compose, from: ', memory: 512M', to: '', fault: /sender has no limit of memory/ },
  {
    what: 'too little time to stop',
    file: compose,
    from: 'stop_grace_period: 40s',
    to: 'stop_grace_period: 10s',
    fault: /sender has less than 40 s/,
  },
  {
    what: 'a health check elsewhere',
    file: compose,
    from: '8080/readyz',
    to: '8080/ready',
    fault: /sender is not asked at \/readyz/,
  },
  {
    what: 'no wait for Kafka',
    file: compose,
    from: 'kafka: { condition: service_healthy }',
    to: '',
    fault: /sender does not wait/,
  },
  {
    what: 'a fixed name',
    file: compose,
    from: 'image: sendpool-sender',
    to: 'image: sendpool-sender\n    container_name: s',
    fault: /sender has a fixed name/,
  },
  { what: 'a single port', file: compose, from: '4000-4009', to: '4000', fault: /gateway has ports/ },
  {
    what: 'an open subgraph',
    file: compose,
    from: 'image: sendpool-stats',
    to: "image: sendpool-stats\n    ports: ['4003:8080']",
    fault: /stats has ports/,
  },
  {
    what: 'a wrong image name',
    file: compose,
    from: 'image: sendpool-stats',
    to: 'image: stats',
    fault: /stats is not named after/,
  },
  {
    what: 'another app inside',
    file: compose,
    from: 'args: { APP: stats }',
    to: 'args: { APP: sender }',
    fault: /stats is not built/,
  },
  {
    what: 'a Kafka that forgets',
    file: compose,
    from: /(OFFSETS_RETENTION_MINUTES: )'\d+'/,
    to: "$1'10080'",
    fault: /kafka forgets/,
  },
  {
    what: 'a floating Kafka',
    file: compose,
    from: /(apache\/kafka:[\d.]+)@\S+/,
    to: '$1',
    fault: /kafka is not pinned/,
  },
  { what: 'a service less', file: compose, from: /\n {2}sender:\n/, to: '\n  mailer:\n', fault: /there is no sender/ },
];

eachIsFound('compose.yaml', spoilings);
