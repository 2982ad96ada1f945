/** Which addresses may be reached when a user names a host and private ones are not allowed: those of the public internet. */
import { BlockList, isIP } from 'node:net';

/** IANA special-purpose registries (RFC 6890 and its updates), and multicast. */
const v4 = ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'];
const v4Rest = ['192.0.0.0/24', '192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'];
const v4High = ['192.88.99.0/24', '224.0.0.0/4', '240.0.0.0/4'];
/** Loopback, unspecified, v4-mapped, -translated and -compatible, segment routing, NAT64, discard, documentation, 6to4, unique local, link-local, multicast. */
const v6 = ['::/96', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32'];
const v6Rest = [
  '::ffff:0:0:0/96',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

const listOf = (family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/');
    list.addSubnet(network, Number(bits), family);
  }
  return list;
};

const blocked4 = listOf('ipv4', [...v4, ...v4Rest, ...v4High]);
const blocked6 = listOf('ipv6', [...v6, ...v6Rest]);

/** False for every text that is no address. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address);
  if (family === 4) return !blocked4.check(address, 'ipv4');
  return family === 6 && !blocked6.check(address, 'ipv6');
};
