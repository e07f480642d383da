#!/bin/bash
# Builds kube-apiserver and kube-controller-manager 1.20.2 for the tests, from Debian 12's source package and nothing else, into
# the cache of whoever runs it. Debian's later releases carry kubectl alone. Does nothing where both are there. Six minutes, 3 GB of disk
# while it runs.
set -euo pipefail

cache="${XDG_CACHE_HOME:-$HOME/.cache}/farmops-parts/kubernetes-1.20.2"
programs=(kube-apiserver kube-controller-manager)
suite=bookworm

is_built() {
  local program
  for program in "${programs[@]}"; do [ -x "$cache/$program" ] || return 1; done
}

need_root() {
  [ "$(id -u)" = 0 ] || { echo "$0: run it as root, it installs Debian packages" >&2; exit 1; }
  grep -qs "VERSION_CODENAME=$suite" /etc/os-release || { echo "$0: needs Debian 12 ($suite)" >&2; exit 1; }
}

install_tools() {
  export DEBIAN_FRONTEND=noninteractive
  # A list of our own instead of an edit of the machine's, gone with the work folder.
  apt-get -qq update
  # The mirror that the machine takes Debian itself from.
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $suite" 'Label: Debian' | head -n 1)
  [ -n "$mirror" ] || { echo "$0: apt knows no mirror of Debian's $suite" >&2; exit 1; }
  echo "deb-src $mirror $suite main" > "$work/sources.list"
  # reflect2 is Debian's own 1.0.2, see below.
  apt-get -qq install -y --no-install-recommends \
    etcd-server openssl golang-go golang-github-modern-go-reflect2-dev dpkg-dev rsync jq make > /dev/null
}

fetch_source() {
  mkdir -p "$work/lists/partial"
  local options=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists")
  # The sandbox user of apt may not read a folder that mktemp made.
  options+=(-o APT::Sandbox::User=root)
  apt-get -qq "${options[@]}" update
  (cd "$work" && apt-get -qq "${options[@]}" source kubernetes > /dev/null)
  tree=$(find "$work" -maxdepth 1 -type d -name 'kubernetes-*')
}

# The vendored reflect2 1.0.1 reaches into Go's maps as they were before Go 1.18: built with a later Go, the API server dies of a
# segmentation fault at the first PATCH. 1.0.2 has the same interface and works.
replace_reflect2() {
  local vendored="$tree/vendor/github.com/modern-go/reflect2"
  find "$vendored" -maxdepth 1 \( -name '*.go' -o -name '*.s' \) -delete
  find /usr/share/gocode/src/github.com/modern-go/reflect2 -maxdepth 1 \( -name '*.go' -o -name '*.s' \) -exec cp {} "$vendored/" \;
}

compile() {
  # The makefile wants to be below a GOPATH, at the name that Go knows it by.
  mkdir -p "$work/go/src/k8s.io"
  ln -s "$tree" "$work/go/src/k8s.io/kubernetes"
  env HOME="$work" GOPATH="$work/go" GOFLAGS= CGO_ENABLED=0 nice -n 5 \
    make -C "$work/go/src/k8s.io/kubernetes" KUBE_BUILD_PLATFORMS="linux/$(dpkg --print-architecture)" \
    WHAT="${programs[*]/#/cmd/}"
}

keep() {
  local program
  mkdir -p "$cache"
  for program in "${programs[@]}"; do
    # Renamed when whole: a build that was cut short must not look like one that is there.
    cp "$tree/_output/local/go/bin/$program" "$cache/.$program"
    mv "$cache/.$program" "$cache/$program"
  done
}

if is_built && [ -x /usr/bin/etcd ]; then
  echo "$cache has everything"
  exit 0
fi
need_root
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
install_tools
if ! is_built; then
  fetch_source
  replace_reflect2
  compile
  keep
fi
echo "built $cache"
