/** Certificates for specs and the demo, made at run time: an authority of its own and a server certificate for 127.0.0.1 and localhost. */
import { generate } from 'selfsigned';

/** PEM texts; `ca` is what a client pins. */
export type Certificate = { ca: string; cert: string; key: string };

const lifetimeMs = 30 * 24 * 3_600_000;

const validity = (): { notBeforeDate: Date; notAfterDate: Date } => ({
  // A day back, so that a clock that is a little behind still accepts it.
  notBeforeDate: new Date(Date.now() - 24 * 3_600_000),
  notAfterDate: new Date(Date.now() + lifetimeMs),
});

/** A fresh authority and a certificate signed by it (ECDSA P-256), valid for 30 days. */
export const makeCertificate = async (): Promise<Certificate> => {
  const authority = await generate([{ name: 'commonName', value: 'Sendpool test authority' }], {
    ...validity(),
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...validity(),
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { ca: authority.cert, cert: server.cert, key: server.private };
};
