import { stringsOf } from '../../json.ts';
import { trimMetadata } from '../objects.ts';
import type { KubernetesObject, RawObject } from '../objects.ts';
import type { ApiTransport } from './api-transport.ts';
import { ResourceClient } from './resource-client.ts';

/** A ConfigMap. Binary data is not read, and a `replace` would lose it. */
export interface ConfigMap extends KubernetesObject {
  data: Record<string, string>;
}

/** Client for ConfigMaps. `create` throws an error that `isAlreadyExists` recognizes if there is one. */
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
