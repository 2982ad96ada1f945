import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyAnswer, errorOf, sayError, type SesRefusal } from './classify.ts';

/** The part of a verdict that a row fixes. */
const shapeOf = (verdict: SesRefusal): string => {
  if (verdict.kind === 'SERVER_FAILURE') return `${verdict.kind} ${verdict.stage} ${verdict.failure}`;
  if (verdict.kind === 'BOUNCED') return `${verdict.kind} ${verdict.stage} ${verdict.bounceClass} ${verdict.reason}`;
  return verdict.kind;
};

const throttle = 'SERVER_FAILURE END_OF_DATA THROTTLE';
const account = 'SERVER_FAILURE AUTH AUTH';
const broken = 'SERVER_FAILURE END_OF_DATA CONNECTION';
const sender = 'BOUNCED MAIL BLOCK SENDER_ADDRESS';
const content = 'BOUNCED END_OF_DATA BLOCK CONTENT';
const address = 'BOUNCED RCPT HARD BAD_ADDRESS';
const tooLarge = 'BOUNCED END_OF_DATA BLOCK TOO_LARGE';

const rows: readonly (readonly [status: number, code: string, message: string, expected: string])[] = [
  [429, 'TooManyRequestsException', 'Too many requests', throttle],
  [400, 'TooManyRequestsException', '', throttle],
  [400, 'ThrottlingException', 'Maximum sending rate exceeded.', throttle],
  [400, 'Throttling', 'Daily message quota exceeded.', throttle],
  [400, 'LimitExceededException', 'There are too many instances', throttle],
  [400, 'BadRequestException', 'Daily sending quota exceeded', throttle],
  [400, 'MessageRejected', 'Maximum sending rate exceeded.', throttle],
  [503, 'SlowDown', 'Please reduce your request rate.', throttle],
  [429, '', '', throttle],
  [400, 'AccountSuspendedException', 'The account is suspended', account],
  [400, 'SendingPausedException', 'Sending is paused', account],
  [400, 'ConfigurationSetSendingPausedException', '', account],
  [400, 'MessageRejected', 'Sending suspended for this account.', account],
  [404, 'NotFoundException', 'Configuration set <news> does not exist.', account],
  [400, 'BadRequestException', 'Configuration set name is not valid', account],
  [403, 'AccessDeniedException', 'User is not authorized to perform ses:SendEmail', account],
  [400, 'AccessDeniedException', '', account],
  [403, 'InvalidClientTokenId', 'The security token is invalid', account],
  [403, 'UnrecognizedClientException', 'The security token is invalid', account],
  [403, 'SignatureDoesNotMatch', '', account],
  [403, 'InvalidSignatureException', '', account],
  [403, 'ExpiredTokenException', '', account],
  [403, '', '', account],
  [401, '', '', account],
  [400, 'MailFromDomainNotVerifiedException', 'not verified', sender],
  [400, 'MessageRejected', 'Email address is not verified. The following identities failed: a@b.example', sender],
  [400, 'MessageRejected', 'Transaction failed: message contained a virus', content],
  [400, 'BadRequestException', "Missing final '@domain'", address],
  [400, 'BadRequestException', 'Illegal address', address],
  [400, 'InvalidParameterValue', 'Local address contains control or whitespace', address],
  [400, 'BadRequestException', 'Domain contains illegal character', address],
  [400, 'BadRequestException', 'Illegal address in header From', content],
  [400, 'BadRequestException', "Missing required header 'From'.", content],
  [400, 'BadRequestException', 'Message length is more than 10485760 bytes long', tooLarge],
  [413, '', '', tooLarge],
  [400, 'BadRequestException', '', content],
  [400, 'SomethingNewException', 'never heard of', broken],
  [404, '', 'Not Found', broken],
  [408, '', '', broken],
  [307, '', '', broken],
  [503, 'ServiceUnavailableException', 'The request has failed due to a temporary failure', broken],
  [503, 'ServiceUnavailable', '', broken],
  [503, '', '', 'UNKNOWN'],
  [500, 'InternalFailure', 'unknown error', 'UNKNOWN'],
  [500, 'InternalServiceErrorException', '', 'UNKNOWN'],
  [500, 'InternalFailure', 'rate exceeded somewhere', 'UNKNOWN'],
  [502, '', 'Bad Gateway', 'UNKNOWN'],
  [504, '', '', 'UNKNOWN'],
];

const answerOf = (statusCode: number, headers: Record<string, string>, body: string) => ({
  statusCode,
  headers,
  body: Buffer.from(body),
});

for (const [status, code, message, expected] of rows)
  test(`${status} ${code || 'without a code'} "${message}" means ${expected}`, () => {
    const headers: Record<string, string> = code === '' ? {} : { 'x-amzn-errortype': code };
    const error = errorOf(answerOf(status, headers, JSON.stringify({ message })));
    assert.equal(shapeOf(classifyAnswer(error)), expected);
  });

test('the code of an error is read from the header and from the body, without what is written around it', () => {
  const uri = 'http://internal.amazon.com/coral/com.amazon.coral.service/';
  assert.equal(errorOf(answerOf(400, { 'x-amzn-errortype': `MessageRejected:${uri}` }, '')).code, 'MessageRejected');
  assert.equal(errorOf(answerOf(400, {}, '{"__type":"com.amazonaws.sesv2#BadRequestException"}')).code, 'BadRequest');
  assert.equal(errorOf(answerOf(400, {}, '{"code":"NotFoundException","Message":"gone"}')).message, 'gone');
});

test('an answer that is none of AWS is an error without a code, whatever its body is', () => {
  for (const body of ['', '<html>no</html>', 'null', '7', '[]', '{"message":7}', '{"message":'])
    assert.deepEqual(errorOf(answerOf(502, {}, body)), { status: 502, code: '', message: '' });
  assert.equal(sayError({ status: 502, code: '', message: '' }), 'HTTP 502');
});

test('each bounce names the row that said so', () => {
  const bounces = rows.map(([status, code, message]) =>
    classifyAnswer({ status, code: code.replace(/Exception$/, ''), message }),
  );
  const rules = new Set(bounces.map((verdict) => (verdict.kind === 'BOUNCED' ? verdict.rule : undefined)));
  const named = ['ses-from-domain', 'ses-not-verified', 'ses-rejected', 'ses-address', 'ses-size', 'ses-bad-request'];
  assert.deepEqual(rules, new Set([undefined, ...named]));
});
