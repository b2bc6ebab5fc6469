// What `kubectl kustomize` makes of a folder, as objects, and where to find things in them.
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { parseAllDocuments } from 'yaml';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const HERE = path.join(ROOT, 'deploy/kubernetes');
const CACHE =
  process.env.OMNI_CACHE_DIR ||
  path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'omni');

/** What is rendered and checked: each must be whole by itself. */
export const RENDERED = ['base', 'overlays/development', 'overlays/production'];

/** A program that setup.sh installed. */
export const tool = name => path.join(CACHE, 'kubernetes-tools/bin', name);

/** The text of all objects that a folder of deploy/kubernetes makes. */
export function render(folder) {
  return execFileSync(tool('kubectl'), ['kustomize', path.join(HERE, folder)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** The objects of a text. */
export function objects(text) {
  return parseAllDocuments(text).map(document => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });
}

/** `kind/name`, for messages. */
export const called = object => `${object.kind}/${object.metadata.name}`;

/** Of what an object makes its pods, if it makes any. */
const template = ({ spec }) => spec?.jobTemplate?.spec.template ?? (spec?.template?.spec?.containers && spec.template);

/** What makes pods: `{object, pod, labels}`. */
export function workloads(all) {
  return all
    .filter(template)
    .map(object => ({ object, pod: template(object).spec, labels: template(object).metadata.labels }));
}

/** Whether its pods are there all the time: no job. */
export const serves = ({ object }) => !['Job', 'CronJob'].includes(object.kind);

/** The workloads that read omni.toml: Omni's own. */
export const ours = all =>
  workloads(all).filter(({ object }) => object.metadata.labels?.['omni/settings'] === 'file');

/** Whether a selector of labels takes these. */
export function selects({ matchLabels = {}, matchExpressions = [] }, labels) {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    matchExpressions.every(({ key, operator, values }) => operator === 'In' && values.includes(labels[key]))
  );
}

/** The value of `key` in `[table]` of an omni.toml, as its text; only for plain keys on a line of their own. */
export function setting(toml, table, key) {
  const part = toml.split(/^(?=\[)/m).find(text => text.startsWith(`[${table}]`)) ?? '';
  return part.match(new RegExp(`^${key} = "?([^"\n]*?)"?$`, 'm'))?.[1];
}

/** The ConfigMap that a pod mounts as its settings, and its omni.toml. */
export function settings(all, pod) {
  const { name } = pod.volumes.find(volume => volume.name === 'settings').configMap;
  return all.find(object => object.kind === 'ConfigMap' && object.metadata.name === name).data['omni.toml'];
}
