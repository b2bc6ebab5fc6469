#!/usr/bin/env bash
# Makes the secrets and certificates that docker-compose.production.yml wants, each a file:
#
#   deploy/docker/secrets.sh [FOLDER] [NAME...]
#
# FOLDER is ./secrets unless named; NAMEs are the hosts and addresses that the outer certificate is for (localhost and
# 127.0.0.1 unless named). A file that is there is kept, whatever is in it: a second run makes what is missing and nothing else.
# The outer certificate (tls/tls.crt) is one that nobody trusts: put a public authority's in its place.
#
# It needs openssl, and the tool `omni` for the hash of a password: $OMNI, else `omni`, else the image omni/omni.
set -euo pipefail
umask 022

folder=${1:-secrets}
shift || true
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(localhost 127.0.0.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Whoever may not enter the folder reads nothing in it; the files themselves are read by users of containers, who are nobody here.
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"
mkdir -p kafka clickhouse dashboard tls

made() { echo "made $1"; }
missing() { if [ -e "$1" ]; then echo "kept $1"; return 1; fi; }

password() {
  missing "$1" || return 0
  openssl rand -hex 24 >"$work/password"
  mv "$work/password" "$1"
  made "$1"
}

tool() {
  if [ -n "${OMNI:-}" ]; then "$OMNI" "$@"
  elif command -v omni >/dev/null; then omni "$@"
  else docker run --rm --interactive --network none "${OMNI_IMAGES:-omni}/omni:${OMNI_VERSION:-0.1.0}" "$@"
  fi
}

# certificate KEY CERTIFICATE DAYS NAME...: signed by the authority of this folder.
certificate() {
  local key=$1 certificate=$2 days=$3 name list=()
  shift 3
  for name in "$@"; do
    case $name in
      *[!0-9.]*) list+=("DNS:$name") ;;
      *) list+=("IP:$name") ;;
    esac
  done
  [ -e ca.key ] || { echo "secrets.sh: $certificate is missing, and ca.key, which signs it" >&2; exit 1; }
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" \
    -keyout "$work/key" -out "$work/request" 2>/dev/null
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$(IFS=,; echo "${list[*]}")" >"$work/extensions"
  openssl x509 -req -in "$work/request" -CA ca.crt -CAkey ca.key -CAcreateserial -CAserial "$work/serial" \
    -days "$days" -extfile "$work/extensions" -out "$work/certificate" 2>/dev/null
  chmod 644 "$work/key"
  mv "$work/key" "$key"
  mv "$work/certificate" "$certificate"
  made "$certificate"
}

password source-password
for program in collector enricher activation loader reporting operator; do password "kafka/$program"; done
for user in loader migrator dashboard; do password "clickhouse/$user"; done
password dashboard/operator-password

if missing api-token; then
  echo "put the token of an administrator here" >api-token
  made "api-token: put the account's into it"
fi

if missing dashboard/operator-password-hash; then
  tool access password <dashboard/operator-password >"$work/hash" 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
  mv "$work/hash" dashboard/operator-password-hash
  made dashboard/operator-password-hash
fi

# ClickHouse is told hashes alone; they take the place of the passwords that deploy/clickhouse/users.d/omni.xml looks for.
if missing clickhouse/users.xml; then
  {
    echo '<clickhouse>'
    echo '  <users>'
    for user in loader migrator dashboard; do
      hash=$(printf %s "$(<"clickhouse/$user")" | openssl dgst -sha256 -r)
      echo "    <omni_$user>"
      echo '      <password remove="remove"/>'
      echo "      <password_sha256_hex>${hash%% *}</password_sha256_hex>"
      echo "    </omni_$user>"
    done
    echo '  </users>'
    echo '</clickhouse>'
  } >"$work/users"
  mv "$work/users" clickhouse/users.xml
  made clickhouse/users.xml
fi

# An authority for what containers say to each other; ca.key may be kept elsewhere afterwards.
if missing ca.crt; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=Omni on this machine" \
    -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
  chmod 600 "$work/ca.key"
  mv "$work/ca.key" ca.key
  mv "$work/ca.crt" ca.crt
  made ca.crt
fi
if missing kafka/broker.pem; then
  certificate "$work/broker.key" "$work/broker.crt" 3650 kafka >/dev/null
  cat "$work/broker.key" "$work/broker.crt" >kafka/broker.pem
  made kafka/broker.pem
fi
if missing clickhouse/server.crt; then certificate clickhouse/server.key clickhouse/server.crt 3650 clickhouse; fi
if missing tls/tls.crt; then certificate tls/tls.key tls/tls.crt 90 "${names[@]}"; fi
