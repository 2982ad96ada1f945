import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SesFault } from '@sendpool/testing';
import type { SesTimeouts } from './exchange.ts';
import { envelope, mail, patient, serverAt, shapeOf, withFake } from './testing.ts';
import { createSesTransport } from './transport.ts';

const answered = (status: number, code: string, message: string): SesFault => ({ do: 'ANSWER', status, code, message });

type Row = { title: string; fault: SesFault; expected: string; timeouts?: Partial<SesTimeouts> };

const rows: Row[] = [
  { title: 'a reset after the request', fault: { do: 'RESET' }, expected: 'UNKNOWN' },
  { title: 'a reset in the middle of the request', fault: { do: 'RESET_EARLY' }, expected: 'UNKNOWN' },
  { title: 'a connection closed without an answer', fault: { do: 'CLOSE' }, expected: 'UNKNOWN' },
  { title: 'half an answer', fault: { do: 'CUT' }, expected: 'UNKNOWN' },
  { title: 'an answer that is no HTTP', fault: { do: 'GARBAGE' }, expected: 'UNKNOWN' },
  { title: 'no answer in time', fault: { do: 'HANG' }, expected: 'UNKNOWN', timeouts: { answer: 300 } },
  { title: 'a slow answer', fault: { do: 'WAIT', ms: 300 }, expected: 'ACCEPTED' },
  { title: '200 with a page', fault: { do: 'ANSWER', status: 200, body: '<html>' }, expected: 'UNKNOWN' },
  { title: '200 without a message id', fault: { do: 'ANSWER', status: 200, body: '{}' }, expected: 'UNKNOWN' },
  {
    title: 'an answer without an end',
    fault: { do: 'ANSWER', status: 400, body: 'x'.repeat(2_000_000) },
    expected: 'UNKNOWN',
  },
  { title: '500 with a page', fault: { do: 'ANSWER', status: 500, body: '<html>' }, expected: 'UNKNOWN' },
  { title: '500 of AWS', fault: answered(500, 'InternalFailure', 'unknown error'), expected: 'UNKNOWN' },
  {
    title: '503 of AWS',
    fault: answered(503, 'ServiceUnavailableException', 'temporary failure'),
    expected: 'SERVER_FAILURE END_OF_DATA CONNECTION',
  },
  {
    title: '404 with a page',
    fault: { do: 'ANSWER', status: 404, body: '<html>' },
    expected: 'SERVER_FAILURE END_OF_DATA CONNECTION',
  },
  {
    title: 'throttling with 429',
    fault: answered(429, 'TooManyRequestsException', 'Maximum sending rate exceeded.'),
    expected: 'SERVER_FAILURE END_OF_DATA THROTTLE',
  },
  {
    title: 'the quota of the day',
    fault: answered(400, 'ThrottlingException', 'Daily message quota exceeded.'),
    expected: 'SERVER_FAILURE END_OF_DATA THROTTLE',
  },
  {
    title: 'a paused account',
    fault: answered(400, 'SendingPausedException', 'paused'),
    expected: 'SERVER_FAILURE AUTH AUTH',
  },
  {
    title: 'a missing right',
    fault: answered(403, 'AccessDeniedException', 'not authorized'),
    expected: 'SERVER_FAILURE AUTH AUTH',
  },
  {
    title: 'an unverified identity',
    fault: answered(400, 'MessageRejected', 'Email address is not verified.'),
    expected: 'BOUNCED MAIL BLOCK SENDER_ADDRESS',
  },
  {
    title: 'an unverified domain',
    fault: answered(400, 'MailFromDomainNotVerifiedException', 'no'),
    expected: 'BOUNCED MAIL BLOCK SENDER_ADDRESS',
  },
  {
    title: 'a rejected message',
    fault: answered(400, 'MessageRejected', 'a virus'),
    expected: 'BOUNCED END_OF_DATA BLOCK CONTENT',
  },
  {
    title: 'an address that is none',
    fault: answered(400, 'BadRequestException', "Missing final '@domain'"),
    expected: 'BOUNCED RCPT HARD BAD_ADDRESS',
  },
];

for (const { title, fault, expected, timeouts } of rows)
  test(`${title} is ${expected}, asked once, and the next message goes through`, () =>
    withFake({}, async (fake) => {
      const transport = createSesTransport({ timeouts: { ...patient, ...timeouts }, probeMs: 10_000 });
      const connection = await transport.open(serverAt(fake.port));
      // The first message loads half of the SDK; a row must not pay for it with its time-out.
      fake.fail(null, fault);
      assert.equal((await connection.send(envelope, mail)).kind, 'ACCEPTED');
      const result = await connection.send(envelope, mail);
      assert.equal(shapeOf(result), expected);
      assert.ok(fake.requests.length <= 2, 'it was asked again');
      assert.equal(connection.isUsable(), true);
      assert.equal((await connection.send(envelope, mail)).kind, 'ACCEPTED');
      assert.doesNotMatch(JSON.stringify(result), /wJalrXUtnFEMI|AKIDEXAMPLE/);
      await connection.close();
    }));
