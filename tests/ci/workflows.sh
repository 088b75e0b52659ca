#!/usr/bin/env bash
# Renders the workflow of every adapter and variant with the installed git-iao, and judges each of them, and this
# project's own, with zizmor (pedantic, offline) and the JSON Schema of GitHub workflows.
#
# Usage: workflows.sh SCRATCH-FOLDER
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$1
mkdir -p "$scratch"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org

# project NAME: makes a repository of the files that stdin holds, each after a line "=== path".
project() {
    local folder=$scratch/$1 path=
    git init --quiet --initial-branch=main "$folder"
    while IFS= read -r line; do
        case $line in
        '=== '*)
            path=$folder/${line#=== }
            mkdir -p "$(dirname "$path")"
            : >"$path"
            ;;
        *) printf '%s\n' "$line" >>"$path" ;;
        esac
    done
    git -C "$folder" add --all
    git -C "$folder" commit --quiet --message "$1"
}

pyproject='[project]
name = "sample"
version = "1.0.0"
requires-python = ">=3.11"'
python_test='=== tests/test_it.py
def test_it():
    assert True'

project python-pip <<<"=== pyproject.toml
[build-system]
requires = [\"hatchling\"]
build-backend = \"hatchling.build\"
$pyproject
optional-dependencies.test = [\"pytest\"]
$python_test"
project python-uv <<<"=== pyproject.toml
$pyproject
[dependency-groups]
dev = [\"pytest\"]
=== uv.lock
version = 1
requires-python = \">=3.11\"
$python_test"
project python-poetry <<<"=== pyproject.toml
$pyproject
[tool.poetry.group.dev.dependencies]
pytest = \"*\"
=== poetry.lock
[metadata]
lock-version = \"2.1\"
$python_test"
project python-requirements <<<"=== requirements.txt
pytest
=== setup.py
from setuptools import setup
setup(name='sample', version='1.0.0', python_requires='>=3.11')
$python_test"
project python-tox <<<"=== pyproject.toml
$pyproject
=== tox.ini
[tox]
envlist = py311
$python_test"

package='{"name": "sample", "version": "1.0.0", "engines": {"node": ">=20"}, "scripts": {"test": "node --test", "lint": "eslint ."}}'
project node-npm <<<"=== package.json
$package
=== package-lock.json
{\"name\": \"sample\", \"version\": \"1.0.0\", \"lockfileVersion\": 3, \"packages\": {}}"
project node-pnpm <<<"=== package.json
${package%\}}, \"packageManager\": \"pnpm@9.15.0\"}
=== pnpm-lock.yaml
lockfileVersion: '9.0'"
project node-yarn <<<"=== package.json
$package
=== yarn.lock
# yarn lockfile v1"
project node-plain <<<"=== package.json
$package"

project go-module <<<'=== go.mod
module example.org/sample

go 1.22
=== sample.go
package sample'
project rust-package <<<'=== Cargo.toml
[package]
name = "sample"
version = "0.1.0"
edition = "2021"
rust-version = "1.70"
=== src/lib.rs
pub fn one() -> u8 { 1 }'
project rust-workspace <<<'=== Cargo.toml
[workspace]
members = ["one"]
resolver = "2"
=== Cargo.lock
version = 3
=== one/Cargo.toml
[package]
name = "one"
version = "0.1.0"
edition = "2021"
=== one/src/lib.rs
pub fn one() -> u8 { 1 }'
project java-maven <<<'=== pom.xml
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.example</groupId>
  <artifactId>sample</artifactId>
  <version>1.0</version>
  <properties><maven.compiler.release>17</maven.compiler.release></properties>
</project>'
project java-gradle <<<"=== build.gradle
plugins { id 'java' }
java { toolchain { languageVersion = JavaLanguageVersion.of(17) } }
=== settings.gradle
rootProject.name = 'sample'
=== gradlew
#!/bin/sh
=== gradle/wrapper/gradle-wrapper.properties
distributionUrl=gradle-8.10-bin.zip"
project generic <<<'=== README.md
# Words only'
project several <<<"=== api/go.mod
module example.org/api

go 1.22
=== web/package.json
$package
=== tool/pyproject.toml
$pyproject
=== core/Cargo.toml
[package]
name = \"core\"
version = \"0.1.0\"
edition = \"2021\""

rendered=0
for folder in "$scratch"/*/; do
    git -C "$folder" iao --quiet run >/dev/null
    if git -C "$folder" rev-parse --verify --quiet refs/heads/iao/governance >/dev/null; then
        git -C "$folder" checkout --quiet iao/governance
    fi
    [ -d "$folder/.github/workflows" ] || continue
    rendered=$((rendered + $(find "$folder/.github/workflows" -type f | wc -l)))
done
[ "$rendered" -ge 14 ] || { echo "only $rendered workflows were rendered" >&2; exit 1; }

find "$scratch" "$root/.github" -path '*/.github/workflows/*' -type f -print0 | sort -z >"$scratch.list"
xargs -0 zizmor --offline --persona=pedantic --no-progress --quiet <"$scratch.list"
xargs -0 check-jsonschema --builtin-schema vendor.github-workflows <"$scratch.list"
if find "$scratch" -path '*/.github/dependabot.yml' | grep -q .; then
    find "$scratch" -path '*/.github/dependabot.yml' -print0 | xargs -0 check-jsonschema --builtin-schema vendor.dependabot
fi
echo "$rendered rendered workflows and our own hold"
