#!/usr/bin/env bash
# Builds the function and packs it for Lambda's runtime `provided.al2023`: one static program called `bootstrap`, which
# needs nothing of the system it runs on. The same program always gives the same archive, byte for byte. A program that
# does not start is not packed.
#   deploy/aws-lambda/package.sh                     for this machine's architecture, into deploy/aws-lambda/lambda.zip
#   LAMBDA_ARCH=arm64 deploy/aws-lambda/package.sh   for another one: x86_64 or arm64
#   deploy/aws-lambda/package.sh --out FILE          into another file
#   deploy/aws-lambda/package.sh --program FILE      packs a program that is built already
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

out=$here/lambda.zip
program=
while [ $# -gt 0 ]; do
  case "$1 ${2:-}" in
    "--out "?*) out=$2 ;;
    "--program "?*) program=$2 ;;
    *)
      echo "package: unknown: $*; see the head of $0" >&2
      exit 2
      ;;
  esac
  shift 2
done

machine=$(uname -m)
[ "$machine" = aarch64 ] && machine=arm64
arch=${LAMBDA_ARCH:-$machine}
case $arch in
  x86_64) triple=x86_64-unknown-linux-musl gnu=x86_64-linux-gnu-gcc package=gcc-x86-64-linux-gnu ;;
  arm64) triple=aarch64-unknown-linux-musl gnu=aarch64-linux-gnu-gcc package=gcc-aarch64-linux-gnu ;;
  *)
    echo "package: Lambda has x86_64 and arm64, not '$arch'; set LAMBDA_ARCH" >&2
    exit 2
    ;;
esac
# Rust brings musl itself; C parts are compiled by $compiler. It must not link here: musl-gcc makes a static program that
# crashes at its start.
compiler=$gnu linker=$gnu
[ "$arch" = "$machine" ] && compiler=musl-gcc linker=cc package=musl-tools

need() { # need COMMAND PACKAGE
  command -v "$1" >/dev/null 2>&1 || {
    echo "package: $1 is missing; on Debian: sudo apt-get install $2" >&2
    exit 1
  }
}

build() {
  need "$compiler" "$package"
  if command -v rustup >/dev/null 2>&1; then
    (cd "$root" && rustup target add "$triple" >/dev/null 2>&1) || {
      echo "package: rustup cannot get the target $triple" >&2
      exit 1
    }
  fi
  local upper=${triple//-/_} cargo_home=${CARGO_HOME:-$HOME/.cargo}
  # Where it was built does not show in what was built. (The flags are parted by a character that no path has.)
  local -x CARGO_ENCODED_RUSTFLAGS="--remap-path-prefix=$root=/omni"$'\x1f'"--remap-path-prefix=$cargo_home=/cargo"
  local -x "CC_$upper=$compiler" "CARGO_TARGET_${upper^^}_LINKER=$linker"
  (cd "$root" && cargo build --locked --profile dist --target "$triple" --package omni-lambda)
  program=${CARGO_TARGET_DIR:-$root/target}/$triple/dist/omni-lambda
}

# Without settings it says so and ends with 2; with any other end it did not get that far.
starts() {
  local ended=0
  env -i AWS_LAMBDA_RUNTIME_API=127.0.0.1:9 "$1" >/dev/null 2>&1 || ended=$?
  [ "$ended" = 2 ] || {
    echo "package: $1 does not start (it ended with $ended)" >&2
    exit 1
  }
}

need zip zip
[ -n "$program" ] || build

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
install -m 755 "$program" "$work/bootstrap"
if [ "$arch" = "$machine" ]; then
  starts "$work/bootstrap"
else
  echo "package: built for another machine, so it was not started here"
fi
# The oldest time that an archive can hold: when it was packed does not show either.
TZ=UTC touch -d '1980-01-01T00:00:00' "$work/bootstrap"
(cd "$work" && TZ=UTC zip -q -X -9 lambda.zip bootstrap)
mkdir -p "$(dirname "$out")"
mv "$work/lambda.zip" "$out"

sum=$(sha256sum "$out" | cut -d ' ' -f 1)
echo "package: $out for $arch"
echo "package: $(stat -c %s "$out") bytes ($(stat -c %s "$work/bootstrap") unpacked)"
echo "package: sha256 $sum"
# Lambda shows the same sum like this.
echo "package: CodeSha256 $(printf '%b' "$(sed 's/../\\x&/g' <<<"$sum")" | base64)"
