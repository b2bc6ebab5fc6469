#!/usr/bin/env bash
# promtool and prometheus for the tests, in ~/.cache/omni/prometheus/bin: those of this machine, else out of Debian's package, which is
# not installed, since that would start a server that listens to everybody. Called by deploy/setup.sh prometheus.
set -euo pipefail

tools="${OMNI_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/omni}/prometheus"
mkdir -p "$tools/bin"

for tool in promtool prometheus; do
  if ! [ -x "$tools/bin/$tool" ] && own=$(command -v "$tool"); then
    ln -sf "$own" "$tools/bin/$tool"
  fi
done
if [ -x "$tools/bin/promtool" ] && [ -x "$tools/bin/prometheus" ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo "setup: prometheus and promtool are missing: https://prometheus.io/download" >&2
  exit 1
fi

echo "setup: taking prometheus out of Debian's package into $tools"
if [ "$(id -u)" = 0 ] && ! apt-cache show prometheus >/dev/null 2>&1; then
  apt-get update -qq
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download prometheus)
dpkg-deb -x "$folder"/prometheus_*.deb "$folder/package"
mv "$folder/package/usr/bin/promtool" "$folder/package/usr/bin/prometheus" "$tools/bin/"
