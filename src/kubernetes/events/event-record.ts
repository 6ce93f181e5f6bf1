import { createHash } from 'node:crypto';
import type { NewObject } from '../client/resource-client.ts';

/** The object that an event is about. */
export interface ObjectReference {
  apiVersion: string;
  kind: string;
  /** Absent for a cluster-scoped object. Its events are in `default`, where kubectl looks for them. */
  namespace?: string | undefined;
  name: string;
  uid: string;
}

/** The content of an event. */
export interface EventToRecord {
  type: 'Normal' | 'Warning';
  /** The cause, as one CamelCase word. */
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
  /** How many of `count` the server has; 0 while the Event does not exist there. */
  writtenCount: number;
  /** Name of the Event object. */
  name: string;
  /** Consecutive failed writes. */
  failures: number;
}

const MAX_MESSAGE_BYTES = 1024;
/** Leaves room for the suffix within the 253 characters of a name. */
const MAX_NAME_STEM = 220;

/** The same for events about the same object with the same text. */
export function seriesKey({ uid }: ObjectReference, { type, reason, message }: EventToRecord): string {
  return createHash('sha256')
    .update(JSON.stringify([uid, type, reason, message]))
    .digest('base64url');
}

/** The namespace of the event about this object. */
export function eventNamespace(reference: ObjectReference): string {
  return reference.namespace ?? 'default';
}

/** A name for an Event, unique by its suffix, in the form of kubectl and client-go. */
export function eventName(reference: ObjectReference, suffix: string): string {
  return `${reference.name.slice(0, MAX_NAME_STEM)}.${suffix}`;
}

/** The Event object to create. */
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

/** The merge patch that updates the number of repeats. */
export function repeatPatch({ count, lastAtMs }: EventSeries): object {
  return { count, lastTimestamp: timestamp(lastAtMs) };
}

/** Cuts text to a number of UTF-8 bytes without splitting a character. */
function cutToBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const cut = bytes.subarray(0, maxBytes - 3).toString('utf8');
  return `${cut.replace(/\uFFFD+$/u, '')}…`;
}

function timestamp(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
