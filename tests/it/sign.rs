//! Seals are signed with the user's SSH key, and what a signature is worth is said by the user's own list alone.
//!
//! Every key here is made by `ssh-keygen` while the test runs, and goes with it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::sandbox::{Outcome, Sandbox};

/// A repository with one commit, a user's configuration beside it, and keys.
pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::python();
        std::fs::write(sandbox.beside("gitconfig"), "").unwrap();
        Self { sandbox }
    }

    /// A scene whose user signs with a new key of this kind.
    pub(crate) fn signing(kind: &str) -> Self {
        let scene = Self::new();
        let key = scene.key("key", kind, "");
        scene.sign_with(key.to_str().unwrap());
        scene
    }

    /// Makes a key; the public half lies beside it.
    pub(crate) fn key(&self, name: &str, kind: &str, passphrase: &str) -> PathBuf {
        let path = self.sandbox.beside(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-N", passphrase, "-C", "a comment", "-f"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(made.success());
        path
    }

    /// The public half of a key, without its comment.
    pub(crate) fn public(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.sandbox.beside(&format!("{name}.pub"))).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// Sets a value of the user's own configuration.
    pub(crate) fn user(&self, key: &str, value: &str) {
        let file = self.sandbox.beside("gitconfig");
        self.sandbox.git(&["config", "--file", file.to_str().unwrap(), key, value]);
    }

    pub(crate) fn sign_with(&self, named: &str) {
        self.user("gpg.format", "ssh");
        self.user("user.signingKey", named);
    }

    /// Writes a file beside the repository, and returns its name.
    pub(crate) fn list(&self, name: &str, text: &str) -> String {
        let path = self.sandbox.beside(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Writes a program beside the repository, and returns its name.
    fn script(&self, name: &str, lines: &str) -> String {
        let path = self.list(name, &format!("#!/bin/sh\n{lines}\n"));
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).unwrap();
        path
    }

    pub(crate) fn iao(&self, arguments: &str) -> Outcome {
        self.iao_with(&[], arguments)
    }

    pub(crate) fn iao_with(&self, environment: &[(&str, &str)], arguments: &str) -> Outcome {
        let config = self.sandbox.beside("gitconfig");
        let mut all = vec![("GIT_CONFIG_GLOBAL", config.to_str().unwrap())];
        all.extend_from_slice(environment);
        self.sandbox.iao_with(&all, arguments)
    }

    /// What `show` says of the signature, under these options.
    pub(crate) fn signature(&self, options: &str) -> Value {
        self.iao(&format!("--json show {options}")).exits(0).json()["signature"].clone()
    }

    /// Holds that the signature is in this state, for this reason; `show`, `verify --seal` and `--require-trusted` agree.
    fn assert_state(&self, options: &str, state: &str, why: Option<&str>) {
        let signature = self.signature(options);
        assert_eq!(signature["state"], state, "{options}: {signature}");
        assert_eq!(signature["why"].as_str(), why, "{options}: {signature}");
        self.iao(&format!("verify --seal {options}")).exits(0);
        let code = i32::from(state != "trusted");
        self.iao(&format!("verify --seal --require-trusted {options}")).exits(code);
    }
}

/// An agent that lives as long as the test.
struct Agent {
    child: Child,
    socket: PathBuf,
}

impl Agent {
    fn new(scene: &Scene) -> Self {
        let socket = scene.sandbox.beside("agent.sock");
        let mut command = Command::new("ssh-agent");
        let child = command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap();
        for _ in 0..500 {
            if socket.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self { child, socket }
    }

    fn add(&self, key: &Path) {
        let mut command = Command::new("ssh-add");
        let added = command.arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket).status().unwrap();
        assert!(added.success());
    }

    /// Adds a key whose passphrase a script gives.
    fn add_locked(&self, key: &Path, script: &str) {
        let mut command = Command::new("ssh-add");
        command.env("SSH_ASKPASS", script).env("SSH_ASKPASS_REQUIRE", "force").stdin(Stdio::null());
        assert!(command.arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket).status().unwrap().success());
    }

    fn socket(&self) -> &str {
        self.socket.to_str().unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_ed25519_key_in_a_file_signs_and_the_seal_says_who() {
    let scene = Scene::signing("ed25519");
    let before = scene.sandbox.user_state();
    scene.iao("seal").exits(0);
    before.assert_untouched(&scene.sandbox);
    let signature = scene.signature("");
    assert_eq!(signature["form"], "ed25519");
    assert_eq!(signature["publicKey"], scene.public("key"));
    scene.assert_state("", "untrusted", Some("no-anchor"));
    let note = scene.sandbox.git(&["notes", "--ref=iao", "show", "HEAD"]);
    assert!(note.contains(signature["key"].as_str().unwrap()) && !note.contains("unsigned"), "{note}");
    scene.iao("show").exits(0).answers(&["valid signature, signer not trusted (no anchor)"]);
    let list = scene.list("signers", &format!("ada@example.org {}\n", scene.public("key")));
    scene.assert_state(&format!("--allowed-signers {list}"), "trusted", None);
    scene.user("gpg.ssh.allowedSignersFile", &list);
    scene.assert_state("", "trusted", None);
    scene.iao("show").exits(0).answers(&["trusted as ada@example.org"]);
}

#[test]
fn other_kinds_of_keys_sign_in_openssh_format() {
    for kind in ["ecdsa", "rsa"] {
        let scene = Scene::signing(kind);
        scene.iao("seal").exits(0);
        assert_eq!(scene.signature("")["form"], "sshsig", "{kind}");
        scene.assert_state("", "untrusted", Some("no-anchor"));
        let list = scene.list("signers", &format!("ada {}\n", scene.public("key")));
        scene.assert_state(&format!("--allowed-signers {list}"), "trusted", None);
    }
}

#[test]
fn an_agent_signs_for_a_locked_key_and_for_one_that_is_only_named() {
    let scene = Scene::new();
    let agent = Agent::new(&scene);
    for (number, kind) in ["ed25519", "ecdsa", "rsa"].into_iter().enumerate() {
        let open = scene.key(&format!("open{number}"), kind, "");
        agent.add(&open);
        let public = scene.public(&format!("open{number}"));
        std::fs::remove_file(&open).unwrap();
        let named = if kind == "ecdsa" { format!("key::{public}") } else { public.clone() };
        for named in [named, format!("{}.pub", open.display())] {
            scene.sign_with(&named);
            scene.iao("seal").refuses(&["agent", "ssh-add", "--sign off"]);
            scene.iao_with(&[("SSH_AUTH_SOCK", agent.socket())], "seal").exits(0);
            assert_eq!(scene.signature("")["publicKey"], public, "{named}");
            let form = if kind == "ed25519" { "ed25519" } else { "sshsig" };
            assert_eq!(scene.signature("")["form"], form);
            scene.sandbox.commit_all("next");
        }
    }
    let locked = scene.key("locked", "ed25519", "a passphrase");
    scene.sign_with(locked.to_str().unwrap());
    let refusal = scene.iao_with(&[("SSH_AUTH_SOCK", agent.socket())], "seal");
    refusal.refuses(&["passphrase", "ssh-add"]);
    agent.add_locked(&locked, &scene.script("passphrase", "echo 'a passphrase'"));
    scene.iao_with(&[("SSH_AUTH_SOCK", agent.socket())], "seal").exits(0);
    assert_eq!(scene.signature("")["publicKey"], scene.public("locked"));
}

#[test]
fn a_passphrase_is_asked_for_where_somebody_can_answer() {
    let scene = Scene::new();
    for kind in ["ed25519", "ecdsa"] {
        let locked = scene.key(&format!("locked-{kind}"), kind, "a passphrase");
        scene.sign_with(locked.to_str().unwrap());
        scene.iao("seal").refuses(&["passphrase", "ssh-add", "--sign off"]);
        let wrong = scene.script("wrong", "echo other");
        let right = scene.script("right", "echo 'a passphrase'");
        let ask = |script: &str| {
            scene.iao_with(&[("SSH_ASKPASS", script), ("SSH_ASKPASS_REQUIRE", "force")], "seal")
        };
        ask(&wrong).refuses(&["--sign off"]);
        assert_eq!(scene.sandbox.our_refs().contains("ledger"), kind == "ecdsa");
        ask(&right).exits(0);
        // Only ssh-keygen opened the key, so the signature is in its format, whatever the kind.
        assert_eq!(scene.signature("")["form"], "sshsig");
        assert_eq!(scene.signature("")["publicKey"], scene.public(&format!("locked-{kind}")));
        let list = scene.list("signers", &format!("ada {}", scene.public(&format!("locked-{kind}"))));
        scene.assert_state(&format!("--allowed-signers {list}"), "trusted", None);
        scene.sandbox.commit_all("next");
    }
}

#[test]
fn the_verifier_written_from_the_specification_agrees() {
    let scene = Scene::signing("ed25519");
    scene.key("other", "ed25519", "");
    scene.iao("seal").exits(0);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier/verify_seal.py");
    let verify = |key: &str| {
        let mut command = Command::new("python3");
        command.arg("-B").arg(&script).arg(scene.sandbox.path()).args(["HEAD", "--key"]);
        command.arg(scene.sandbox.beside(&format!("{key}.pub"))).output().unwrap()
    };
    let good = verify("key");
    let said = String::from_utf8_lossy(&good.stdout);
    assert!(good.status.success() && said.contains("signed by SHA256:"), "{good:?}");
    let bad = verify("other");
    assert_eq!(bad.status.code(), Some(1), "{bad:?}");
}

#[test]
fn a_key_that_cannot_be_used_is_an_error_and_never_an_unsigned_seal() {
    let scene = Scene::new();
    for named in ["/no/such/key", "key::nonsense", "~nobody/key"] {
        scene.sign_with(named);
        scene.iao("seal").refuses(&["--sign off"]);
        assert_eq!(scene.sandbox.our_refs(), "", "{named}");
    }
    scene.iao("seal --sign off").exits(0);
    assert_eq!(scene.signature("")["state"], "unsigned");
}

#[test]
fn signing_can_be_required_by_option_by_configuration_and_by_policy() {
    let scene = Scene::new();
    scene.iao("seal --sign required").refuses(&["user.signingKey"]);
    scene.user("iao.sign", "required");
    scene.iao("seal").refuses(&["user.signingKey"]);
    scene.iao("run").refuses(&["user.signingKey"]);
    scene.user("iao.sign", "perhaps");
    scene.iao("seal").refuses(&["auto", "required", "off"]);
    scene.user("iao.sign", "auto");
    assert_eq!(scene.sandbox.our_refs(), "");
    scene.iao("init").exits(0);
    let policies = "configs/indestructibleautoops.policies.yaml";
    let text = std::fs::read_to_string(scene.sandbox.path().join(policies)).unwrap();
    scene.sandbox.put(policies, text.replace("\nspec:\n", "\nspec:\n  seal:\n    requireSignature: true\n"));
    scene.sandbox.commit_all("policy");
    for command in ["seal", "seal --sign off", "run"] {
        scene.iao(command).refuses(&["requires signed seals"]);
    }
    let key = scene.key("key", "ed25519", "");
    scene.sign_with(key.to_str().unwrap());
    scene.iao("seal --sign off").refuses(&["requires signed seals"]);
    scene.iao("run").exits(0);
    assert_eq!(scene.signature("iao/governance")["state"], "untrusted");
}

#[test]
fn the_list_decides_by_time_namespace_and_revocation() {
    let scene = Scene::signing("ed25519");
    scene.key("other", "ed25519", "");
    scene.iao("seal").exits(0);
    let (key, other) = (scene.public("key"), scene.public("other"));
    // Everything here happens on 2023-11-14 at 22:13:20 UTC.
    for (line, state, why) in [
        (format!("ada {other}"), "untrusted", Some("not-listed")),
        (format!("ada valid-before=\"20231114221319Z\" {key}"), "untrusted", Some("expired")),
        (format!("ada valid-after=\"20231114221321Z\" {key}"), "untrusted", Some("not-yet-valid")),
        (
            format!("ada valid-after=\"20231114221320Z\",valid-before=\"20231114221321Z\" {key}"),
            "trusted",
            None,
        ),
        (format!("ada namespaces=\"git\" {key}"), "untrusted", Some("wrong-namespace")),
        (format!("ada namespaces=\"git,git-iao-*\" {key}"), "trusted", None),
        (format!("ada cert-authority {key}"), "untrusted", Some("authority-only")),
    ] {
        let list = scene.list("signers", &line);
        scene.assert_state(&format!("--allowed-signers {list}"), state, why);
    }
    let list = scene.list("signers", &format!("ada {key}"));
    let fingerprint = scene.signature("")["key"].as_str().unwrap().to_owned();
    for (text, state, why) in [
        (key.clone(), "untrusted", Some("revoked")),
        (fingerprint, "untrusted", Some("revoked")),
        (other.clone(), "trusted", None),
    ] {
        let revoked = scene.list("revoked", &text);
        scene.assert_state(&format!("--allowed-signers {list} --revoked {revoked}"), state, why);
    }
    let binary = scene.sandbox.beside("krl");
    for (name, state, why) in [("other", "trusted", None), ("key", "untrusted", Some("revoked"))] {
        let public = scene.sandbox.beside(&format!("{name}.pub"));
        let made = Command::new("ssh-keygen").args(["-q", "-k", "-f"]).arg(&binary).arg(public).status();
        assert!(made.unwrap().success());
        let options = format!("--allowed-signers {list} --revoked {}", binary.display());
        scene.assert_state(&options, state, why);
    }
    for (option, text, words) in [
        ("--allowed-signers", "ada nonsense\n".to_owned(), "line 1"),
        ("--revoked", format!("{other}\nnonsense\n"), "line 2"),
    ] {
        let bad = scene.list("bad", &text);
        scene.iao(&format!("verify --seal {option} {bad}")).refuses(&[words]);
    }
    scene.iao("show --allowed-signers /no/such/list").refuses(&["/no/such/list"]);
}

#[test]
fn nothing_that_the_repository_configures_is_started_or_trusted() {
    let scene = Scene::signing("ed25519");
    let canary = scene.sandbox.beside("canary");
    let script = scene.script("script", &format!("touch {}\nexit 1", canary.display()));
    let list = scene.list("signers", &format!("mallory {}", scene.public("key")));
    for (key, value) in [
        ("gpg.ssh.program", script.as_str()),
        ("gpg.ssh.defaultKeyCommand", &script),
        ("gpg.ssh.allowedSignersFile", &list),
        ("gpg.ssh.revocationFile", "/no/such/list"),
    ] {
        scene.sandbox.git(&["config", key, value]);
    }
    scene.iao("seal").exits(0);
    scene.assert_state("", "untrusted", Some("no-anchor"));
    scene.iao("show").exits(0).says(&["--allowed-signers"]);
    // Without a key of the user's the repository's command would be next: it is not asked.
    scene.user("user.signingKey", "");
    scene.sandbox.commit_all("next");
    scene.iao("seal").exits(0);
    assert_eq!(scene.signature("")["state"], "unsigned");
    // A key that needs a program is signed with the user's, not with the repository's.
    let ecdsa = scene.key("ecdsa", "ecdsa", "");
    scene.sign_with(ecdsa.to_str().unwrap());
    scene.iao("seal").exits(0);
    assert!(!canary.exists(), "a program that the repository names was started");
    // The same words in the user's own configuration count: the canary sings.
    scene.user("gpg.ssh.program", &script);
    scene.sandbox.commit_all("last");
    scene.iao("seal").refuses(&["script"]);
    assert!(canary.exists());
    // A list of the user's whose place depends on where one stands could lie in the tree under test.
    scene.user("gpg.ssh.allowedSignersFile", "signers");
    scene.iao("show").refuses(&["whole path"]);
}

#[test]
fn the_users_own_command_may_name_the_key() {
    let scene = Scene::new();
    scene.key("key", "ed25519", "");
    let agent = Agent::new(&scene);
    agent.add(&scene.sandbox.beside("key"));
    scene.user("gpg.format", "ssh");
    scene.user("gpg.ssh.defaultKeyCommand", "ssh-add -L");
    scene.iao_with(&[("SSH_AUTH_SOCK", agent.socket())], "seal").exits(0);
    assert_eq!(scene.signature("")["publicKey"], scene.public("key"));
    scene.user("gpg.ssh.defaultKeyCommand", "echo nothing");
    scene.iao("seal").refuses(&["ssh-add -L"]);
}

#[test]
fn a_policy_before_the_commit_narrows_whom_to_trust() {
    let scene = Scene::signing("ed25519");
    scene.key("other", "ed25519", "");
    scene.iao("init").exits(0);
    let policies = "configs/indestructibleautoops.policies.yaml";
    let text = std::fs::read_to_string(scene.sandbox.path().join(policies)).unwrap();
    let with = |text: &str, more: &str| text.replace("\nspec:\n", &format!("\nspec:\n  seal:\n{more}"));
    scene.sandbox.put(policies, with(&text, "    allowedSigners: signers\n    requireTrustedSigner: true\n"));
    scene.sandbox.put("signers", format!("eve {}\n", scene.public("other")));
    let narrow = scene.sandbox.commit_all("narrow");
    // The sealed tree lets itself pass; the policy before it does not.
    scene.sandbox.put(policies, with(&text, "    allowedSigners: signers\n"));
    scene.sandbox.put("signers", format!("ada {}\n", scene.public("key")));
    let wide = scene.sandbox.commit_all("wide");
    scene.iao("seal").exits(0);
    let both = format!("ada {}\neve {}\n", scene.public("key"), scene.public("other"));
    let options = format!("--allowed-signers {}", scene.list("all", &both));
    assert_eq!(scene.signature(&options)["why"], "not-in-policy");
    scene
        .iao(&format!("verify --seal {options}"))
        .exits(1)
        .answers(&["the policy's list does not have its key"]);
    let at_wide = format!("{options} --base {wide}");
    assert_eq!(scene.signature(&at_wide)["state"], "trusted");
    scene.iao(&format!("verify --seal {at_wide}")).exits(0);
    // A policy's list alone makes nobody trusted.
    let by_policy = scene.signature(&format!("--base {wide}"));
    assert_eq!(by_policy["why"], "no-anchor");
    scene.iao(&format!("verify --seal --base {narrow}")).exits(1);
}

#[test]
fn a_seal_is_exported_for_other_tools() {
    let scene = Scene::signing("ed25519");
    scene.iao("seal export").refuses(&["not sealed"]);
    scene.iao("run").exits(0);
    scene.sandbox.git(&["merge", "--quiet", "--ff-only", "iao/governance"]);
    let dsse = scene.iao("seal export").exits(0).stdout;
    let commit = scene.sandbox.revision("HEAD");
    let tree = scene.sandbox.git(&["ls-tree", "-r", "--name-only", "refs/iao/ledger"]);
    let path = tree.lines().find(|path| path.starts_with("seals/") && path.contains(&commit)).unwrap();
    let stored = scene.sandbox.git(&["cat-file", "blob", &format!("refs/iao/ledger:{path}")]);
    assert_eq!(dsse.trim_end(), stored);
    let file = scene.sandbox.beside("seal.json");
    scene.iao(&format!("seal export HEAD --format dsse --output {}", file.display())).exits(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), stored);
    let bundle: Value =
        serde_json::from_str(&scene.iao("seal export --format sigstore-bundle").exits(0).stdout).unwrap();
    assert_eq!(bundle["verificationMaterial"]["publicKey"]["hint"], scene.signature("")["key"]);
    scene.iao("seal export --format vsa").refuses(&["--resource-uri"]);
    let vsa = "seal export --format vsa --resource-uri git+https://example.org/sample";
    let envelope: Value = serde_json::from_str(&scene.iao(vsa).exits(0).stdout).unwrap();
    assert_eq!(envelope["signatures"][0]["keyid"], scene.signature("")["key"]);
    let unsigned: Value =
        serde_json::from_str(&scene.iao(&format!("{vsa} --sign off")).exits(0).stdout).unwrap();
    assert_eq!(unsigned["signatures"].as_array().unwrap().len(), 0);
    assert_eq!(unsigned["payload"], envelope["payload"]);
    // What somebody else sealed is summarized under one's own name only when one trusts them.
    let theirs = scene.public("key");
    let other = scene.key("other", "ed25519", "");
    scene.sign_with(other.to_str().unwrap());
    scene.iao(vsa).refuses(&["not yours to sign"]);
    scene.iao(&format!("{vsa} --sign off")).exits(0);
    scene.user("gpg.ssh.allowedSignersFile", &scene.list("signers", &format!("ada {theirs}")));
    scene.iao(vsa).exits(0);
    scene.iao("show --format vsa").refuses(&["seal export"]);
    scene.iao("seal --format dsse").refuses(&["seal export"]);
}

#[test]
fn what_has_no_raw_signature_makes_no_bundle() {
    let scene = Scene::new();
    scene.iao("seal").exits(0);
    scene.iao("seal export --format sigstore-bundle").refuses(&["unsigned"]);
    let scene = Scene::signing("ecdsa");
    scene.iao("seal").exits(0);
    scene.iao("seal export --format sigstore-bundle").refuses(&["Ed25519"]);
    scene.iao("seal export --format dsse").exits(0);
    scene.iao("seal export --format vsa --resource-uri git+https://example.org/x").refuses(&["no verdict"]);
}

#[test]
fn sealing_again_with_another_key_makes_another_seal_and_the_trusted_one_counts() {
    let scene = Scene::signing("ed25519");
    scene.iao("seal").exits(0);
    scene.iao("seal").exits(0).answers(&["sealed before"]);
    let first = scene.public("key");
    let list = scene.list("signers", &format!("ada {first}"));
    let other = scene.key("other", "ed25519", "");
    scene.sign_with(other.to_str().unwrap());
    for later in ["1700000100", "1700000200"] {
        let sign = if later.ends_with("100") { "auto" } else { "off" };
        scene.iao_with(&[("SOURCE_DATE_EPOCH", later)], &format!("seal --sign {sign}")).exits(0);
    }
    assert_eq!(scene.signature("")["state"], "unsigned");
    scene.assert_state(&format!("--allowed-signers {list}"), "trusted", None);
}
