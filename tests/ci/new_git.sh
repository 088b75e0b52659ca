#!/usr/bin/env bash
# Unpacks a git that runs hooks of its config (2.54 or later) into a folder of its own, where the one on PATH is older.
#
#   new_git.sh FOLDER
#
# From Debian's unstable archive, at the address that this machine's own apt has; its C library comes along. Fails where that
# cannot be had.
set -euo pipefail

folder=$1
is_new() { [ "$(printf '%s\n2.54\n' "$("$1" version | awk '{ print $3 }')" | sort -V | head -n 1)" = 2.54 ]; }

is_new git && exit 0
if [ -x "$folder/usr/bin/git" ] && is_new "$folder/usr/bin/git"; then
    exit 0
fi
sources=/etc/apt/sources.list.d/debian.sources
for tool in apt-get dpkg patchelf; do
    command -v "$tool" >/dev/null || { echo "no $tool here" >&2; exit 1; }
done
[ -f "$sources" ] || { echo "no $sources here" >&2; exit 1; }

rm -rf "$folder"
mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
folder=$(cd "$folder" && pwd)
address=$(awk '/^URIs:/ { print $2; exit }' "$sources")
signed=$(awk '/^Signed-By:/ { print $2; exit }' "$sources")
echo "deb [signed-by=$signed] $address sid main" >"$folder/apt/sources.list"
apt=(timeout 300 apt-get -qq -o "Dir::Etc::sourcelist=$folder/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::Lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt/cache" -o APT::Sandbox::User=)
"${apt[@]}" update
cd "$folder"
"${apt[@]}" download git/sid libc6/sid libpcre2-8-0/sid zlib1g/sid
for package in *.deb; do
    dpkg -x "$package" "$folder"
done
rm -rf ./*.deb "$folder/apt"
libraries=$folder/usr/lib/x86_64-linux-gnu
find usr/bin/git usr/lib/git-core -type f | while read -r file; do
    if [ "$(head -c 4 "$file" | tail -c 3)" = ELF ]; then
        patchelf --set-interpreter "$libraries/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$libraries" "$file"
    fi
done
is_new "$folder/usr/bin/git"
