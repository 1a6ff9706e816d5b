// A certified provider of identities on loopback: `node provider.mjs PORT CALLBACK` (0 for any port). Prints its address as
// JSON once it listens. Its key is new each time it starts. Anybody signs in with any password as the name they give; their
// groups are what the last `PUT /test/groups?name=NAME&groups=A,B` says.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

// What it tells its developers goes where nobody waits for an address.
console.info = console.error;
const [port, callback] = process.argv.slice(2);
const groups = new Map();
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const server = createServer();
server.listen(Number(port), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'jfn', client_secret: 'a secret of two', redirect_uris: [callback] }],
    cookies: { keys: [randomUUID()] },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' }] },
    pkce: { required: () => true },
    scopes: ['openid', 'email', 'profile', 'groups'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id}@jfn.example`,
        email_verified: !id.startsWith('unverified'),
        name: `Person ${id}`,
        groups: groups.get(id) ?? [],
      }),
    }),
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const url = new URL(request.url, issuer);
    if (url.pathname !== '/test/groups') return answer(request, response);
    groups.set(url.searchParams.get('name'), url.searchParams.get('groups').split(',').filter(Boolean));
    response.end();
  });
  console.log(JSON.stringify({ issuer }));
});
