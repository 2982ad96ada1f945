import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import {
  brokerAddresses,
  checkDatabaseIsHere,
  checkNote,
  folderPlace,
  readNote,
  wantedNote,
  writeNote,
  type NotedPlace,
} from './event-log-note.ts';
import { clusterShape, singleShape, type Shape } from './shape.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sendpool-note-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A start up to the point where its services would write. */
const start = (shape: Shape, kafkaBrokers?: string): void => {
  const known = readNote(folder);
  const wanted = wantedNote(shape, kafkaBrokers, known);
  checkNote(known, wanted, folderPlace(folder));
  writeNote(folder, wanted);
};

const refuses = (work: () => void, ...parts: string[]): void =>
  assert.throws(
    work,
    (error) =>
      isAppError(error, 'BAD_CONFIGURATION') &&
      !error.message.includes('\n') &&
      parts.every((part) => error.message.includes(part)),
  );

const leave = (...paths: string[]): void => {
  for (const path of ['secrets.json', ...paths]) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), '{}');
  }
};

describe('the event log of a data folder', () => {
  it('stays PostgreSQL once npm start has run there', () => {
    start(singleShape);
    start(singleShape);
    refuses(() => start(clusterShape), folder, 'in PostgreSQL, not in the Apache Kafka', 'with npm start', 'DATA_DIR');
    refuses(() => start(clusterShape, 'a:1'), 'not in Apache Kafka at a:1');
  });

  it('stays the own broker once npm run cluster has run there', () => {
    start(clusterShape);
    start(clusterShape);
    refuses(() => start(singleShape), 'its own Apache Kafka broker, not in PostgreSQL', 'with npm run cluster');
    refuses(() => start(clusterShape, 'a:1'), 'npm run cluster without KAFKA_BROKERS');
  });

  it('stays at its brokers, of which some may come and go', () => {
    start(clusterShape, 'u:secret@a,b:2?tls=true&sasl=plain');
    start(clusterShape, 'B:2,c:3');
    start(clusterShape, 'c:3');
    refuses(() => start(clusterShape, 'u:secret@a,b:2'), 'Kafka at c:3, not in Apache Kafka at a:9092, b:2');
    refuses(() => start(clusterShape, 'a:1,b:2'), 'same brokers at other addresses', 'KAFKA_BROKERS=a:1,b:2,c:3)');
    refuses(() => start(clusterShape), 'KAFKA_BROKERS=c:3 npm run cluster');
    refuses(() => start(singleShape), 'KAFKA_BROKERS=c:3 npm run cluster');
  });

  it('is not the broker of another folder', () => {
    const [one, other] = [
      wantedNote(clusterShape, undefined, undefined),
      wantedNote(clusterShape, undefined, undefined),
    ];
    const place: NotedPlace = {
      name: 'the database',
      another: 'use another one',
      ownBroker: (id) => ({ name: `the broker ${id}`, wayOn: `the folder of ${id}` }),
    };
    checkNote(one, wantedNote(clusterShape, undefined, one), place);
    const { id } = one as { id: string };
    refuses(
      () => checkNote(one, other, place),
      `the database keeps its event log in the broker ${id}, not in the Apache Kafka broker that this start would run`,
      `go on with the folder of ${id}, or use another one`,
    );
  });

  it('is taken from what an earlier version left', () => {
    leave('postgres/password');
    refuses(() => start(clusterShape), 'PostgreSQL');
    start(singleShape);
  });

  it('is the own broker where an earlier version left its data, whatever else is there', () => {
    leave('postgres/password', 'kafka/data/meta.properties', 'state/scheduler/x');
    refuses(() => start(singleShape), 'npm run cluster');
    start(clusterShape);
  });

  it('is Apache Kafka after an earlier version that ran a cluster on other brokers, and those are named once more', () => {
    leave('postgres/password', 'state/scheduler-1/x');
    for (const work of [() => start(singleShape), () => start(clusterShape)])
      refuses(work, 'npm run cluster and the KAFKA_BROKERS or the DATA_DIR of then');
    start(clusterShape, 'a:1');
    refuses(() => start(clusterShape, 'b:1'), 'Apache Kafka at a:1');
  });

  it('is open after a start that came to nothing', () => {
    mkdirSync(join(folder, 'postgres'), { recursive: true });
    start(clusterShape);
  });

  it('cannot be guessed when the note is damaged, which is said with what to do', () => {
    const file = join(folder, 'event-log.json');
    const texts = ['{', '{}', 'null', '[]', '{"log":"KAFKA"}', '{"log":"KAFKA","brokers":[]}', '{"log":"RABBIT"}'];
    for (const text of texts) {
      writeFileSync(file, text);
      for (const work of [() => start(singleShape), () => start(clusterShape), () => checkDatabaseIsHere(folder)])
        refuses(work, `${file} is damaged`, 'from a backup', 'remove it and start once with the command');
    }
  });
});

const refusesOwn = (): void => refuses(() => checkDatabaseIsHere(folder), folder, 'DATABASE_URL', 'DATA_DIR');

describe('the database of a data folder', () => {
  it('is elsewhere once the folder was run with DATABASE_URL, and the note does not say where', () => {
    checkDatabaseIsHere(folder);
    writeNote(folder, { log: 'POSTGRES', database: 'ELSEWHERE' });
    refusesOwn();
    leave('postgres/password');
    refusesOwn();
    assert.deepEqual(readNote(folder), { log: 'POSTGRES', database: 'ELSEWHERE' });
  });

  it('is elsewhere where an earlier version left none', () => {
    leave();
    refusesOwn();
    leave('postgres/password');
    checkDatabaseIsHere(folder);
  });
});

describe('KAFKA_BROKERS', () => {
  it('names addresses, without log-in and parameters', () => {
    assert.deepEqual(brokerAddresses('u:p@A:1,b,[::1]:3?sasl=plain&x=a@b'), ['a:1', 'b:9092', '[::1]:3']);
  });
});
