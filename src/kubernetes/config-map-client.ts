import type { ApiTransport } from './api-transport.ts';
import { stringsOf } from '../json.ts';
import { type KubernetesObject, type RawObject, trimMetadata } from './objects.ts';
import { ResourceClient } from './resource-client.ts';

/** A ConfigMap; binary data is not looked at, and would be lost by a `replace`. */
export interface ConfigMap extends KubernetesObject {
  data: Record<string, string>;
}

/** Client for ConfigMaps. `create` is create-if-absent: it throws `isAlreadyExists` when there is one. */
export function configMapClient(transport: ApiTransport): ResourceClient<ConfigMap> {
  return new ResourceClient({
    transport,
    type: { group: '', version: 'v1', plural: 'configmaps' },
    decode: decodeConfigMap,
  });
}

function decodeConfigMap(raw: RawObject): ConfigMap {
  const { apiVersion, kind, metadata } = trimMetadata(raw);
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata,
    data: stringsOf(raw['data']),
  };
}
