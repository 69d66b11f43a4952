// node-oidc-provider on Redis, set up for one thing: rotating refresh tokens as fast as it can.
//
//   PORT=… REDIS_PORT=… PROCESSES=1 FORMAT=jwt TOKENS=file GRANTS=64 node server.js
//
// Redis is started by bench/peers/redis.py with `appendonly yes, appendfsync always`, so that an
// answered renewal is on disk, as ours is. The first process makes the grants and writes their
// refresh tokens to TOKENS, one a line, before anything listens.

import cluster from 'node:cluster';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';

import Redis from 'ioredis';
import Provider from 'oidc-provider';

const { PORT, REDIS_PORT, TOKENS, PROCESSES = '1', FORMAT = 'jwt', GRANTS = '64' } = process.env;
const RESOURCE = 'urn:bench:api';
const DAY = 86400;

// What is said at once goes out at once: a pipeline is the best that Redis can be given.
const redis = new Redis({ port: Number(REDIS_PORT), enableAutoPipelining: true });

class RedisAdapter {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    const transaction = redis.multi().hset(this.key(id), 'payload', JSON.stringify(payload));
    if (expiresIn) transaction.expire(this.key(id), expiresIn);
    if (payload.grantId) transaction.sadd(`members:${payload.grantId}`, this.key(id));
    await transaction.exec();
  }

  async find(id) {
    const { payload, consumed } = await redis.hgetall(this.key(id));
    if (!payload) return undefined;
    const found = JSON.parse(payload);
    if (consumed) found.consumed = Number(consumed);
    return found;
  }

  async consume(id) {
    await redis.hset(this.key(id), 'consumed', Math.floor(Date.now() / 1000));
  }

  async destroy(id) {
    await redis.del(this.key(id));
  }

  async revokeByGrantId(grantId) {
    const members = await redis.smembers(`members:${grantId}`);
    await redis.del(`members:${grantId}`, ...members);
  }

  async findByUid() {
    return undefined;
  }

  async findByUserCode() {
    return undefined;
  }
}

function provide(jwk) {
  return new Provider(`http://127.0.0.1:${PORT}`, {
    adapter: RedisAdapter,
    clients: [
      {
        client_id: 'bench',
        client_secret: 'bench-secret-0123456789abcdef0123456789abcdef',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['https://client.invalid/back'],
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: ['unused'] },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    rotateRefreshToken: true,
    scopes: ['offline_access', 'orders.read'],
    ttl: { AccessToken: 3600, RefreshToken: DAY, Grant: DAY },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'orders.read',
          audience: RESOURCE,
          accessTokenFormat: FORMAT,
          accessTokenTTL: 3600,
          ...(FORMAT === 'jwt' ? { jwt: { sign: { alg: 'ES256' } } } : undefined),
        }),
      },
    },
  });
}

async function seed(provider) {
  const client = await provider.Client.find('bench');
  const tokens = [];
  for (let i = 0; i < Number(GRANTS); i += 1) {
    const grant = new provider.Grant({ accountId: `user-${i}`, clientId: 'bench' });
    grant.addResourceScope(RESOURCE, 'orders.read');
    const grantId = await grant.save();
    const token = new provider.RefreshToken({
      accountId: `user-${i}`,
      client,
      grantId,
      gty: 'authorization_code',
      resource: RESOURCE,
      scope: 'orders.read',
    });
    tokens.push(await token.save());
  }
  writeFileSync(TOKENS, `${tokens.join('\n')}\n`);
}

if (cluster.isPrimary) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'bench' };
  await seed(provide(jwk));
  if (PROCESSES === '1') {
    provide(jwk).listen(Number(PORT), '127.0.0.1');
  } else {
    for (let i = 0; i < Number(PROCESSES); i += 1) cluster.fork({ JWK: JSON.stringify(jwk) });
    process.on('SIGTERM', () => process.exit(0));
  }
} else {
  provide(JSON.parse(process.env.JWK)).listen(Number(PORT), '127.0.0.1');
}
