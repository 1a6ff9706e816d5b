// A provider of identities that signs whatever it is asked to: `node hostile.mjs`. Prints its address as JSON once it listens.
// What is wrong with its token is said by `fault` in the address of its sign-in page, and what time it is by `now`.

import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';

const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const token = (issuer, { fault, now, nonce }) => {
  const claims = {
    iss: issuer, aud: 'jfn', sub: 'attorney5', nonce, iat: now, exp: now + 300,
    email: 'attorney5@jfn.example', email_verified: true, groups: ['attorneys-5'],
  };
  const header = { alg: 'RS256', kid: 'own' };
  let key = own.privateKey;
  if (fault === 'audience') claims.aud = 'another';
  if (fault === 'more audiences') claims.aud = ['jfn', 'another'];
  if (fault === 'issuer') claims.iss = 'https://login.elsewhere.example';
  if (fault === 'expiry') claims.exp = now - 1;
  if (fault === 'age') claims.iat = now - 3600;
  if (fault === 'nonce') claims.nonce = 'another';
  if (fault === 'no nonce') delete claims.nonce;
  if (fault === 'access token') claims.at_hash = base64('of another');
  if (fault === 'unverified') { claims.sub = 'somebody'; claims.email_verified = false; }
  if (fault === 'no groups') delete claims.groups;
  if (fault === 'two roles') claims.groups = ['attorneys-5', 'chiefs'];
  if (fault === 'key') key = stranger.privateKey;
  if (fault === 'unknown key') { key = stranger.privateKey; header.kid = 'stranger'; }
  if (fault === 'alg none' || fault === 'alg none, signed') header.alg = 'none';
  if (fault === 'shared secret') header.alg = 'HS256';
  if (fault === 'public key as secret') header.alg = 'HS256';
  const signed = `${base64(header)}.${base64(claims)}`;
  if (fault === 'alg none') return `${signed}.`;
  if (fault === 'shared secret') return `${signed}.${createHmac('sha256', 'a secret of two').update(signed).digest('base64url')}`;
  if (fault === 'public key as secret') {
    const secret = own.publicKey.export({ type: 'spki', format: 'pem' });
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }
  if (fault === 'changed') {
    const changed = base64({ ...claims, sub: 'attorney6', email: 'attorney6@jfn.example' });
    return `${base64(header)}.${changed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
  }
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
};

const server = createServer(async (request, response) => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const url = new URL(request.url, issuer);
  const asked = (name) => url.searchParams.get(name);
  const json = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (url.pathname === '/.well-known/openid-configuration') {
    return json(200, {
      issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'], subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    });
  }
  if (url.pathname === '/keys') {
    const key = own.publicKey.export({ format: 'jwk' });
    return json(200, { keys: [{ ...key, kid: 'own', use: 'sig', alg: 'RS256' }] });
  }
  if (url.pathname === '/authorize') {
    const code = base64({
      fault: asked('fault'), now: Number(asked('now')), nonce: asked('nonce'), challenge: asked('code_challenge'),
      method: asked('code_challenge_method'),
    });
    const back = new URL(asked('redirect_uri'));
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked('state'));
    return response.writeHead(303, { location: back.href }).end();
  }
  if (url.pathname === '/token') {
    let body = '';
    for await (const piece of request) body += piece;
    const form = new URLSearchParams(body);
    const code = JSON.parse(Buffer.from(form.get('code'), 'base64url'));
    const shown = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
    if (code.method !== 'S256' || shown !== code.challenge) return json(400, { error: 'invalid_grant' });
    return json(200, { access_token: 'an access token', token_type: 'Bearer', expires_in: 300, id_token: token(issuer, code) });
  }
  return json(404, {});
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ issuer: `http://127.0.0.1:${server.address().port}` })));
