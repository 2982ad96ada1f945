/** Checks AWS Signature Version 4 of a request, as the API does (AWS General Reference, "Signing AWS API requests"). */
import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export type SignedParts = { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer };

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;

/** The access key id and the region that it was signed for; null when there is no signature or it is not that of the secret. */
export const signedBy = (
  { method, path, headers, body }: SignedParts,
  secret: string,
): { accessKeyId: string; region: string } | null => {
  const match = authorization.exec(headers.authorization ?? '');
  if (match === null) return null;
  const [, accessKeyId = '', day = '', region = '', service = '', names = '', signature = ''] = match;
  const lines = names.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}\n`);
  const canonical = [method, path, '', lines.join(''), names, sha256(body)].join('\n');
  const scope = [day, region, service, 'aws4_request'].join('/');
  const toSign = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(key, toSign).toString('hex') === signature && service === 'ses' ? { accessKeyId, region } : null;
};
