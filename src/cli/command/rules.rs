//! `git iao rules`: lists the rules of the scanner, shows one, and tries a file of rules.

use std::path::{Path, PathBuf};

use git_iao::scan::{Error as ScanError, Loaded, Rule, RuleSet, Trial, built_in, load, try_rules};
use git_iao::step;
use serde_json::{Value, json};

use crate::cli::args::{Format, Global, Rules, RulesAct};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::ui::{Ui, plain};

/// The texts that rules are tried on are drawn with it; another would do as well.
const SEED: u64 = 1;
/// No file of rules is larger, in bytes.
const MOST: u64 = 16 << 20;

/// Runs the command; needs no repository.
pub(in crate::cli) fn run(
    ui: &Ui,
    global: &Global,
    current: std::io::Result<PathBuf>,
    arguments: &Rules,
) -> Result<Exit, Error> {
    match &arguments.act {
        RulesAct::List => list(ui, built_in()),
        RulesAct::Show { id } => show(ui, built_in(), id),
        RulesAct::Test { file } => {
            let set = match file {
                Some(file) => {
                    let current = current.map_err(Error::Directory)?;
                    let folder = global.directory.as_ref().map(|there| current.join(there));
                    load_file(ui, &folder.unwrap_or(current), file)?
                }
                None => built_in().clone(),
            };
            test(ui, &set)
        }
    }
}

/// Loads the rules that a command was given, which hold until the process ends; `None` where it was given none.
pub(super) fn given(session: &Session, file: Option<&Path>) -> Result<Option<&'static RuleSet>, Error> {
    let Some(file) = file else { return Ok(None) };
    let set = load_file(&session.ui, &session.directory, file)?;
    Ok(Some(Box::leak(Box::new(set))))
}

/// Loads a file of rules, seen from `folder`, and what it extends; tells of what is passed over.
fn load_file(ui: &Ui, folder: &Path, file: &Path) -> Result<RuleSet, Error> {
    let beside = folder.join(file).parent().map(Path::to_owned).unwrap_or_default();
    let read = |name: &str| {
        // gitleaks looks from where it was started; who writes the file thinks of where that lies.
        let (here, there) = (folder.join(name), beside.join(name));
        read(if here.exists() { &here } else { &there })
            .map_err(|why| ScanError::Rules { faults: format!("{name}{why}") })
    };
    let Loaded { set, remarks, .. } = load(&file.display().to_string(), &read).map_err(step::Error::from)?;
    remarks.iter().for_each(|remark| ui.warn(&plain(remark)));
    Ok(set)
}

/// Reads a file of rules; an error begins behind the name of the file.
fn read(path: &Path) -> Result<String, String> {
    let fault = |error: std::io::Error| format!(": {error}");
    let metadata = std::fs::metadata(path).map_err(fault)?;
    if !metadata.is_file() {
        return Err(": no plain file".to_owned());
    }
    if metadata.len() > MOST {
        return Err(format!(": larger than {} MiB", MOST >> 20));
    }
    String::from_utf8(std::fs::read(path).map_err(fault)?).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        format!(":{line}:{column}: no UTF-8 stands here")
    })
}

fn list(ui: &Ui, set: &RuleSet) -> Result<Exit, Error> {
    if ui.format() == Format::Json {
        let rules: Vec<Value> = set.rules().iter().map(facts).collect();
        ui.json(&json!({ "schema": "iao/rules/v1", "rules": rules }))?;
        return Ok(Exit::Yes);
    }
    let width = set.rules().iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let line =
        |rule: &Rule| format!("{:<width$}  {:<7}  {}\n", rule.id, rule.severity.as_str(), rule.description);
    ui.out(&set.rules().iter().map(line).collect::<String>())?;
    Ok(Exit::Yes)
}

fn show(ui: &Ui, set: &RuleSet, id: &str) -> Result<Exit, Error> {
    let wanted = id.strip_prefix("secret.").unwrap_or(id);
    let Some(rule) = set.get(wanted) else {
        return Err(Error::NoRule { id: plain(id) });
    };
    if ui.format() == Format::Json {
        ui.json(&json!({ "schema": "iao/rules/v1", "rules": [facts(rule)] }))?;
        return Ok(Exit::Yes);
    }
    let mut text = format!("{}: {}\n", rule.id, rule.description);
    for (word, said) in [
        ("severity", rule.severity.as_str()),
        ("pattern", rule.regex().unwrap_or("(none: the path alone is looked at)")),
        ("keywords", &rule.keywords.join(", ")),
        ("source", &rule.source),
        ("revoke", &rule.revoke),
    ] {
        text.push_str(&format!("{word:<9} {said}\n"));
    }
    ui.out(&text)?;
    Ok(Exit::Yes)
}

fn facts(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "description": rule.description,
        "severity": rule.severity,
        "pattern": rule.regex(),
        "keywords": rule.keywords,
        "tags": rule.tags,
        "source": rule.source,
        "revoke": rule.revoke,
    })
}

/// Tries each rule on texts that are drawn from its own pattern.
fn test(ui: &Ui, set: &RuleSet) -> Result<Exit, Error> {
    let trials = try_rules(set, SEED);
    let failed: Vec<&Trial> = trials.iter().filter(|trial| !trial.holds()).collect();
    let exit = if failed.is_empty() { Exit::Yes } else { Exit::No };
    if ui.format() == Format::Json {
        let trial = |trial: &Trial| {
            json!({
                "rule": trial.rule,
                "drawn": trial.drawn,
                "found": trial.found,
                "leftAlone": trial.left_alone,
                "near": trial.near,
            })
        };
        let trials: Vec<Value> = trials.iter().map(trial).collect();
        ui.json(&json!({ "schema": "iao/rules-test/v1", "holds": exit == Exit::Yes, "trials": trials }))?;
        return Ok(exit);
    }
    let mut text = String::new();
    for Trial { rule, drawn, found, .. } in &failed {
        text.push_str(&match drawn {
            0 => format!("{}: no text could be drawn that its pattern and entropy accept\n", plain(rule)),
            _ => format!("{}: finds {found} of {drawn} texts drawn from its pattern\n", plain(rule)),
        });
    }
    for Trial { rule, .. } in trials.iter().filter(|trial| !trial.near) {
        text.push_str(&format!(
            "{}: searches whole files; a pattern that always holds one of its keywords and has an end is faster\n",
            plain(rule)
        ));
    }
    let drawn: usize = trials.iter().map(|trial| trial.drawn).sum();
    text.push_str(&format!(
        "{} rules tried on {drawn} drawn texts, {} do not hold\n",
        trials.len(),
        failed.len()
    ));
    ui.out(&text)?;
    if exit == Exit::No {
        ui.hint("a rule finds a text when a keyword stands in it, its pattern matches, and the secret has more bits a character than `entropy`");
    }
    Ok(exit)
}
