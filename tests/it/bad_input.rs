//! Bad input of every kind ends with a clear error, exit 2 (or 1, where the answer is no), and nothing written.

use std::fs;
use std::path::PathBuf;

use crate::run::governed;
use crate::sandbox::{Outcome, Sandbox};

/// A way to break something.
pub(crate) type Harm<'a, On, Gives> = &'a dyn Fn(&On) -> Gives;

/// Runs a command that must be refused, and holds that neither the user's state nor our refs have changed.
pub(crate) fn refused(sandbox: &Sandbox, arguments: &str, words: &[&str]) {
    unchanged(sandbox, || sandbox.iao(arguments).refuses(words));
}

/// Holds that what happens in `act` changes nothing.
pub(crate) fn unchanged(sandbox: &Sandbox, act: impl FnOnce() -> Outcome) -> Outcome {
    let (before, refs) = (sandbox.user_state(), our_refs_as_files(sandbox));
    let outcome = act();
    before.assert_untouched(sandbox);
    assert_eq!(refs, our_refs_as_files(sandbox), "our refs have moved: {outcome:?}");
    outcome
}

/// Our refs as bytes on disk, for repositories whose refs git itself cannot read.
fn our_refs_as_files(sandbox: &Sandbox) -> Vec<(PathBuf, Vec<u8>)> {
    fn collect(folder: PathBuf, into: &mut Vec<(PathBuf, Vec<u8>)>) {
        for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            if entry.path().is_dir() {
                collect(entry.path(), into);
            } else {
                into.push((entry.path(), fs::read(entry.path()).unwrap()));
            }
        }
    }
    let mut files = Vec::new();
    for folder in ["refs/iao", "refs/notes", "refs/heads/iao"] {
        collect(sandbox.path().join(".git").join(folder), &mut files);
    }
    files.sort();
    files
}

/// The file of a loose object.
fn loose(sandbox: &Sandbox, revision: &str) -> PathBuf {
    let id = sandbox.revision(revision);
    sandbox.path().join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Puts other bytes in place of a read-only file.
fn overwrite(path: &PathBuf, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn no_repository() {
    let sandbox = Sandbox::without_repository();
    for command in
        ["status", "plan", "run", "verify", "seal", "show", "log", "replay", "scan", "apply", "clean"]
    {
        let _ = sandbox.iao(command).refuses(&["repository"]);
    }
    assert_eq!(fs::read_dir(sandbox.path()).unwrap().count(), 0);
}

#[test]
fn an_unborn_head() {
    let sandbox = Sandbox::new();
    for command in ["run", "seal"] {
        refused(&sandbox, command, &["commit"]);
    }
    for command in ["plan", "scan", "verify"] {
        let outcome = sandbox.iao(command);
        assert!(outcome.code < 2, "{outcome:?}");
    }
}

#[test]
fn an_unknown_revision() {
    let sandbox = Sandbox::python();
    for command in ["plan", "verify", "seal", "show", "scan"] {
        refused(&sandbox, &format!("{command} no-such-thing"), &["no-such-thing"]);
    }
    let tree = sandbox.revision("HEAD^{tree}");
    refused(&sandbox, &format!("seal {tree}"), &["commit"]);
    refused(&sandbox, "seal --upload-pack=x", &["--upload-pack"]);
}

/// Documents that no loader should take, by name.
fn hostile_documents() -> Vec<(&'static str, Vec<u8>)> {
    let head = "apiVersion: indestructibleautoops/v1\nkind: Pipeline\nmetadata: { name: x }\nspec:\n";
    let bomb: String =
        (1..40).map(|n| format!("  x-{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1)).collect();
    let aliases = "*s, ".repeat(5_000);
    let text = |body: &str| format!("{head}{body}").into_bytes();
    vec![
        ("empty", Vec::new()),
        ("not a mapping", b"- a\n- b\n".to_vec()),
        ("unclosed", text("  dag: { nodes: [\n")),
        ("tabs", text("\tdag:\n")),
        ("binary", vec![0, 255, 254, 7, 0, 1]),
        ("duplicate key", text("  projectRoot: a\n  projectRoot: b\n")),
        ("key that is no string", text("  1: a\n")),
        ("two documents", text("  projectRoot: a\n---\nb: c\n")),
        ("tag", text("  projectRoot: !!python/object:os.system ls\n")),
        ("merge key", text("  <<: { projectRoot: a }\n")),
        ("undefined alias", text("  projectRoot: *nobody\n")),
        ("bomb of nodes", text(&format!("  x-0: &a0 [lol]\n{bomb}"))),
        ("bomb of strings", text(&format!("  x-0: &s {}\n  x-1: [{aliases}]\n", "A".repeat(200_000)))),
        ("deep", text(&format!("  x-0: {}\n", "[".repeat(100_000)))),
        ("deep blocks", text(&(1..3_000).map(|n| format!("{}x:\n", " ".repeat(n + 1))).collect::<String>())),
        ("huge", text(&format!("  x-0: {}\n", "A".repeat(20_000_000)))),
        (
            "wrong kind",
            b"apiVersion: indestructibleautoops/v1\nkind: Cake\nmetadata: { name: x }\nspec: {}\n".to_vec(),
        ),
        ("state outside", text("  stateDir: ../../outside\n")),
        ("state absolute", text("  stateDir: /tmp/outside\n")),
        ("state in git", text("  stateDir: .git/hooks\n")),
        ("output outside", text("  outputs: { planFile: ../plan.json }\n")),
    ]
}

#[test]
fn malformed_and_hostile_yaml() {
    let sandbox = Sandbox::python();
    let file = sandbox.beside("p.yaml");
    let mut wrong = Vec::new();
    for (what, bytes) in hostile_documents() {
        fs::write(&file, bytes).unwrap();
        for command in ["validate", "run"] {
            let started = std::time::Instant::now();
            let outcome =
                unchanged(&sandbox, || sandbox.iao_args(["--config", file.to_str().unwrap(), command]));
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            let complaints = [
                (outcome.code != 2, format!("exit {}", outcome.code)),
                (!said.contains("p.yaml"), "the file is not named".to_owned()),
                (said.len() > 20_000, format!("a message of {} bytes", said.len())),
                (started.elapsed().as_secs() > 90, format!("took {:?}", started.elapsed())),
            ];
            let complaints = complaints.into_iter().filter(|(holds, _)| *holds);
            wrong.extend(complaints.map(|(_, complaint)| format!("{command}, {what}: {complaint}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let _ = sandbox.iao_args(["--config", "no-such.yaml", "run"]).refuses(&["no-such.yaml"]);
}

#[test]
fn a_hostile_configuration_in_the_repository_itself() {
    let path = "configs/indestructibleautoops.pipeline.yaml";
    let sandbox = Sandbox::python().file(path, "spec: { stateDir: ../../outside, ").commit("config");
    refused(&sandbox, "run", &["pipeline.yaml"]);
    refused(&sandbox, "validate", &["pipeline.yaml"]);
}

#[test]
fn unreadable_objects() {
    let harms: [(&str, Harm<PathBuf, ()>); 3] = [
        ("garbage", &|path| overwrite(path, b"this is no zlib stream")),
        ("empty", &|path| overwrite(path, b"")),
        ("missing", &|path| fs::remove_file(path).unwrap()),
    ];
    for object in ["HEAD:pyproject.toml", "HEAD^{tree}", "HEAD:src"] {
        for (harm, act) in harms {
            let sandbox = Sandbox::python();
            let id = sandbox.revision(object);
            act(&loose(&sandbox, object));
            for command in ["run", "seal"] {
                unchanged(&sandbox, || {
                    let outcome = sandbox.iao(command).refuses(&[&id[..7]]);
                    assert_eq!(outcome.code, 2, "{harm} {object}");
                    outcome
                });
            }
        }
    }
}

#[test]
fn an_object_with_other_content_than_its_name_is_refused_in_full_and_found_out_otherwise() {
    let sandbox = Sandbox::python();
    let (victim, other) = (loose(&sandbox, "HEAD:README.md"), loose(&sandbox, "HEAD:pyproject.toml"));
    let (right, bytes) = (fs::read(&victim).unwrap(), fs::read(other).unwrap());
    overwrite(&victim, &bytes);
    unchanged(&sandbox, || sandbox.iao("seal --full").exits(2));
    // Without a look at the names what is there is sealed, and nobody with the real content will be told that it holds.
    sandbox.iao("seal").exits(0);
    sandbox.iao("verify --seal").exits(0);
    overwrite(&victim, &right);
    let outcome = sandbox.iao("verify --seal").exits(1);
    assert!(outcome.stdout.contains("README.md"), "{outcome:?}");
}

#[test]
fn a_missing_blob_in_a_partial_clone() {
    let sandbox = Sandbox::python();
    sandbox.git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = sandbox.beside("partial");
    let url = format!("file://{}", sandbox.path().display());
    sandbox.git(&[
        "clone",
        "--quiet",
        "--filter=blob:none",
        "--no-checkout",
        &url,
        partial.to_str().unwrap(),
    ]);
    for command in ["run", "seal"] {
        let outcome = sandbox.iao_in(&partial, &[], [command]).refuses(&["partial clone"]);
        assert!(outcome.stderr.contains("git "), "does not say which git command fetches it: {outcome:?}");
        let refs =
            ["-C", partial.to_str().unwrap(), "for-each-ref", "refs/iao", "refs/notes", "refs/heads/iao"];
        assert_eq!(sandbox.git(&refs), "");
    }
}

#[test]
fn a_full_disk() {
    let sandbox = Sandbox::python();
    // Each amount of room lets the run get a little further before the disk is full.
    let script = r#"
        mkdir "$HOME/disk"
        for room in 0 4 12 24 48 96 160; do
            mount -t tmpfs -o size=2m tmpfs "$HOME/disk"
            git clone --quiet "$WORK" "$HOME/disk/work"
            cd "$HOME/disk/work"
            free=$(df --output=avail -k . | tail -1)
            head -c "$(( (free - room) * 1024 ))" /dev/zero >"$HOME/disk/ballast"
            before=$(cat .git/HEAD .git/index | cksum; git for-each-ref refs/heads/main refs/remotes)
            code=0; "$IAO" run >"/dev/shm/iao-out-$$" 2>&1 || code=$?
            after=$(cat .git/HEAD .git/index | cksum; git for-each-ref refs/heads/main refs/remotes)
            [ "$before" = "$after" ] || { echo "room $room: the user's state was touched"; exit 1; }
            case $code in
                0) echo "room $room: it fitted" ;;
                2) grep -qi "space" "/dev/shm/iao-out-$$" || { echo "room $room: unclear:"; cat "/dev/shm/iao-out-$$"; exit 1; }
                   echo "room $room: refused" ;;
                *) echo "room $room: exit $code"; cat "/dev/shm/iao-out-$$"; exit 1 ;;
            esac
            ! grep -q panicked "/dev/shm/iao-out-$$"
            [ "$room" != 0 ] || [ -z "$(git for-each-ref refs/iao refs/notes refs/heads/iao)" ]
            rm "$HOME/disk/ballast"
            mount -o remount,size=16m "$HOME/disk"
            "$IAO" run >/dev/null 2>&1 || { echo "room $room: with room again it does not run"; exit 1; }
            "$IAO" verify iao/governance --seal >/dev/null || { echo "room $room: the seal is not valid"; exit 1; }
            git fsck --strict >/dev/null
            cd "$HOME"; umount "$HOME/disk"; rm -f "/dev/shm/iao-out-$$"
        done
    "#;
    let Some(outcome) = sandbox.in_namespace(script) else { return };
    let _ = outcome.exits(0).answers(&["room 0: refused"]);
}

#[test]
fn a_read_only_repository() {
    let sandbox = governed();
    sandbox.iao("clean").exits(0);
    let script = r#"
        mount --bind "$WORK" "$WORK"; mount -o remount,ro,bind "$WORK"; cd "$WORK"
        for command in "scan" "verify iao/governance" "verify iao/governance --seal" "show iao/governance"; do
            "$IAO" $command >/dev/null 2>"$HOME/err" || { echo "$command: exit $?"; cat "$HOME/err"; exit 1; }
            case $command in scan|"verify iao/governance") grep -qi "not recorded" "$HOME/err" || { echo "$command is silent"; exit 1; } ;; esac
        done
        for command in run seal; do
            code=0; "$IAO" $command >/dev/null 2>"$HOME/err" || code=$?
            [ $code = 2 ] || { echo "$command: exit $code"; cat "$HOME/err"; exit 1; }
            grep -qi "read-only" "$HOME/err" || { echo "$command is unclear"; cat "$HOME/err"; exit 1; }
        done
    "#;
    unchanged(&sandbox, || match sandbox.in_namespace(script) {
        Some(outcome) => outcome.exits(0),
        None => sandbox.iao("--version"),
    });
}

#[test]
fn a_reftable_repository_is_refused_rather_than_misread() {
    let sandbox = Sandbox::python();
    sandbox.git(&["config", "core.repositoryFormatVersion", "1"]);
    let config = fs::read_to_string(sandbox.path().join(".git/config")).unwrap();
    sandbox.put(".git/config", format!("{config}[extensions]\n\trefStorage = reftable\n"));
    let _ = sandbox.iao("run").refuses(&["reftable"]);
    assert!(!sandbox.path().join(".git/refs/iao").exists());
}

#[test]
fn hostile_trees_neither_stop_it_nor_get_out() {
    let sandbox = Sandbox::python();
    let blob = sandbox.revision("HEAD:README.md");
    let outside = sandbox.beside("escaped");
    let raw = |name: &str| {
        let id: Vec<u8> =
            (0..20).map(|at| u8::from_str_radix(&blob[at * 2..at * 2 + 2], 16).unwrap()).collect();
        [format!("100644 {name}\0").as_bytes(), &id].concat()
    };
    for name in ["..", ".git", ".GIT", "a/b", "../escaped", "\u{1}", ""] {
        let file = sandbox.beside("raw-tree");
        fs::write(&file, raw(name)).unwrap();
        let tree = sandbox.git(&["hash-object", "-t", "tree", "-w", "--literally", file.to_str().unwrap()]);
        let commit = sandbox.git(&["commit-tree", &tree, "-m", "trap"]);
        for command in ["plan", "scan", "verify", "seal", "show"] {
            let _ = sandbox.iao(&format!("{command} {commit}"));
        }
        let outcome = sandbox.iao(&format!("scan {commit}"));
        assert_eq!(outcome.code, 1, "`{name}` passes: {outcome:?}");
        assert!(!outside.exists());
    }
}
