// node-oidc-provider with refresh token rotation and its own login pages, on a free port of loopback.
// Says its address on standard output, and at /_state what it has done.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' };

const client = (id, more) => ({
  client_id: id,
  // RFC 8252 §7.3: any port of loopback.
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  id_token_signed_response_alg: 'ES256',
  ...more,
});

const configuration = {
  clients: [
    client('public', { token_endpoint_auth_method: 'none' }),
    client('confidential', { client_secret: 'a secret: with/odd+letters & 0123456789' }),
  ],
  jwks: { keys: [jwk] },
  cookies: { keys: ['a key that signs the cookies of a test'] },
  rotateRefreshToken: true,
  pkce: { required: () => true },
  ttl: { AccessToken: 3600, IdToken: 3600, RefreshToken: 86400, Grant: 86400, Session: 86400, Interaction: 3600 },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
};

const state = { codes: 0, renewals: 0, refused: [], revoked: 0 };

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  provider.on('grant.success', (ctx) => {
    state[ctx.oidc.params.grant_type === 'refresh_token' ? 'renewals' : 'codes'] += 1;
  });
  provider.on('grant.error', (ctx, error) => state.refused.push(error.error_detail ?? error.error));
  provider.on('grant.revoked', () => { state.revoked += 1; });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url === '/_state') response.end(JSON.stringify(state));
    else answer(request, response);
  });
  console.log(issuer);
});
