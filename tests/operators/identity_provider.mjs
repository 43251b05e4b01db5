// identity_provider.mjs PORT: an OpenID provider on that port of this machine (0: a free one), made of
// the certified oidc-provider, with fresh keys at each start. It knows everybody, each in the groups
// "iot" and "operators". Its clients are public and use the device grant; their names end with the
// algorithm of their ID tokens. It says its address in a line of JSON.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const algorithms = ['RS256', 'ES256', 'EdDSA'];

function makeKey(type, options, alg) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg };
}

function makeClient(clientId, alg) {
  return {
    client_id: clientId,
    client_name: clientId,
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
    response_types: [],
    redirect_uris: [],
    id_token_signed_response_alg: alg,
  };
}

function configuration() {
  return {
    clients: algorithms.flatMap((alg) => [
      makeClient(`titan-${alg}`, alg), makeClient(`other-${alg}`, alg)]),
    jwks: {
      keys: [makeKey('rsa', { modulusLength: 2048 }, 'RS256'),
        makeKey('ec', { namedCurve: 'P-256' }, 'ES256'), makeKey('ed25519', {}, 'EdDSA')],
    },
    enabledJWA: { idTokenSigningAlgValues: algorithms },
    features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
    claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'groups'],
    conformIdTokenClaims: false,
    cookies: { keys: ['of a test'] },
    async findAccount(context, sub) {
      const claims = { sub, preferred_username: `${sub}@example.org`, groups: ['iot', 'operators'] };
      return { accountId: sub, claims: async () => claims };
    },
  };
}

const server = createServer();
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  const address = `127.0.0.1:${server.address().port}`;
  const provider = new Provider(`http://${address}`, configuration());
  server.on('request', provider.callback());
  console.log(JSON.stringify({ message: 'listening', address }));
});
