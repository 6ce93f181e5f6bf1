/**
 * A self-signed certificate for `api.example.test`, a name that no resolver knows, and its key. Made with `openssl req
 * -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500`.
 */
export const NAMED_HOST = 'api.example.test';

export const NAMED_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBnTCCAUSgAwIBAgIUPbhx4gcp7JeKZh2dpCUNjAiUhAgwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKbmFtZWQgdGVzdDAgFw0yNjExMzAwODI0MzhaGA8yMTI2MTEw
NjA4MjQzOFowFTETMBEGA1UEAwwKbmFtZWQgdGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABCXWbwDczaOct1/HbJmdLFhfAYlWz1FnME149twt1pU+6BgceEaL
7b5yw0HGmKKW3bGkp9gG2aXCiI3DvyTw+wKjcDBuMB0GA1UdDgQWBBSVrZkVQWKz
Ft6ZLLHRCiY0aWHsGjAfBgNVHSMEGDAWgBSVrZkVQWKzFt6ZLLHRCiY0aWHsGjAP
BgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEGFwaS5leGFtcGxlLnRlc3QwCgYI
KoZIzj0EAwIDRwAwRAIgYpKAAl42xlzMsFfaWpwAxAfwY19FNir0b7gOnQ//VqYC
IHddCSYY/a+iVC1OUrThw+7T4odn8rYAHLiaGBNYQeyw
-----END CERTIFICATE-----`;

export const NAMED_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsw/RnAui+JWeIo5D
SnZtKnK2QNaGuTtmqnGK/ItwgZihRANCAAQl1m8A3M2jnLdfx2yZnSxYXwGJVs9R
ZzBNePbcLdaVPugYHHhGi+2+csNBxpiilt2xpKfYBtmlwoiNw78k8PsC
-----END PRIVATE KEY-----`;
