import { createHash } from 'node:crypto';
import type { NewObject } from './resource-client.ts';

/** The object that an event is about. */
export interface ObjectReference {
  apiVersion: string;
  kind: string;
  /** Absent for what has no namespace; its events go to `default`, where kubectl looks for them. */
  namespace?: string | undefined;
  name: string;
  uid: string;
}

/** What to tell. */
export interface EventToRecord {
  type: 'Normal' | 'Warning';
  /** CamelCase, one word of cause. */
  reason: string;
  /** For people; cut to 1024 bytes. */
  message: string;
}

/** One event and its repeats. */
export interface EventSeries {
  reference: ObjectReference;
  event: EventToRecord;
  count: number;
  firstAtMs: number;
  lastAtMs: number;
  /** How many of `count` the server knows of; 0 while the event does not exist there. */
  writtenCount: number;
  /** Name of the Event object. */
  name: string;
  /** Failed writes in a row. */
  failures: number;
}

const MAX_MESSAGE_BYTES = 1024;
/** Leaves room for the suffix within the 253 characters of a name. */
const MAX_NAME_STEM = 220;

/** Same object, same words: the same series. */
export function seriesKey({ uid }: ObjectReference, { type, reason, message }: EventToRecord): string {
  return createHash('sha256')
    .update(JSON.stringify([uid, type, reason, message]))
    .digest('base64url');
}

/** The namespace of the event about this object. */
export function eventNamespace(reference: ObjectReference): string {
  return reference.namespace ?? 'default';
}

/** A name for an Event, unique by its suffix, as kubectl and client-go make them. */
export function eventName(reference: ObjectReference, suffix: string): string {
  return `${reference.name.slice(0, MAX_NAME_STEM)}.${suffix}`;
}

/** The Event object as it is created. */
export function newEvent(series: EventSeries, component: string, instance: string): NewObject {
  const { reference, event } = series;
  const { apiVersion, kind, name, uid } = reference;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: series.name },
    involvedObject: { apiVersion, kind, name, uid, namespace: reference.namespace ?? '' },
    type: event.type,
    reason: event.reason,
    message: cutToBytes(event.message, MAX_MESSAGE_BYTES),
    source: { component },
    reportingComponent: component,
    reportingInstance: instance,
    count: series.count,
    firstTimestamp: timestamp(series.firstAtMs),
    lastTimestamp: timestamp(series.lastAtMs),
  };
}

/** The merge patch that tells of repeats. */
export function repeatPatch({ count, lastAtMs }: EventSeries): object {
  return { count, lastTimestamp: timestamp(lastAtMs) };
}

/** Cuts text to a number of UTF-8 bytes without leaving half a character. */
function cutToBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const cut = bytes.subarray(0, maxBytes - 3).toString('utf8');
  return `${cut.replace(/\uFFFD+$/u, '')}…`;
}

function timestamp(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
