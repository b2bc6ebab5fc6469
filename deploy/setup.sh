#!/usr/bin/env bash
# Sees to it that this machine has what Omni is built, run and tested with. System packages are installed by
# apt when we are root; otherwise one line names what is missing.
#   deploy/setup.sh              to build and run
#   deploy/setup.sh browser      to test: a Chromium as well, and what packs the function for AWS Lambda
#   deploy/setup.sh lambda       to build and pack that function
#   deploy/setup.sh prometheus   to test the rules: promtool and prometheus, in ~/.cache/omni
#   deploy/setup.sh kubernetes   to test the manifests: kubectl, schemas and rules, in ~/.cache/omni
set -euo pipefail

packages=()
need() { packages+=("$@"); }
has() { command -v "$1" >/dev/null 2>&1; }
header() { echo "#include <$1>" | cc -E -xc - >/dev/null 2>&1; }

has cc && has c++ && has make || need build-essential
has pkg-config || need pkg-config
header openssl/ssl.h || need libssl-dev
header zlib.h || need zlib1g-dev
# librdkafka fetches tokens for OAUTHBEARER with it.
header curl/curl.h || need libcurl4-openssl-dev
has java || need openjdk-17-jre-headless
has mvn || need maven
has curl || need curl
if [ "${1:-}" = browser ] && ! has chromium && ! has chromium-browser && ! has google-chrome; then
  need chromium
fi
case "${1:-}" in
  browser)
    has zip || need zip
    has unzip || need unzip
    ;;
  lambda)
    has zip || need zip
    has musl-gcc || need musl-tools
    ;;
  kubernetes)
    python3 -c 'import ensurepip, venv' 2>/dev/null || need python3-venv
    ;;
esac

if [ ${#packages[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && has apt-get; then
    echo "setup: installing ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  else
    echo "setup: missing ${packages[*]}; on Debian: sudo apt-get install ${packages[*]}" >&2
    exit 1
  fi
fi

node_major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/' || true)
if [ -z "$node_major" ] || [ "$node_major" -lt 20 ] || ! has npm; then
  echo "setup: Node.js 20 or newer with npm is missing: https://nodejs.org" >&2
  exit 1
fi
if ! has cargo; then
  echo "setup: Rust is missing: https://rustup.rs (rust-toolchain.toml names the version)" >&2
  exit 1
fi
if [ "${1:-}" = kubernetes ]; then
  "$(dirname "$0")/kubernetes/check/setup.sh"
fi
if [ "${1:-}" = prometheus ]; then
  "$(dirname "$0")/prometheus/setup.sh"
fi
