// deploy/docker/secrets.sh makes what docker-compose.production.yml wants, once.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { compose, made } from './compose.mjs';

const { folder, status, said } = made();
after(() => rmSync(path.dirname(folder), { recursive: true }));
const file = name => readFileSync(path.join(folder, name), 'utf8');
const all = () => readdirSync(folder, { recursive: true }).filter(name => statSync(path.join(folder, name)).isFile()).sort();

test('every file that is wanted is made, and nobody else enters their folder', () => {
  assert.equal(status, 0, said);
  for (const { file: wanted } of Object.values(compose('docker-compose.production.yml').secrets))
    assert.ok(file(wanted.replace('./secrets/', '')).trim(), wanted);
  for (const name of ['tls/tls.crt', 'tls/tls.key']) assert.ok(file(name), name);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(path.join(folder, 'ca.key')).mode & 0o777, 0o600);
});

test('no two passwords are the same', () => {
  const passwords = all().filter(name => /^[0-9a-f]{48}\n$/.test(file(name)));
  assert.equal(passwords.length, 11);
  assert.equal(new Set(passwords.map(file)).size, passwords.length);
});

test('certificates are for their names, signed by the authority', () => {
  const names = { 'kafka/broker.pem': 'DNS:kafka', 'clickhouse/server.crt': 'DNS:clickhouse', 'tls/tls.crt': 'DNS:hooks.example.com, IP Address:127.0.0.1' };
  for (const [name, wanted] of Object.entries(names)) {
    execFileSync('openssl', ['verify', '-purpose', 'sslserver', '-CAfile', path.join(folder, 'ca.crt'), path.join(folder, name)]);
    const text = execFileSync('openssl', ['x509', '-in', path.join(folder, name), '-noout', '-ext', 'subjectAltName'], { encoding: 'utf8' });
    assert.ok(text.includes(wanted), `${name}: ${text}`);
  }
});

test('ClickHouse is told the hash of each password, and no password', () => {
  for (const user of ['loader', 'migrator', 'dashboard']) {
    const password = file(`clickhouse/${user}`).trim();
    const hash = createHash('sha256').update(password).digest('hex');
    assert.match(file('clickhouse/users.xml'), new RegExp(`<omni_${user}>\\s*<password remove="remove"/>\\s*<password_sha256_hex>${hash}<`));
    assert.ok(!file('clickhouse/users.xml').includes(password));
  }
});

test('a second run changes nothing, and makes what is missing', () => {
  const before = Object.fromEntries(all().map(name => [name, file(name)]));
  rmSync(path.join(folder, 'kafka/loader'));
  const { status, said } = made(folder);
  assert.equal(status, 0, said);
  assert.match(said, /^made kafka\/loader$/m);
  for (const [name, text] of Object.entries(before)) if (name !== 'kafka/loader') assert.equal(file(name), text, name);
});

test('without the authority’s key nothing is signed by another', () => {
  rmSync(path.join(folder, 'ca.key'));
  rmSync(path.join(folder, 'clickhouse/server.crt'));
  const { status, said } = made(folder);
  assert.equal(status, 1, said);
  assert.match(said, /clickhouse\/server\.crt is missing, and ca\.key/);
});
