// What docker-compose.production.yml promises: nothing unlimited, unwatched, open or in the clear, and no secret in it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { compose, FILES, lasting, ours, ROOT, read, secrets } from './compose.mjs';

const PRODUCTION = compose('docker-compose.production.yml');
const SETTINGS = read('deploy/docker/production/omni.toml');
const services = Object.entries(PRODUCTION.services);
const seconds = text => Number(text.match(/^(\d+)s$/)?.[1]);
const list = value => (Array.isArray(value) ? value : Object.keys(value ?? {}));

for (const file of FILES) {
  describe(file, () => {
    const whole = compose(file);

    test('each service that lasts is started again, and asked how it is', () => {
      for (const [name, service] of lasting(whole)) {
        assert.equal(service.restart, 'unless-stopped', name);
        const asked = service.healthcheck ?? (/omni\/\w+/.test(service.image) && 'by its image');
        if (name !== 'topics') assert.ok(asked, `${name} has no health check`);
      }
    });

    test('each waits for a state of the other, not for its start', () => {
      for (const [name, { depends_on = {} }] of Object.entries(whole.services)) {
        assert.ok(!Array.isArray(depends_on), `${name} only waits until others are started`);
        for (const [other, { condition }] of Object.entries(depends_on)) {
          const once = whole.services[other].restart === 'no';
          assert.equal(condition, once ? 'service_completed_successfully' : 'service_healthy', `${name}: ${other}`);
        }
      }
    });

    test('what is mounted is there, and every volume has a name', () => {
      for (const [name, { volumes = [] }] of Object.entries(whole.services)) {
        for (const volume of volumes) {
          const [from] = volume.split(':');
          if (!from.startsWith('.')) assert.ok(from in whole.volumes, `${name}: ${from}`);
          else if (!from.startsWith('./secrets')) assert.ok(existsSync(path.join(ROOT, from)), `${name}: ${from}`);
        }
      }
    });

    test('every image has a version, save those that are built here', () => {
      for (const [name, { image, build }] of Object.entries(whole.services)) {
        if (!build) assert.match(image, /:v?\d+\.\d+/, name);
      }
    });
  });
}

describe('docker-compose.production.yml', () => {
  test('nothing is without a limit, and what lasts has its share', () => {
    for (const [name, { deploy }] of services) {
      const { cpus, memory, pids } = deploy?.resources?.limits ?? {};
      assert.ok(cpus && memory && pids, `${name} has no limits`);
      // Docker refuses a container that may take more than its machine has.
      assert.ok(Number(cpus) <= 2, `${name} wants a machine of more than two cores`);
    }
    for (const [name, { deploy }] of lasting(PRODUCTION))
      assert.ok(deploy.resources.reservations?.memory, `${name} has no reservation`);
  });

  test('nothing may write its image, gain rights or fill the disk with its log', () => {
    for (const [name, service] of services) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.equal(service.cap_add, undefined, name);
      assert.equal(service.privileged, undefined, name);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      assert.ok(service.logging.options['max-size'] && service.logging.options['max-file'], name);
      for (const one of service.tmpfs ?? []) assert.match(one, /size=\d+m/, `${name}: ${one}`);
    }
  });

  test('a stop waits longer than open work may take', () => {
    for (const [name, service] of ours(PRODUCTION)) assert.ok(seconds(service.stop_grace_period) > 8, name);
    for (const name of ['kafka', 'clickhouse'])
      assert.ok(seconds(PRODUCTION.services[name].stop_grace_period) >= 60, name);
  });

  test('no secret is in a variable, and each is a file that somebody wants', () => {
    for (const [name, { environment = {}, command = [] }] of services) {
      for (const key of Object.keys(environment))
        assert.doesNotMatch(key, /(PASSWORD|TOKEN|SECRET|CREDENTIALS)$/, `${name}: ${key}`);
      assert.doesNotMatch([command].flat().join(' '), /password|token/i, name);
    }
    const wanted = new Set(services.flatMap(([, service]) => Object.keys(secrets(service))));
    for (const [name, { file }] of Object.entries(PRODUCTION.secrets)) {
      assert.match(file, /^\.\/secrets\//, name);
      assert.ok(wanted.delete(name), `nobody wants ${name}`);
    }
    assert.deepEqual([...wanted], [], 'secrets that are declared nowhere');
    assert.doesNotMatch(SETTINGS, /^\w*(password|token|secret) = /m);
  });

  test('each program has its own user of Kafka, its own password and nobody else’s', () => {
    const told = new Map();
    for (const [name, service] of ours(PRODUCTION)) {
      const { OMNI_KAFKA__SECURITY__SASL_USER: user, OMNI_KAFKA__SECURITY__SASL_PASSWORD_FILE: file } = service.environment;
      const program = service.image.match(/omni\/(\w+)/)[1].replace(/^omni$/, 'operator');
      assert.equal(user, `omni-${program}`, name);
      const own = Object.keys(secrets(service)).filter(one => one.startsWith('kafka-'));
      assert.deepEqual(own, [`kafka-${program}`], name);
      assert.equal(file, `/run/secrets/kafka-${program}`, name);
      told.set(user, name);
    }
    const granted = new Set([...read('deploy/docker/production/kafka-rights.txt').matchAll(/User:(\S+)/g)].map(([, user]) => user));
    assert.deepEqual([...told.keys()].sort(), [...granted].sort());
    const users = Object.keys(secrets(PRODUCTION.services['kafka-users']));
    assert.deepEqual(users.map(one => one.replace('kafka-', 'omni-')).sort(), [...granted].sort());
  });

  test('only the tool may change tables', () => {
    for (const [name, service] of ours(PRODUCTION)) {
      const own = Object.keys(secrets(service)).filter(one => one.startsWith('clickhouse-')).sort();
      const expected = {
        loader: ['clickhouse-loader'],
        reporting: ['clickhouse-dashboard'],
        migrate: ['clickhouse-loader', 'clickhouse-migrator'],
        tool: ['clickhouse-loader', 'clickhouse-migrator'],
      };
      assert.deepEqual(own, expected[name] ?? [], name);
    }
  });

  test('a port is this machine’s alone, or speaks TLS', () => {
    const spoken = new Set(['door:8080', 'reporting:8090']);
    for (const table of ['collector', 'reporting']) {
      const part = SETTINGS.split(/^(?=\[)/m).find(text => text.startsWith(`[${table}]`));
      assert.match(part, /^tls_certificate_file = "\/run\/tls\/tls\.crt"$/m);
    }
    for (const [name, { ports = [] }] of services) {
      for (const port of ports) {
        const [address, , inside] = port.split(':');
        assert.ok(address === '127.0.0.1' || spoken.has(`${name}:${inside}`), `${name}: ${port}`);
      }
    }
  });

  test('only who must meets, and only who must goes out', () => {
    const on = network => services.filter(([, one]) => list(one.networks).includes(network)).map(([name]) => name);
    const open = Object.entries(PRODUCTION.networks).filter(([, one]) => !one?.internal).map(([name]) => name);
    assert.deepEqual(open.sort(), ['desk', 'internet', 'outside']);
    assert.deepEqual(on('outside'), ['door', 'reporting']);
    assert.deepEqual(on('internet'), ['enricher', 'activation', 'loader', 'tool']);
    assert.deepEqual(on('desk'), ['prometheus', 'grafana']);
    assert.deepEqual(on('warehouse'), ['clickhouse', 'migrate', 'loader', 'reporting', 'prometheus', 'tool']);
    assert.deepEqual(on('log'), ['kafka', 'migrate', 'collector', 'collector-2', 'enricher', 'activation', 'loader', 'reporting', 'tool']);
    for (const [name, { networks, network_mode }] of services)
      assert.ok(networks || network_mode === 'service:kafka', `${name} is on the default network`);
  });

  test('collectors have numbers and spools of their own, and all are behind the door and watched', () => {
    const all = services.filter(([, { image }]) => /\/collector:/.test(image));
    assert.equal(all.length, 2);
    const spools = all.map(([, { volumes }]) => volumes.find(one => one.endsWith(':/var/lib/omni/spool')));
    assert.equal(new Set(spools).size, all.length);
    assert.equal(new Set(all.map(([, { environment }]) => environment.OMNI_INSTANCE)).size, all.length);
    for (const [name] of all) {
      assert.match(read('deploy/docker/production/haproxy.cfg'), new RegExp(`^ +server ${name} ${name}:8080$`, 'm'));
      assert.ok(read('deploy/docker/production/prometheus.yml').includes(`"${name}:9101"`), name);
    }
  });

  test('the version is the one that is built', () => {
    const [, version] = read('Cargo.toml').match(/^version = "(.+)"$/m);
    for (const [name, { image, build }] of services) if (build) assert.ok(image.endsWith(`:${version}`), `${name}: ${image}`);
  });

  test('the example lists every variable', () => {
    const used = new Set([...read('docker-compose.production.yml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
    const listed = new Set([...read('deploy/docker/production/env.example').matchAll(/^#(\w+)=/gm)].map(([, name]) => name));
    assert.deepEqual([...used].sort(), [...listed].sort());
  });
});
